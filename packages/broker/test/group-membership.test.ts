import { AddPartitions, DeleteGroup, ListGroups, Stats } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import type { BrokerOptions } from '../src/index.ts';
import { GroupMember, describeGroup, ownedBy } from './group-member.ts';
import { errorOf, testBroker, testClient } from './harness.ts';

async function setUp(options: BrokerOptions & { partitions?: number } = {}) {
  const { partitions = 4, ...brokerOptions } = options;
  const clock = new ManualClock();
  const broker = await testBroker({ clock, ...brokerOptions });
  const client = await testClient(broker);
  const { topicId } = await client.createTopic('orders', { partitions });
  const member = (memberId: string, groupId = 'g'): GroupMember => new GroupMember(client, { groupId, memberId });
  return { clock, broker, client, topicId, member };
}

describe('members of a group', () => {
  it('G1 join, stay and leave', async () => {
    const { client, topicId, member } = await setUp();
    const a = member('a');
    const joined = await a.join(['orders'], { instanceId: 'first', sessionTimeoutMs: 12_000 });
    expect(joined).toEqual({
      memberEpoch: 1,
      heartbeatIntervalMs: 4000,
      sessionTimeoutMs: 12_000,
      assignment: [{ topicId, name: 'orders', partitions: [0, 1, 2, 3] }],
    });
    expect(await a.beat()).toMatchObject({ memberEpoch: 1, assignment: null });
    expect((await describeGroup(client)).members).toMatchObject([
      { memberId: 'a', instanceId: 'first', clientId: 'raw', host: '127.0.0.1', state: 'stable', topics: ['orders'] },
    ]);
    expect(await a.leave()).toMatchObject({ memberEpoch: -1, assignment: null });
    expect(await describeGroup(client)).toMatchObject({ state: 'empty', members: [] });
    expect((await errorOf(member('a').beat({ memberEpoch: 1 }))).code).toBe('UNKNOWN_MEMBER');
  });

  it('M1 G2 each time that partitions are given out anew counts as a rebalance, and a heartbeat does not', async () => {
    const { client, member } = await setUp();
    const rebalances = async (): Promise<number> => (await client.request(Stats, {})).rebalances;
    const [a, b] = [member('a'), member('b')];
    expect(await rebalances()).toBe(0);
    await a.join(['orders']);
    expect(await rebalances()).toBe(1);
    await a.beat();
    expect(await rebalances()).toBe(1);
    await b.join(['orders']);
    expect(await rebalances()).toBe(2);
    await b.leave();
    await a.leave();
    expect(await rebalances()).toBe(3);
  });

  it('G2 get a partition only after its owner has let go, and those who are not concerned hear nothing', async () => {
    const { member } = await setUp({ partitions: 6 });
    const [a, b, c] = [member('a'), member('b'), member('c')];
    await a.join(['orders']);
    await b.join(['orders']);
    expect(b.partitions).toEqual([]);
    await a.beat();
    expect(a.partitions).toHaveLength(3);
    await b.beat();
    expect(b.partitions).toEqual([]);
    await a.release();
    await b.beat();
    expect(ownedBy(a, b)).toEqual([0, 1, 2, 3, 4, 5]);

    const heardBefore = { a: a.epoch, b: b.epoch };
    await c.join(['nothing-of-the-kind']);
    await Promise.all([a.beat(), b.beat()]);
    expect({ a: a.epoch, b: b.epoch }).toEqual(heardBefore);
    expect(a.heard.at(-1)).toMatchObject({ assignment: null });
  });

  it('G2 are told of news at once while their heartbeat is held', async () => {
    const { clock, member } = await setUp();
    const [a, b] = [member('a'), member('b')];
    await a.join(['orders']);
    const held = a.beat({ maxWaitMs: 5000 });
    await b.join(['orders']);
    // No time passes: the answer comes because there is news, not because the time is up.
    await held;
    expect(a.partitions).toHaveLength(2);
    const heldB = b.beat({ maxWaitMs: 5000 });
    await a.release();
    await heldB;
    expect(ownedBy(a, b)).toEqual([0, 1, 2, 3]);
    const quiet = a.beat({ maxWaitMs: 5000 });
    await b.beat();
    await clock.advance(5000);
    expect(await quiet).toMatchObject({ assignment: null });
  });

  it('G1 have one heartbeat held at a time, for no longer than half their session', async () => {
    const { clock, client, member } = await setUp();
    const a = member('a');
    await a.join(['orders'], { sessionTimeoutMs: 4000 });
    const older = a.beat({ maxWaitMs: 60_000 });
    const newer = a.beat({ maxWaitMs: 60_000 });
    expect(await older).toMatchObject({ memberEpoch: 1, assignment: null });
    await client.topic('orders');
    await clock.advance(1999);
    expect(a.heard).toHaveLength(2);
    await clock.advance(1);
    expect(await newer).toMatchObject({ memberEpoch: 1, assignment: null });
  });

  it('G1 are put out when they are silent for longer than their session, and their partitions go on', async () => {
    const { clock, client, member } = await setUp();
    const [a, b] = [member('a'), member('b')];
    await a.join(['orders'], { sessionTimeoutMs: 10_000 });
    await b.join(['orders'], { sessionTimeoutMs: 30_000 });
    await a.beat();
    await a.release();
    await b.beat();
    const held = b.beat({ maxWaitMs: 15_000 });
    await client.topic('orders');
    await clock.advance(10_000);
    await held;
    expect(b.partitions).toEqual([0, 1, 2, 3]);
    expect((await errorOf(a.beat())).code).toBe('UNKNOWN_MEMBER');
    // A held heartbeat is no sign of life.
    const dead = b.beat({ maxWaitMs: 15_000 });
    await client.topic('orders');
    await clock.advance(15_000);
    await dead;
    await clock.advance(15_000);
    expect(await describeGroup(client)).toMatchObject({ state: 'empty', members: [] });
  });

  it('G2 are put out when they never let go, heartbeats or not', async () => {
    const { clock, client, member } = await setUp();
    const [a, b] = [member('a'), member('b')];
    await a.join(['orders'], { rebalanceTimeoutMs: 3000 });
    await b.join(['orders']);
    await a.beat();
    const clinging = { ...a.owned[0]!, partitions: [0, 1, 2, 3] };
    await clock.advance(2999);
    await a.beat({ owned: [clinging] });
    await b.beat();
    expect(b.partitions).toEqual([]);
    const held = b.beat({ maxWaitMs: 5000 });
    await client.topic('orders');
    await clock.advance(1);
    await held;
    expect(b.partitions).toEqual([0, 1, 2, 3]);
    expect((await errorOf(a.beat({ owned: [clinging] }))).code).toBe('UNKNOWN_MEMBER');
    await a.join(['orders']);
    expect((await describeGroup(client)).members).toHaveLength(2);
  });

  it('W3 may repeat a heartbeat whose answer was lost, and are refused with any other epoch', async () => {
    const { member } = await setUp();
    const [a, b] = [member('a'), member('b')];
    await a.join(['orders']);
    await b.join(['orders']);
    await a.beat();
    const before = { epoch: a.epoch, owned: a.owned };
    await a.release();
    expect(a.epoch).toBeGreaterThan(before.epoch);
    const now = a.epoch;
    expect(await a.beat({ memberEpoch: before.epoch, owned: before.owned })).toMatchObject({ memberEpoch: now });
    expect((await errorOf(a.beat({ memberEpoch: 99 }))).code).toBe('FENCED_MEMBER_EPOCH');
    expect((await errorOf(a.beat({ memberEpoch: -7 }))).code).toBe('INVALID_REQUEST');
  });

  it('G1 W3 keep their session when their connection breaks, and nothing is held for it', async () => {
    const { broker, clock, member } = await setUp();
    const a = member('a');
    await a.join(['orders']);
    const other = await testClient(broker);
    const onOther = new GroupMember(other, { memberId: 'a' });
    onOther.epoch = a.epoch;
    const lost = onOther.beat({ maxWaitMs: 5000 });
    const hangUp = errorOf(lost);
    await other.topic('orders');
    await other.close();
    expect((await hangUp).code).toBe('CONNECTION_LOST');
    expect(await a.beat()).toMatchObject({ memberEpoch: 1, assignment: null });
    await clock.advance(44_000);
    expect(await a.beat()).toMatchObject({ memberEpoch: 1 });
  });

  it('G1 of one static name exclude each other while both live, and take over when one is away', async () => {
    const { clock, client, member } = await setUp();
    const [first, second] = [member('first'), member('second')];
    await first.join(['orders'], { instanceId: 'node-1', sessionTimeoutMs: 20_000 });
    const refused = await errorOf(second.join(['orders'], { instanceId: 'node-1' }));
    expect(refused.code).toBe('UNRELEASED_INSTANCE');
    expect((await describeGroup(client)).members).toHaveLength(1);

    await first.beat({ memberEpoch: -2 });
    expect((await describeGroup(client)).members).toMatchObject([{ memberId: 'first', state: 'away' }]);
    await second.join(['orders'], { instanceId: 'node-1', sessionTimeoutMs: 20_000 });
    expect(second.partitions).toEqual([0, 1, 2, 3]);
    expect((await describeGroup(client)).members).toMatchObject([{ memberId: 'second', instanceId: 'node-1' }]);

    await second.beat({ memberEpoch: -2 });
    await clock.advance(20_000);
    expect((await describeGroup(client)).members).toEqual([]);
  });

  it('G1 that cannot be let in leave no group behind', async () => {
    const { client, member } = await setUp();
    const wrong: [string, Promise<unknown>][] = [
      ['INVALID_REQUEST', member('a').join(['orders'], { topics: null })],
      ['INVALID_REQUEST', member('a').join(['orders'], { owned: null })],
      ['INVALID_REQUEST', member('').join(['orders'])],
      ['INVALID_REQUEST', member('a').join(['orders'], { sessionTimeoutMs: 5 })],
      [
        'INVALID_REQUEST',
        member('a').join(['orders'], {
          owned: [{ topicId: (await client.topic('orders')).topicId, name: '', partitions: [-1] }],
        }),
      ],
      ['UNSUPPORTED_ASSIGNOR', member('a').join(['orders'], { assignor: 'sorcery' })],
      ['INVALID_GROUP_ID', member('a', '').join(['orders'])],
      ['INVALID_GROUP_ID', member('a', 'line\nbreak').join(['orders'])],
      ['UNKNOWN_MEMBER', member('a').beat({ memberEpoch: 4 })],
      ['UNKNOWN_MEMBER', member('a').leave()],
    ];
    for (const [code, attempt] of wrong) expect((await errorOf(attempt)).code).toBe(code);
    expect((await client.request(ListGroups, { prefix: '' })).groups).toEqual([]);
    // Not even the topic of the groups was made.
    expect((await client.topic('__groups')).errorCode).not.toBe(0);
  });

  it('G1 are let into as many groups as the broker may have', async () => {
    const { client, topicId, member } = await setUp({ limits: { groupsMax: 2 } });
    // What comes to nothing takes no place.
    for (const groupId of ['x', 'y', 'z']) {
      const owned = [{ topicId, name: '', partitions: [-1] }];
      expect((await errorOf(member('a', groupId).join(['orders'], { owned }))).code).toBe('INVALID_REQUEST');
      expect((await errorOf(member('a', groupId).join(['orders'], { assignor: 'none' }))).code).toBe(
        'UNSUPPORTED_ASSIGNOR',
      );
    }
    await member('a', 'one').join(['orders']);
    await member('a', 'two').join(['orders']);
    expect((await errorOf(member('a', 'three').join(['orders']))).code).toBe('GROUP_LIMIT');
    await member('b', 'two').join(['orders']);
    const gone = member('a', 'one');
    gone.epoch = 1;
    await gone.leave();
    await client.request(DeleteGroup, { groupId: 'one' });
    await member('a', 'three').join(['orders']);
  });

  it('G2 a thousand of them join at once, and the group comes to rest', { timeout: 60_000 }, async () => {
    const { client, member } = await setUp({ partitions: 1000 });
    const members = Array.from({ length: 1000 }, (_, index) => member(`member ${index}`));
    await Promise.all(members.map((each) => each.join(['orders'])));
    for (let round = 0; round < 4; round += 1) {
      await Promise.all(members.map((each) => each.release()));
    }
    const owned = members.flatMap(({ partitions }) => partitions);
    expect(owned).toHaveLength(1000);
    expect(new Set(owned).size).toBe(1000);
    const { groups } = await client.request(ListGroups, { prefix: '' });
    expect(groups).toEqual([{ groupId: 'g', state: 'stable', members: 1000, offsets: 0 }]);
  });
});

