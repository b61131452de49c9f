import {
  AddPartitions,
  DeleteGroup,
  DeleteOffsets,
  DeleteRecords,
  FetchOffset,
  ListGroups,
  ResetOffsets,
  Stats,
  errorCode,
} from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import type { BrokerOptions } from '../src/index.ts';
import { GroupMember, commit, committed, committedOffsets, describeGroup } from './group-member.ts';
import { batchOf, errorOf, testBroker, testClient } from './harness.ts';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** A clock whose wall time an operator may set; the monotonic one goes on. */
class SettableClock extends ManualClock {
  setAheadMs = 0;

  override now(): number {
    return super.now() + this.setAheadMs;
  }
}

async function setUp(options: BrokerOptions = {}) {
  const clock = new SettableClock({ startMs: Date.now() });
  const broker = await testBroker({ clock, ...options });
  const client = await testClient(broker);
  const { topicId } = await client.createTopic('orders', { partitions: 3 });
  for (const partition of [0, 1, 2]) {
    const values = Array.from({ length: 10 }, (_, index) => `value ${index}`);
    await client.produce(topicId, batchOf(...values), { partition });
  }
  const member = (memberId: string): GroupMember => new GroupMember(client, { memberId });
  return { clock, broker, client, topicId, member };
}

const codes = (parts: readonly { errorCode: number }[]): number[] => parts.map((part) => part.errorCode);

