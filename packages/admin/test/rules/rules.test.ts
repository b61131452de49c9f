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
    expect(await decided('orders-eu')).toEqual({ allowed: true, by: 'rule', rule });
    expect(await decided('bills')).toEqual({ allowed: false, by: 'default', rule: null });
    expect(await (await send('POST', '/api/v1/acls/remove', { rules: [rule] })).json()).toEqual({ rules: [rule] });
    expect(await get('/api/v1/acls')).toEqual([]);
    expect(await (await send('POST', '/api/v1/acls/remove', { rules: [rule] })).json()).toEqual({ rules: [] });
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
