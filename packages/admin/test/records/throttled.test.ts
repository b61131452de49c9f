import { describe, expect, it } from 'vitest';
import { statsSchema } from '../../src/stats/stats-schema.ts';
import { adminBroker } from '../harness.ts';

const path = '/api/v1/topics/orders/records';

describe('records that are sent beyond a quota', () => {
  it('A3, SEC-13: are stored, answered later, and stand in statistics and metrics', async () => {
    const { broker, send, get, ask } = await adminBroker();
    await send('POST', '/api/v1/topics', { name: 'orders', partitions: 1 });
    const records = [{ value: 'x'.repeat(2_000) }];
    await broker.quotas.set({ address: '127.0.0.1' }, { changes: new Map([['producerByteRate', 10_000]]) });
    // Ten kilobytes are free; the last of these is beyond them by a fifth of a second.
    for (let sent = 0; sent < 6; sent += 1) expect((await send('POST', path, { records })).status).toBe(200);
    const { throttledUsers } = statsSchema.parse(await get('/api/v1/stats'));
    expect(throttledUsers).toMatchObject([{ user: 'ANONYMOUS', kind: 'producerByteRate' }]);
    expect(throttledUsers[0]!.throttledMs).toBeGreaterThan(50);
    const page = await (await ask('/metrics')).text();
    expect(page).toMatch(/^q_throttled_total\{quota="producerByteRate"\} [1-9]/m);
    expect(page).toMatch(/^q_throttled_total\{quota="requestPercentage"\} 0/m);
    expect(page).toMatch(/^q_user_throttled_seconds_total\{user="ANONYMOUS"\} 0\.\d/m);
    expect(page).toMatch(/^q_connections_delayed_total 0/m);
  });
});