describe('commits', () => {
  it('C4 G3 are given back with their metadata, partition by partition and all at once', async () => {
    const { clock, client, topicId, member } = await setUp();
    const a = member('a');
    await a.join(['orders']);
    expect(codes(await a.commit(topicId, { 0: 3, 2: 10 }, { metadata: 'invoice 88' }))).toEqual([0, 0]);
    const zero = {
      partition: 0,
      errorCode: 0,
      offset: 3,
      leaderEpoch: 0,
      metadata: 'invoice 88',
      committedAtMs: clock.now(),
    };
    expect(await committed(client)).toEqual([zero, { ...zero, partition: 2, offset: 10 }]);
    const { topics } = await client.request(FetchOffset, {
      groupId: 'g',
      memberId: 'a',
      memberEpoch: a.epoch,
      topics: [{ topicId, partitions: [1, 0, 7] }],
      requireStable: false,
    });
    const none = { errorCode: 0, offset: -1, leaderEpoch: -1, metadata: null, committedAtMs: -1 };
    const unknown = { ...none, partition: 7, errorCode: errorCode('UNKNOWN_PARTITION') };
    expect(topics).toEqual([{ topicId, name: 'orders', partitions: [{ ...none, partition: 1 }, zero, unknown] }]);
  });

  it('C4 are refused one by one, with the reason', async () => {
    const { client, topicId, member } = await setUp();
    const [a, b] = [member('a'), member('b')];
    await a.join(['orders']);
    await b.join(['orders']);
    await a.beat();
    await a.release();
    await b.beat();
    const [mine] = a.partitions;
    const [theirs] = b.partitions;
    const outcome = await a.commit(topicId, { [mine!]: 5, [theirs!]: 5, 9: 5 });
    const byPartition = new Map(outcome.map((part) => [part.partition, part.errorCode]));
    expect(byPartition.get(mine!)).toBe(0);
    expect(byPartition.get(theirs!)).toBe(errorCode('PARTITION_NOT_OWNED'));
    expect(byPartition.get(9)).toBe(errorCode('UNKNOWN_PARTITION'));
    expect(codes(await a.commit(topicId, { [mine!]: 11 }))).toEqual([errorCode('OFFSET_OUT_OF_RANGE')]);
    expect(codes(await a.commit(topicId, { [mine!]: -1 }))).toEqual([errorCode('OFFSET_OUT_OF_RANGE')]);
    expect(codes(await a.commit(topicId, { [mine!]: 5 }, { metadata: 'x'.repeat(4097) }))).toEqual([
      errorCode('INVALID_REQUEST'),
    ]);
    const nowhere = '00000000-0000-4000-8000-00000000dead';
    expect(codes(await a.commit(nowhere, { 0: 1 }))).toEqual([errorCode('UNKNOWN_TOPIC_ID')]);
    expect(await committedOffsets(client)).toEqual([[mine, 5]]);
    const { errors } = await client.request(Stats, {});
    expect(errors).toContainEqual({ error: 'PARTITION_NOT_OWNED', count: 1 });
  });

  it('C4 are refused from strangers, late-comers and outsiders of a group with members', async () => {
    const { client, topicId, member } = await setUp();
    const a = member('a');
    await a.join(['orders']);
    expect((await errorOf(member('x').commit(topicId, { 0: 1 }, { memberEpoch: 1 }))).code).toBe('UNKNOWN_MEMBER');
    expect((await errorOf(a.commit(topicId, { 0: 1 }, { memberEpoch: 7 }))).code).toBe('STALE_MEMBER_EPOCH');
    expect((await errorOf(commit(client, { topicId, offsets: { 0: 1 } }))).code).toBe('GROUP_NOT_EMPTY');
    expect((await errorOf(commit(client, { groupId: '', topicId, offsets: { 0: 1 } }))).code).toBe('INVALID_GROUP_ID');
    const asMember = { groupId: 'g', memberId: 'x', memberEpoch: 1, topics: null, requireStable: false };
    expect((await errorOf(client.request(FetchOffset, asMember))).code).toBe('UNKNOWN_MEMBER');
    await a.leave();
    expect(codes(await commit(client, { topicId, offsets: { 0: 1 } }))).toEqual([0]);
    expect((await errorOf(a.commit(topicId, { 0: 2 }, { memberEpoch: 1 }))).code).toBe('UNKNOWN_MEMBER');
    expect(await committedOffsets(client)).toEqual([[0, 1]]);
  });

  it('C4 on their way while the epoch rose are taken, for what the member still holds', async () => {
    const { client, topicId, member } = await setUp();
    const [a, b] = [member('a'), member('b')];
    await a.join(['orders']);
    const before = a.epoch;
    await b.join(['orders']);
    await a.beat();
    // Told to give some up, it may still commit all.
    expect(codes(await a.commit(topicId, { 0: 1, 1: 1, 2: 1 }, { memberEpoch: before }))).toEqual([0, 0, 0]);
    await a.release();
    expect(a.epoch).toBeGreaterThan(before);
    const late = await a.commit(topicId, { 0: 2, 1: 2, 2: 2 }, { memberEpoch: before });
    const kept = late.filter((part) => part.errorCode === 0).map(({ partition }) => partition);
    expect(kept).toEqual(a.partitions);
    expect(new Map(await committedOffsets(client)).get(b.partitions[0] ?? -1)).not.toBe(2);
  });

  it('G2 C4 sent before a partition is given up count for its next owner', async () => {
    const { client, topicId, member } = await setUp();
    const [a, b] = [member('a'), member('b')];
    await a.join(['orders']);
    await b.join(['orders']);
    await a.beat();
    const given = [0, 1, 2].filter((partition) => !a.partitions.includes(partition));
    // One after the other on the connection, without waiting for an answer.
    const committing = a.commit(topicId, Object.fromEntries(given.map((partition) => [partition, 8])));
    const releasing = a.release();
    const taking = b.beat();
    const fetching = committedOffsets(client);
    expect(codes(await committing)).toEqual(given.map(() => 0));
    await Promise.all([releasing, taking]);
    expect(b.partitions).toEqual(given);
    expect(await fetching).toEqual(given.map((partition) => [partition, 8]));
  });

  it('C4 below the start of a partition are taken: who is slow is not wrong', async () => {
    const { client, topicId } = await setUp();
    await client.request(DeleteRecords, { name: 'orders', partitions: [{ partition: 0, beforeOffset: 5 }] });
    expect(codes(await commit(client, { topicId, offsets: { 0: 2 } }))).toEqual([0]);
    expect((await describeGroup(client)).partitions[0]).toMatchObject({
      committedOffset: 2,
      logStartOffset: 5,
      lag: 5,
      lagExact: true,
    });
  });

  it('C4 a fetch whose texts would not fit in a frame is told to ask for less', async () => {
    const limits = { frameBytesMax: 256 << 10, fetchBytesMax: 64 << 10, connectionBytesMax: 1 << 20 };
    const { client } = await setUp({ limits, topicDefaults: { 'max.message.bytes': '65536' } });
    const wide = await client.createTopic('wide', { partitions: 100 });
    const offsets = Object.fromEntries(Array.from({ length: 50 }, (_, partition) => [partition, 0]));
    await commit(client, { topicId: wide.topicId, offsets, metadata: 'x'.repeat(4000) });
    const more = Object.fromEntries(Array.from({ length: 50 }, (_, partition) => [50 + partition, 0]));
    await commit(client, { topicId: wide.topicId, offsets: more, metadata: 'x'.repeat(4000) });
    expect((await errorOf(committed(client))).code).toBe('INVALID_REQUEST');
    const few = {
      groupId: 'g',
      memberId: '',
      memberEpoch: -1,
      topics: [{ topicId: wide.topicId, partitions: [0, 99] }],
      requireStable: false,
    };
    expect((await client.request(FetchOffset, few)).topics[0]!.partitions).toHaveLength(2);
  });
});

