/**
 * Requests that the broker holds until there is news, over real sockets: they keep no others out, and too many of them
 * are answered instead.
 */
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { GroupMember } from './group-member.ts';
import { batchOf, testBroker, testClient, valuesOf } from './harness.ts';

describe('held requests', () => {
  it('C2 long polls beyond the requests in flight keep nobody out, and all hear the news', async () => {
    const broker = await testBroker({
      clock: new ManualClock({ startMs: Date.now() }),
      limits: { requestsInFlightMax: 4 },
    });
    const client = await testClient(broker);
    const { topicId } = await client.createTopic('orders');
    const polls = Array.from({ length: 50 }, () => client.fetch(topicId, 0, { maxWaitMs: 60_000 }));
    expect(await client.produce(topicId, batchOf('news'))).toMatchObject({ errorCode: 0 });
    for (const poll of polls) expect(valuesOf((await poll).records)).toEqual(['news']);
  });

  it('C2 a long poll too many is answered at once, with nothing; a wait that ends makes room', async () => {
    const broker = await testBroker({
      clock: new ManualClock({ startMs: Date.now() }),
      limits: { connectionHeldMax: 2, connectionHeldFree: 1, brokerHeldMax: 3 },
    });
    const [client, other] = [await testClient(broker), await testClient(broker)];
    const { topicId } = await client.createTopic('orders');
    const wait = { maxWaitMs: 60_000 };
    const held = [client.fetch(topicId, 0, wait), client.fetch(topicId, 0, wait)];
    expect(await client.fetch(topicId, 0, wait)).toMatchObject({
      errorCode: 0,
      highWatermark: 0,
      records: Buffer.alloc(0),
    });
    held.push(other.fetch(topicId, 0, wait));
    expect((await other.fetch(topicId, 0, wait)).records).toHaveLength(0);
    expect(await client.produce(topicId, batchOf('one'))).toMatchObject({ errorCode: 0 });
    for (const poll of held) expect(valuesOf((await poll).records)).toEqual(['one']);
    const again = client.fetch(topicId, 1, wait);
    expect(await client.produce(topicId, batchOf('two'))).toMatchObject({ errorCode: 0 });
    expect(valuesOf((await again).records)).toEqual(['two']);
  });

  it('G2 hundreds of members on one connection leave room for their commits', async () => {
    const broker = await testBroker({
      clock: new ManualClock({ startMs: Date.now() }),
      limits: { requestsInFlightMax: 4 },
    });
    const client = await testClient(broker);
    const { topicId } = await client.createTopic('orders');
    const members = Array.from(
      { length: 40 },
      (_, index) => new GroupMember(client, { groupId: `g${index}`, memberId: 'm' }),
    );
    for (const member of members) await member.join(['orders']);
    const held = members.map((member) => member.beat({ maxWaitMs: 30_000 }));
    for (const member of members) expect(await member.commit(topicId, { 0: 0 })).toMatchObject([{ errorCode: 0 }]);
    await Promise.all(members.map((member) => member.leave()));
    await Promise.all(held);
  });

  it('G2 a heartbeat too many is answered at once', async () => {
    const broker = await testBroker({
      clock: new ManualClock({ startMs: Date.now() }),
      limits: { connectionHeldMax: 1, connectionHeldFree: 1, brokerHeldMax: 1 },
    });
    const client = await testClient(broker);
    await client.createTopic('orders');
    const [a, b] = ['a', 'b'].map((groupId) => new GroupMember(client, { groupId, memberId: 'm' }));
    await a!.join(['orders']);
    await b!.join(['orders']);
    const held = a!.beat({ maxWaitMs: 30_000 });
    expect(await b!.beat({ maxWaitMs: 30_000 })).toMatchObject({ memberEpoch: 1, assignment: null });
    await a!.leave();
    await held;
  });
});
