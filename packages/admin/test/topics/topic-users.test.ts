import { connect } from '@q/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { topicUsers } from '../../src/topics/topic-schemas.ts';
import { adminBroker } from '../harness.ts';

describe('who uses a topic', () => {
  it('O2 T2 tells groups with their lag and members, and producers', async () => {
    const { broker, ask, get } = await adminBroker();
    const q = await connect(broker.url, { clientId: 'billing-worker' });
    onTestFinished(async () => void (await q.close()));
    for (const name of ['orders', 'other']) await q.admin.createTopic(name, { partitions: 2 });
    const producer = q.producer();
    for (const partition of [0, 0, 0, 1]) await producer.send('orders', { value: 'v', partition, timestampMs: 5_000 });
    await q.admin.resetGroupOffsets('elsewhere', { other: { 0: 0 } });
    await q.admin.resetGroupOffsets('idle', { orders: { 0: 1 } });
    const consumer = q.consumer('orders', { group: 'busy', from: 'earliest' });
    await consumer.ready();

    const users = topicUsers.parse(await get('/api/v1/topics/orders/users'));
    expect(users).toMatchObject({ topic: 'orders', groupsLeftOut: 0, producersLeftOut: 0 });
    expect(users.groups).toEqual([
      {
        groupId: 'busy',
        state: 'stable',
        lag: 4,
        lagExact: true,
        sinceProgressMs: -1,
        members: [
          {
            memberId: consumer.memberId,
            clientId: 'billing-worker',
            host: expect.stringContaining('127.0.0.1') as string,
            stalled: false,
            partitions: [0, 1],
          },
        ],
      },
      {
        groupId: 'idle',
        state: 'empty',
        lag: 3,
        lagExact: true,
        sinceProgressMs: expect.any(Number) as number,
        members: [],
      },
    ]);
    expect(users.producers).toEqual([
      { producerId: expect.any(Number) as number, lastTimestampMs: 5_000, partitions: [0, 1] },
    ]);
    expect(topicUsers.parse(await get('/api/v1/topics/other/users')).groups).toMatchObject([{ groupId: 'elsewhere' }]);
    expect((await ask('/api/v1/topics/nowhere/users')).status).toBe(404);
  });
});