describe('what operators see and do', () => {
  it('G3 a group that is too large for one answer is said to be', async () => {
    const limits = { frameBytesMax: 256 << 10, fetchBytesMax: 64 << 10, connectionBytesMax: 1 << 20 };
    const { client, member } = await setUp({ limits, topicDefaults: { 'max.message.bytes': '65536' } });
    await client.createTopic('wide', { partitions: 2500 });
    await member('a').join(['orders']);
    expect((await describeGroup(client)).partitions).toHaveLength(3);
    await member('b').join(['wide']);
    expect((await errorOf(describeGroup(client))).message).toMatch(/would not fit in a frame/);
  });

  it('G3 a group is described with owners, lag and progress', async () => {
    const { clock, client, topicId, member } = await setUp();
    const a = member('a');
    await a.join(['orders']);
    await a.commit(topicId, { 0: 4, 1: 10 }, { metadata: 'm' });
    await clock.advance(2000);
    await a.commit(topicId, { 0: 4, 1: 8 });
    await a.beat({ stalledMs: 7000 });
    await clock.advance(500);
    const description = await describeGroup(client);
    expect(description).toMatchObject({
      groupId: 'g',
      state: 'stable',
      assignor: 'uniform',
      groupEpoch: 1,
      targetEpoch: 1,
    });
    expect(description.members[0]).toMatchObject({
      memberId: 'a',
      memberEpoch: 1,
      assigned: [{ topicId, name: 'orders', partitions: [0, 1, 2] }],
      target: [{ topicId, name: 'orders', partitions: [0, 1, 2] }],
      sinceHeartbeatMs: 500,
      stalledMs: 7000,
      stalled: true,
    });
    const place = { topicId, name: 'orders', memberId: 'a', logStartOffset: 0, highWatermark: 10, metadata: null };
    expect(description.partitions).toEqual([
      { ...place, partition: 0, committedOffset: 4, leaderEpoch: 0, lag: 6, lagExact: true, sinceProgressMs: 2500 },
      { ...place, partition: 1, committedOffset: 8, leaderEpoch: 0, lag: 2, lagExact: true, sinceProgressMs: 2500 },
      { ...place, partition: 2, committedOffset: -1, leaderEpoch: -1, lag: 10, lagExact: true, sinceProgressMs: -1 },
    ]);
  });

  it('G3 heartbeats alone do not hide a member whose event loop is blocked', async () => {
    const { clock, client, member } = await setUp();
    const a = member('a');
    await a.join(['orders']);
    const held = a.beat({ maxWaitMs: 5000 });
    await client.topic('orders');
    expect((await describeGroup(client)).members[0]).toMatchObject({ stalled: false });
    await clock.advance(5000);
    await held;
    await clock.advance(11_000);
    expect((await describeGroup(client)).members[0]).toMatchObject({ stalledMs: 0, stalled: true });
  });

  it('G3 groups are listed in order, by prefix', async () => {
    const { client, topicId } = await setUp();
    await commit(client, { groupId: 'beta', topicId, offsets: { 0: 1, 1: 1 } });
    await commit(client, { groupId: 'alpha-2', topicId, offsets: { 0: 1 } });
    await new GroupMember(client, { groupId: 'alpha-1', memberId: 'a' }).join(['orders']);
    expect((await client.request(ListGroups, { prefix: '' })).groups).toEqual([
      { groupId: 'alpha-1', state: 'stable', members: 1, offsets: 0 },
      { groupId: 'alpha-2', state: 'empty', members: 0, offsets: 1 },
      { groupId: 'beta', state: 'empty', members: 0, offsets: 2 },
    ]);
    expect((await client.request(ListGroups, { prefix: 'alpha' })).groups).toHaveLength(2);
  });

  it('G3 a group is deleted with its offsets, unless somebody works in it', async () => {
    const { client, topicId, member } = await setUp();
    const a = member('a');
    await a.join(['orders']);
    await a.commit(topicId, { 0: 4, 1: 4 });
    const refused = await errorOf(client.request(DeleteGroup, { groupId: 'g' }));
    expect([refused.code, refused.message]).toEqual(['GROUP_NOT_EMPTY', 'group "g" has 1 member']);
    await a.leave();
    expect(await client.request(DeleteGroup, { groupId: 'g' })).toEqual({ offsets: 2 });
    expect((await errorOf(client.request(DeleteGroup, { groupId: 'g' }))).code).toBe('UNKNOWN_GROUP');
    expect((await errorOf(describeGroup(client))).code).toBe('UNKNOWN_GROUP');
    expect(await committedOffsets(client)).toEqual([]);
  });

  it('G3 offsets are set all or none, with a preview', async () => {
    const { client, topicId, member } = await setUp();
    const reset = (offsets: [number, number][], validateOnly = false) => {
      const partitions = offsets.map(([partition, offset]) => ({ partition, offset }));
      return client
        .request(ResetOffsets, { groupId: 'g', validateOnly, topics: [{ topicId, partitions }] })
        .then(({ topics }) => topics[0]!.partitions);
    };
    await commit(client, { topicId, offsets: { 0: 5 } });
    const preview = [
      { partition: 0, errorCode: 0, errorMessage: null, previousOffset: 5, offset: 2 },
      { partition: 1, errorCode: 0, errorMessage: null, previousOffset: -1, offset: 10 },
    ];
    expect(
      await reset(
        [
          [0, 2],
          [1, 10],
        ],
        true,
      ),
    ).toEqual(preview);
    expect(await committedOffsets(client)).toEqual([[0, 5]]);

    const refused = await reset([
      [0, 2],
      [1, 11],
      [8, 0],
    ]);
    const reasons = ['INVALID_REQUEST', 'OFFSET_OUT_OF_RANGE', 'UNKNOWN_PARTITION'] as const;
    expect(codes(refused)).toEqual(reasons.map((name) => errorCode(name)));
    expect(await committedOffsets(client)).toEqual([[0, 5]]);

    expect(
      await reset([
        [0, 2],
        [1, 10],
      ]),
    ).toEqual(preview);
    expect(await committedOffsets(client)).toEqual([
      [0, 2],
      [1, 10],
    ]);
    await member('a').join(['orders']);
    expect((await errorOf(reset([[0, 1]]))).code).toBe('GROUP_NOT_EMPTY');
    expect((await errorOf(reset([[0, 1]], true))).code).toBe('GROUP_NOT_EMPTY');
  });

  it('G3 a reset makes the group that is not there, a preview does not', async () => {
    const { client, topicId } = await setUp();
    const topics = [{ topicId, partitions: [{ partition: 0, offset: 3 }] }];
    await client.request(ResetOffsets, { groupId: 'g', validateOnly: true, topics });
    expect((await client.request(ListGroups, { prefix: '' })).groups).toEqual([]);
    await client.request(ResetOffsets, { groupId: 'g', validateOnly: false, topics });
    expect(await committedOffsets(client)).toEqual([[0, 3]]);
  });

  it('G3 offsets of a topic are forgotten, unless members want the topic', async () => {
    const { client, topicId, member } = await setUp();
    const other = await client.createTopic('other', { partitions: 2 });
    await commit(client, { topicId, offsets: { 0: 1 } });
    await commit(client, { topicId: other.topicId, offsets: { 0: 0, 1: 0 } });
    await member('a').join(['orders']);
    const { topics } = await client.request(DeleteOffsets, {
      groupId: 'g',
      topics: [
        { topicId, partitions: null },
        { topicId: other.topicId, partitions: [1, 1, 5] },
      ],
    });
    expect(topics).toMatchObject([
      { topicId, errorCode: errorCode('GROUP_NOT_EMPTY'), offsets: 0 },
      { topicId: other.topicId, errorCode: 0, offsets: 1 },
    ]);
    const places = (await describeGroup(client)).partitions.filter((place) => place.committedOffset >= 0);
    expect(places.map(({ name, partition }) => [name, partition])).toEqual([
      ['orders', 0],
      ['other', 0],
    ]);
    expect((await errorOf(client.request(DeleteOffsets, { groupId: 'none', topics: [] }))).code).toBe('UNKNOWN_GROUP');
  });

  it('G3 offsets go with their topic, and stay when it grows', async () => {
    const { client, topicId } = await setUp();
    const other = await client.createTopic('other');
    await commit(client, { topicId, offsets: { 0: 1, 1: 2 } });
    await commit(client, { topicId: other.topicId, offsets: { 0: 0 } });
    await client.request(AddPartitions, { name: 'orders', partitions: 5, validateOnly: false });
    const offsets = (await describeGroup(client)).partitions.map(({ name, partition, committedOffset }) => [
      name,
      partition,
      committedOffset,
    ]);
    expect(offsets).toEqual([
      ['orders', 0, 1],
      ['orders', 1, 2],
      ['orders', 2, -1],
      ['orders', 3, -1],
      ['orders', 4, -1],
      ['other', 0, 0],
    ]);
    const fetching = client.request(FetchOffset, {
      groupId: 'g',
      memberId: '',
      memberEpoch: -1,
      topics: null,
      requireStable: false,
    });
    expect((await fetching).topics).toHaveLength(2);
    await client.deleteTopic('orders');
    expect((await describeGroup(client)).partitions.map(({ name }) => name)).toEqual(['other']);
    expect(codes(await commit(client, { topicId, offsets: { 0: 1 } }))).toEqual([errorCode('UNKNOWN_TOPIC_ID')]);
  });
});

