import { describe, expect, it } from 'vitest';
import { adminBroker } from '../harness.ts';

describe('quotas', () => {
  it('A3 are set, listed, changed and taken away', async () => {
    const { get, send } = await adminBroker();
    const entity = { user: 'alice', clientId: null };
    const set = (quotas: object, dryRun = false) => send('PUT', '/api/v1/quotas', { entity, quotas, dryRun });
    expect((await set({ producerByteRate: 1_000 }, true)).status).toBe(200);
    expect(await get('/api/v1/quotas')).toEqual([]);
    await set({ producerByteRate: 1_000, requestPercentage: 50 });
    await set({ requestPercentage: null });
    const one = { entity, quotas: { producerByteRate: 1_000 } };
    expect(await get('/api/v1/quotas')).toEqual([one]);
    expect(await get('/api/v1/quotas?user=alice')).toEqual([one]);
    expect(await get('/api/v1/quotas?user=bob')).toEqual([]);
    const remove = async () => await (await send('POST', '/api/v1/quotas/remove', { entity })).json();
    expect([await remove(), await remove()]).toEqual([{ removed: true }, { removed: false }]);
  });

  it.each([
    { entity: {}, quotas: { producerByteRate: 1 } },
    { entity: { user: 'a', address: '10.0.0.1' }, quotas: { producerByteRate: 1 } },
    { entity: { user: 'a' }, quotas: { producerByteRate: 0 } },
    { entity: { user: 'a' }, quotas: { nothing: 1 } },
    { entity: { user: 'a' }, quotas: { connectionCreationRate: 1 } },
  ])('A3 %j is refused', async (body) => {
    const { send } = await adminBroker();
    const response = await send('PUT', '/api/v1/quotas', body);
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'INVALID_REQUEST' }]);
  });
});