describe('topics of a group', () => {
  it('G2 are taken in when they are made, when they grow, and let go when they are deleted', async () => {
    const { client, topicId, member } = await setUp({ partitions: 2 });
    const a = member('a');
    await a.join(['orders', 'later']);
    expect(a.partitions).toEqual([0, 1]);

    const made = a.beat({ maxWaitMs: 5000 });
    const later = await client.createTopic('later', { partitions: 1 });
    await made;
    expect(new Set(a.owned.map(({ name }) => name))).toEqual(new Set(['orders', 'later']));

    const grown = a.beat({ maxWaitMs: 5000 });
    await client.request(AddPartitions, { name: 'orders', partitions: 3, validateOnly: false });
    await grown;
    expect(a.owned.find(({ name }) => name === 'orders')!.partitions).toEqual([0, 1, 2]);

    const deleted = a.beat({ maxWaitMs: 5000 });
    await client.deleteTopic('orders');
    await deleted;
    expect(a.owned).toEqual([{ topicId: later.topicId, name: 'later', partitions: [0] }]);
    await a.release();
    expect((await describeGroup(client)).partitions.map((place) => place.topicId)).not.toContain(topicId);
  });

  it('G2 internal ones are not given out', async () => {
    const { member } = await setUp();
    const a = member('a');
    await a.join(['__groups', '__metadata']);
    expect(a.owned).toEqual([]);
  });
});