describe('expiry', () => {
  it('G1 a group without members goes after its time, with its offsets, and one with members stays', async () => {
    const limits = {
      groupExpiryMs: 7 * hourMs,
      idleTimeoutMs: dayMs,
      sweepIntervalMs: hourMs,
      maintenanceIntervalMs: hourMs,
    };
    const { clock, client, topicId } = await setUp({ limits });
    const left = new GroupMember(client, { groupId: 'left', memberId: 'a' });
    await left.join(['orders'], { sessionTimeoutMs: 30 * 60_000 });
    await left.commit(topicId, { 0: 1 });
    for (let halfHours = 0; halfHours < 16; halfHours += 1) {
      await clock.advance(29 * 60_000);
      await left.beat();
    }
    await commit(client, { groupId: 'bare', topicId, offsets: { 0: 1 } });
    const names = async (): Promise<string[]> =>
      (await client.request(ListGroups, { prefix: '' })).groups.map(({ groupId }) => groupId);
    expect(await names()).toEqual(['bare', 'left']);
    await left.leave();
    await clock.advance(6 * hourMs);
    await commit(client, { groupId: 'bare', topicId, offsets: { 0: 2 } });
    await clock.advance(hourMs - 60_000);
    expect(await names()).toEqual(['bare', 'left']);
    await clock.advance(2 * 60_000);
    expect(await names()).toEqual(['bare']);
    await clock.advance(7 * hourMs);
    expect(await names()).toEqual([]);
    // Nothing is left to look for, so nobody looks: only connections, maintenance, statistics and health go on.
    await clock.advance(60_000);
    expect(clock.pending).toBe(4);
  });

  it('G1 a wall clock that jumps expires nothing and puts nobody out', async () => {
    const { clock, client, topicId, member } = await setUp();
    const a = member('a');
    await a.join(['orders']);
    await commit(client, { groupId: 'bare', topicId, offsets: { 0: 1 } });
    for (const jumpMs of [400 * dayMs, -400 * dayMs]) {
      clock.setAheadMs = jumpMs;
      await clock.advance(61_000 / 2);
      expect(await a.beat()).toMatchObject({ memberEpoch: 1, assignment: null });
      expect(codes(await a.commit(topicId, { 0: 3 }))).toEqual([0]);
      await clock.advance(61_000 / 2);
      await a.beat();
    }
    expect((await client.request(ListGroups, { prefix: '' })).groups).toHaveLength(2);
    const [place] = (await describeGroup(client, 'bare')).partitions;
    expect(place).toMatchObject({ committedOffset: 1, sinceProgressMs: 0 });
  });
});
