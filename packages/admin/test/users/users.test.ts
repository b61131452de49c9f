import { describe, expect, it } from 'vitest';
import type { BrokerLogger } from '@q/broker';
import { adminBroker, openToAll } from '../harness.ts';

const canary = 'canary-7f3a';

describe('users', () => {
  it('A1 are made, listed, described, given another password and deleted', async () => {
    const { ask, get, send, broker } = await adminBroker(openToAll);
    expect((await send('POST', '/api/v1/users', { name: 'alice', password: 'pw' })).status).toBe(201);
    expect((await send('POST', '/api/v1/users', { name: 'alice', password: 'pw' })).status).toBe(409);
    const both = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
    expect(await get('/api/v1/users')).toEqual([{ name: 'alice', mechanisms: both }]);
    expect(await get('/api/v1/users/alice')).toEqual({
      name: 'alice',
      credentials: both.map((mechanism) => ({ mechanism, iterations: 16_384 })),
    });
    expect((await send('PUT', '/api/v1/users/alice/password', { password: 'other' })).status).toBe(200);
    await ask('/api/v1/users/alice/credentials/SCRAM-SHA-512', { method: 'DELETE' });
    expect(broker.users!.describe('alice')!.credentials).toHaveLength(1);
    expect((await ask('/api/v1/users/alice', { method: 'DELETE' })).status).toBe(200);
    expect(await get('/api/v1/users')).toEqual([]);
  });

  it.each([
    ['GET', '/api/v1/users/nobody', undefined, 404],
    ['PUT', '/api/v1/users/nobody/password', { password: 'x' }, 404],
    ['DELETE', '/api/v1/users/nobody', undefined, 404],
    ['DELETE', '/api/v1/users/nobody/credentials/SCRAM-SHA-256', undefined, 404],
    ['DELETE', '/api/v1/users/nobody/credentials/PLAIN', undefined, 400],
    ['POST', '/api/v1/users', { name: ' x', password: 'x' }, 400],
    ['POST', '/api/v1/users', { name: 'x', password: '' }, 400],
    ['POST', '/api/v1/users', { name: 'x', password: 'x'.repeat(1_025) }, 400],
  ] as const)('A1 %s %s %j is answered with a problem', async (method, path, body, status) => {
    const { ask, send } = await adminBroker(openToAll);
    const response = body === undefined ? await ask(path, { method }) : await send(method, path, body);
    expect(response.status).toBe(status);
  });

  it.each([
    JSON.stringify({ name: 'x', password: 7, pass: canary }),
    JSON.stringify({ name: 'x', password: { is: canary } }),
    JSON.stringify({ name: 'x', [canary]: true }),
    JSON.stringify([canary]),
    `${canary} is no JSON`,
    `{"name":"x","password":"${canary}`,
    JSON.stringify({ name: 'x', password: canary, more: 1 }),
    JSON.stringify({ name: ` ${'n'.repeat(10)}`, password: canary }),
  ])('SEC-15: nothing of the body %s is told again', async (body) => {
    const lines: string[] = [];
    const say = (...line: unknown[]): void => void lines.push(JSON.stringify(line));
    const logger: BrokerLogger = { debug: say, info: say, warn: say, error: say };
    const { ask } = await adminBroker({ ...openToAll, logger });
    const headers = { 'content-type': 'application/json' };
    const response = await ask('/api/v1/users', { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain(canary);
    expect(lines.join('')).not.toContain(canary);
  });

  it('A1 a broker that asks nobody has none, and says so', async () => {
    const { ask } = await adminBroker();
    const response = await ask('/api/v1/users');
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'INVALID_REQUEST' }]);
  });
});
