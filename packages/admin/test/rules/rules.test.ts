import { describe, expect, it } from 'vitest';
import { adminBroker, openToAll } from '../harness.ts';

const rule = {
  principal: 'User:alice',
  host: '*',
  permission: 'allow',
  operation: 'read',
  resourceType: 'topic',
  patternType: 'prefixed',
  resourceName: 'orders',
};

describe('access rules', () => {
  it('A3 are added once, listed by what they are about, tested and removed', async () => {
    const { get, send } = await adminBroker(openToAll);
    const added = await (await send('POST', '/api/v1/acls', { rules: [rule, rule] })).json();
    expect(added).toEqual({
      rules: [
        { ...rule, added: true },
        { ...rule, added: false },
      ],
    });
    expect(await get('/api/v1/acls')).toEqual([rule]);
    const about = (name: string) => `/api/v1/acls?resourceType=topic&patternType=matching&resourceName=${name}`;
    expect(await get(about('orders-eu'))).toEqual([rule]);
    expect(await get(about('bills'))).toEqual([]);
    const question = { principal: 'User:alice', operation: 'describe', resourceType: 'topic' };
    const decided = async (resourceName: string) =>
      await (await send('POST', '/api/v1/acls/test', { ...question, resourceName })).json();
    const right = (resourceName: string) => ({ operation: 'describe', resourceType: 'topic', resourceName });
    expect(await decided('orders-eu')).toEqual({ allowed: true, by: 'rule', rule, right: right('orders-eu') });
    expect(await decided('bills')).toEqual({ allowed: false, by: 'default', rule: null, right: right('bills') });
    expect(await (await send('POST', '/api/v1/acls/remove', { rules: [rule] })).json()).toEqual({ rules: [rule] });
    expect(await get('/api/v1/acls')).toEqual([]);
    expect(await (await send('POST', '/api/v1/acls/remove', { rules: [rule] })).json()).toEqual({ rules: [] });
  });

  it('A3, SEC-11, SEC-12: a test decides as topics are made here, and says which right decides', async () => {
    const { broker, ask } = await adminBroker({
      security: { mechanisms: ['SCRAM-SHA-256'], superUsers: ['User:root'] },
    });
    for (const name of ['root', 'maker']) await broker.users!.setPassword(name, `${name}-pw`);
    const as = async (name: string, path: string, body: object) => {
      const authorization = `Basic ${Buffer.from(`${name}:${name}-pw`).toString('base64')}`;
      const headers = { authorization, 'content-type': 'application/json' };
      const response = await ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: response.status, body: (await response.json()) as object };
    };
    const create = { ...rule, principal: 'User:maker', operation: 'create' } as const;
    const ofCluster = { resourceType: 'cluster', resourceName: 'kafka-cluster', patternType: 'literal' } as const;
    const denied = { ...create, permission: 'deny', resourceName: 'pay-' } as const;
    await as('root', '/api/v1/acls', { rules: [{ ...create, ...ofCluster }, denied] });
    const both = async (name: string) => {
      const question = { principal: 'User:maker', operation: 'create', resourceType: 'topic', resourceName: name };
      const { body } = await as('root', '/api/v1/acls/test', question);
      return [body, (await as('maker', '/api/v1/topics', { name, partitions: 1 })).status];
    };
    expect(await both('pay-1')).toMatchObject([{ allowed: false, by: 'rule', rule: denied }, 403]);
    const right = { operation: 'create', resourceType: 'cluster', resourceName: 'kafka-cluster' };
    expect(await both('other-1')).toMatchObject([{ allowed: true, by: 'rule', right }, 201]);
    expect(await both('__audit')).toMatchObject([{ allowed: false, by: 'internal topic', rule: null }, 400]);
  });

  it('A3 none is added when one is wrong', async () => {
    const { get, send } = await adminBroker(openToAll);
    const wrong = { ...rule, resourceType: 'group', operation: 'write' };
    const response = await send('POST', '/api/v1/acls', { rules: [rule, wrong] });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { code: 'INVALID_REQUEST', errors: [{ field: 'operation' }] },
    ]);
    expect(await get('/api/v1/acls')).toEqual([]);
  });
});
