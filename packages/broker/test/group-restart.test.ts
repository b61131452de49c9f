/**
 * Groups over restarts, crashes and full disks: nothing that was answered is lost, and nobody is stuck.
 */
import { AddPartitions, DeleteGroup, DescribeTopic, ListGroups, errorCode } from '@q/protocol';
import { FaultyFileSystem, ManualClock, SeededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { startBroker } from '../src/index.ts';
import type { Broker, BrokerOptions } from '../src/index.ts';
import { GroupMember, commit, committedOffsets, describeGroup, ownedBy } from './group-member.ts';
import { batchOf, errorOf, testBroker, testClient } from './harness.ts';
import { RawClient } from './raw-client.ts';

const options = { storage: 'file', dataDir: '/data', port: 0, admin: false } as const;
const groupsLog = /__groups-0\/\d+\.log$/;

async function prepare(client: RawClient, partitions = 4): Promise<string> {
  const { topicId } = await client.createTopic('orders', { partitions });
  for (let partition = 0; partition < partitions; partition += 1) {
    await client.produce(topicId, batchOf('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'), { partition });
  }
  return topicId;
}

async function setUp(given: BrokerOptions = {}) {
  const disk = new FaultyFileSystem();
  const clock = new ManualClock({ startMs: Date.now() });
  const broker = await testBroker({ ...options, fileSystem: disk, clock, ...given });
  const client = await testClient(broker);
  const topicId = await prepare(client);
  return { disk, clock, broker, client, topicId };
}

const codes = (parts: readonly { errorCode: number }[]): number[] => parts.map((part) => part.errorCode);

/** Says hello to another broker as the same member. */
function onBroker(client: RawClient, before: GroupMember): GroupMember {
  const member = new GroupMember(client, { groupId: before.groupId, memberId: before.memberId });
  member.epoch = before.epoch;
  member.owned = before.owned;
  return member;
}

describe('a restart', () => {
  it('G3 with a clock that is a year ahead expires no group', async () => {
    const { disk, clock, broker, client, topicId } = await setUp();
    await commit(client, { groupId: 'idle', topicId, offsets: { 0: 3 } });
    await clock.advance(20_000);
    await broker.close();
    clock.stepWall(365 * 24 * 60 * 60 * 1000);
    const next = await testClient(await testBroker({ ...options, fileSystem: disk, clock }));
    await clock.advance(5 * 60 * 1000);
    expect(
      (await describeGroup(next, 'idle')).partitions.filter(({ committedOffset }) => committedOffset !== -1),
    ).toHaveLength(1);
  });

  it('G1 G2 G3 W3 brings groups, members, epochs and offsets back, and disturbs nobody', async () => {
    const { disk, broker, client, topicId } = await setUp();
    const [a, b] = [new GroupMember(client, { memberId: 'a' }), new GroupMember(client, { memberId: 'b' })];
    await a.join(['orders'], { instanceId: 'node-1' });
    await b.join(['orders']);
    await a.beat();
    await a.release();
    await b.beat();
    await a.commit(topicId, { [a.partitions[0]!]: 7 }, { metadata: 'm' });
    const before = await describeGroup(client);
    await broker.close();

    const again = await testBroker({ ...options, fileSystem: disk });
    const next = await testClient(again);
    const after = await describeGroup(next);
    const lasting = ({ members, ...rest }: typeof before): unknown => ({
      ...rest,
      partitions: rest.partitions.map((place) => ({ ...place, sinceProgressMs: 0 })),
      members: members.map(({ sinceHeartbeatMs: _, ...member }) => member),
    });
    expect(lasting(after)).toEqual(lasting(before));
    for (const member of [onBroker(next, a), onBroker(next, b)]) {
      const { epoch } = member;
      expect(await member.beat()).toMatchObject({ memberEpoch: epoch, assignment: null });
      expect(codes(await member.commit(topicId, { [member.partitions[0]!]: 9 }))).toEqual([0]);
    }
  });

  it('G1 puts out the members that do not come back, after their session', async () => {
    const { disk, broker, client } = await setUp();
    const a = new GroupMember(client, { memberId: 'a' });
    await a.join(['orders'], { sessionTimeoutMs: 20_000 });
    await broker.close();
    const clock = new ManualClock();
    const next = await testClient(await testBroker({ ...options, fileSystem: disk, clock }));
    await clock.advance(19_999);
    expect((await describeGroup(next)).members).toHaveLength(1);
    await clock.advance(1);
    expect((await describeGroup(next)).members).toHaveLength(0);
  });

  it('G3 brings no deleted group back, and makes no topic without a group', async () => {
    const { disk, broker, client, topicId } = await setUp();
    expect((await client.topic('__groups')).errorCode).toBe(errorCode('UNKNOWN_TOPIC'));
    await commit(client, { groupId: 'doomed', topicId, offsets: { 0: 1, 1: 1 } });
    expect(await client.topic('__groups')).toMatchObject({ errorCode: 0, internal: true, cleanupPolicy: 'compact' });
    await commit(client, { groupId: 'kept', topicId, offsets: { 0: 1 } });
    await client.request(DeleteGroup, { groupId: 'doomed' });
    await broker.close();
    const warnings: string[] = [];
    const warn = (_fields: object, message: string): void => void warnings.push(message);
    const logger = { debug() {}, info() {}, warn, error: warn };
    const next = await testClient(await testBroker({ ...options, fileSystem: disk, logger }));
    expect((await next.request(ListGroups, { prefix: '' })).groups.map(({ groupId }) => groupId)).toEqual(['kept']);
    expect(warnings).toEqual([]);
  });

  it(
    'G3 S4 reads little, however much was committed: old commits are compacted away',
    { timeout: 30_000 },
    async () => {
      const { disk, clock, broker, client, topicId } = await setUp({ limits: { maintenanceIntervalMs: 1000 } });
      const text = 'x'.repeat(4000);
      const bytes = async (): Promise<number> => (await client.request(DescribeTopic, { name: '__groups' })).bytes;
      for (let round = 0; round < 4400; round += 1) {
        await commit(client, { topicId, offsets: { 0: round % 10, 1: round % 10 }, metadata: text });
      }
      await commit(client, { topicId, offsets: { 0: 7, 1: 8 }, metadata: 'last' });
      const before = await bytes();
      expect(before).toBeGreaterThan(32 << 20);
      while ((await bytes()) > before / 2) await clock.advance(1000);
      await broker.close();
      const next = await testClient(await testBroker({ ...options, fileSystem: disk }));
      expect(await committedOffsets(next)).toEqual([
        [0, 7],
        [1, 8],
      ]);
    },
  );

  it('G3 makes up for what happened to topics while groups could not be written', async () => {
    const { disk, broker, client, topicId } = await setUp();
    const a = new GroupMember(client, { memberId: 'a' });
    await a.join(['orders']);
    await commit(client, { groupId: 'bare', topicId, offsets: { 0: 1 } });
    disk.fail({ operation: 'write', code: 'ENOSPC', path: groupsLog, times: 100 });
    await client.deleteTopic('orders');
    await client.topic('orders');
    disk.faults.clear();
    await broker.close();
    const next = await testClient(await testBroker({ ...options, fileSystem: disk }));
    const again = onBroker(next, a);
    await again.beat();
    expect(again.owned).toEqual([]);
    expect((await errorOf(describeGroup(next, 'bare'))).code).toBe('UNKNOWN_GROUP');
  });
});

describe('a full disk', () => {
  it('C4 refuses commits, keeps what was committed before, and takes commits when there is room', async () => {
    const { disk, client, topicId } = await setUp();
    const a = new GroupMember(client, { memberId: 'a' });
    await a.join(['orders']);
    await a.commit(topicId, { 0: 3 });
    disk.fail({ operation: 'write', code: 'ENOSPC', path: groupsLog, times: 2 });
    const [first, second] = await Promise.all([a.commit(topicId, { 0: 5, 9: 1 }), a.commit(topicId, { 0: 6, 1: 6 })]);
    expect(codes(first)).toEqual([errorCode('STORAGE_FULL'), errorCode('UNKNOWN_PARTITION')]);
    expect(codes(second)).toEqual([errorCode('STORAGE_FULL'), errorCode('STORAGE_FULL')]);
    expect(await committedOffsets(client)).toEqual([[0, 3]]);
    disk.faults.clear();
    expect(codes(await a.commit(topicId, { 0: 8 }))).toEqual([0]);
    expect(await committedOffsets(client)).toEqual([[0, 8]]);
  });

  it('G1 G2 keeps a group as it was, for members who come and for members who run out of time', async () => {
    const { disk, clock, client } = await setUp();
    const [a, b] = [new GroupMember(client, { memberId: 'a' }), new GroupMember(client, { memberId: 'b' })];
    await a.join(['orders'], { sessionTimeoutMs: 10_000 });
    const fault = { operation: 'write', code: 'ENOSPC', path: groupsLog, times: 1000 } as const;
    disk.fail(fault);
    expect((await errorOf(b.join(['orders']))).code).toBe('STORAGE_FULL');
    expect((await errorOf(new GroupMember(client, { groupId: 'new', memberId: 'x' }).join(['orders']))).code).toBe(
      'STORAGE_FULL',
    );
    expect((await client.request(ListGroups, { prefix: '' })).groups).toMatchObject([{ groupId: 'g', members: 1 }]);
    expect(await a.beat()).toMatchObject({ memberEpoch: 1, assignment: null });

    await clock.advance(12_000);
    expect((await describeGroup(client)).members).toHaveLength(1);
    disk.faults.clear();
    await clock.advance(1000);
    await client.topic('orders');
    expect((await describeGroup(client)).members).toHaveLength(0);
    await b.join(['orders']);
    expect(b.partitions).toHaveLength(4);
  });

  it('G2 is told to who asked, and not to members whose news it took back', async () => {
    const { disk, client, clock } = await setUp();
    const [a, b] = [new GroupMember(client, { memberId: 'a' }), new GroupMember(client, { memberId: 'b' })];
    await a.join(['orders']);
    await b.join(['orders']);
    await a.beat();
    const held = b.beat({ maxWaitMs: 5000 });
    await client.topic('orders');
    disk.fail({ operation: 'write', code: 'ENOSPC', path: groupsLog });
    expect((await errorOf(a.release())).code).toBe('STORAGE_FULL');
    await client.topic('orders');
    expect(b.heard).toHaveLength(1);
    await a.release();
    await held;
    expect(b.partitions).toHaveLength(2);
    expect(clock.monotonic()).toBe(0);
  });

  it('G2 G3 catches up with topics that grew or went meanwhile, when there is room', async () => {
    const { disk, clock, client, topicId } = await setUp();
    const later = await client.createTopic('later', { partitions: 1 });
    const a = new GroupMember(client, { memberId: 'a' });
    await a.join(['orders', 'later']);
    await a.commit(topicId, { 0: 1, 1: 1 });
    await commit(client, { groupId: 'bare', topicId, offsets: { 0: 1 } });
    const held = a.beat({ maxWaitMs: 5000 });
    disk.fail({ operation: 'write', code: 'ENOSPC', path: groupsLog, times: 1000 });
    await client.deleteTopic('orders');
    await client.request(AddPartitions, { name: 'later', partitions: 3, validateOnly: false });
    await client.topic('later');
    expect(a.heard).toHaveLength(1);
    expect((await describeGroup(client, 'bare')).partitions).toHaveLength(1);
    disk.faults.clear();
    await clock.advance(1000);
    await held;
    // First it is told to let go of what is gone; what is new comes once it has.
    expect(a.owned.map(({ name }) => name)).toEqual(['later']);
    await a.release();
    expect(a.owned).toEqual([{ topicId: later.topicId, name: 'later', partitions: [0, 1, 2] }]);
    expect((await describeGroup(client)).partitions.map(({ name }) => name)).toEqual(['later', 'later', 'later']);
    expect((await errorOf(describeGroup(client, 'bare'))).code).toBe('UNKNOWN_GROUP');
  });
});

describe('the way to the disk', () => {
  it('C4 a fetch waits for the commits before it, and not for those behind', async () => {
    const { disk, client, topicId } = await setUp();
    await commit(client, { topicId, offsets: { 0: 1 } });
    const hold = disk.hold('datasync', groupsLog);
    const committing = commit(client, { topicId, offsets: { 0: 5 } });
    const answers: string[] = [];
    const fetching = committedOffsets(client).then((offsets) => {
      answers.push('fetch');
      return offsets;
    });
    const later = commit(client, { topicId, offsets: { 0: 9 } });
    await hold.reached;
    await client.topic('orders');
    expect(answers).toEqual([]);
    hold.release();
    expect(await fetching).toEqual([[0, 5]]);
    await Promise.all([committing, later]);
    expect(await committedOffsets(client)).toEqual([[0, 9]]);
  });

  it('G2 nobody is told of a partition before its release is durable', async () => {
    const { disk, client } = await setUp();
    const [a, b] = [new GroupMember(client, { memberId: 'a' }), new GroupMember(client, { memberId: 'b' })];
    await a.join(['orders']);
    await b.join(['orders']);
    await a.beat();
    const held = b.beat({ maxWaitMs: 5000 });
    await client.topic('orders');
    const hold = disk.hold('datasync', groupsLog);
    const releasing = a.release();
    await hold.reached;
    const asking = describeGroup(client);
    await client.topic('orders');
    expect(b.partitions).toEqual([]);
    hold.release();
    await Promise.all([releasing, held, asking]);
    expect(b.partitions).toHaveLength(2);
  });

  it('B6 C4 a stopping broker answers held heartbeats at once, and finishes commits', async () => {
    const { disk, broker, client, topicId } = await setUp();
    const a = new GroupMember(client, { memberId: 'a' });
    await a.join(['orders']);
    const held = a.beat({ maxWaitMs: 5000 });
    const hold = disk.hold('datasync', groupsLog);
    const committing = a.commit(topicId, { 0: 5 });
    await hold.reached;
    const closing = broker.close();
    expect(await held).toMatchObject({ memberEpoch: 1, assignment: null });
    hold.release();
    expect(codes(await committing)).toEqual([0]);
    await closing;
    const next = await testClient(await testBroker({ ...options, fileSystem: disk }));
    expect(await committedOffsets(next)).toEqual([[0, 5]]);
    expect(await onBroker(next, a).beat()).toMatchObject({ memberEpoch: 1, assignment: null });
  });
});

/** What the program on the other side knows for sure. */
interface Known {
  offset: number;
  readonly members: Map<string, GroupMember>;
}

async function rebalance(client: RawClient, topicId: string, known: Known): Promise<void> {
  const [a, b] = [new GroupMember(client, { memberId: 'a' }), new GroupMember(client, { memberId: 'b' })];
  known.members.set('a', a).set('b', b);
  await a.join(['orders']);
  for (const offset of [1, 2, 3]) {
    await a.commit(topicId, { 0: offset });
    known.offset = offset;
  }
  await b.join(['orders']);
  await a.beat();
  await a.release();
  await b.beat();
  await b.release();
  await a.leave();
  await b.beat();
}

/** Nobody may be told of a partition that the other has been told of, and both get on. */
async function check(disk: FaultyFileSystem, topicId: string, known: Known): Promise<void> {
  const broker = await testBroker({ ...options, fileSystem: disk });
  const client = await testClient(broker);
  const offsets = new Map(await committedOffsets(client));
  expect(offsets.get(0) ?? 0).toBeGreaterThanOrEqual(known.offset);

  const members = [...known.members.values()].map((member) => onBroker(client, member));
  for (let round = 0; round < 4; round += 1) {
    for (const member of members) {
      try {
        await member.release();
      } catch {
        // It has left or was never stored: what it believes in is void, and it joins.
        await member.join(['orders']);
      }
      const owned = ownedBy(...members);
      expect(new Set(owned).size).toBe(owned.length);
    }
  }
  expect(ownedBy(...members)).toEqual([0, 1]);
  const { state, partitions } = await describeGroup(client);
  expect(state).toBe('stable');
  for (const member of members) {
    const owned = partitions.filter(({ memberId }) => memberId === member.memberId).map(({ partition }) => partition);
    expect(member.partitions).toEqual(owned);
    expect(codes(await member.commit(topicId, { [owned[0]!]: 9 }))).toEqual([0]);
  }
  await broker.close();
}

async function startAndPrepare(
  disk: FaultyFileSystem,
): Promise<{ broker: Broker; client: RawClient; topicId: string }> {
  const broker = await startBroker({ ...options, fileSystem: disk });
  const client = await RawClient.connect(broker);
  return { broker, client, topicId: await prepare(client, 2) };
}

it.each(['all', 'some', 'none'] as const)(
  'G2 C4 W3 a power cut at any step of a rebalance loses no commit and gives no partition to two, when %s of what was not synced is lost',
  { timeout: 60_000 },
  async (loss) => {
    let steps = 0;
    for (let isDone = false; !isDone;) {
      steps += 1;
      const disk = new FaultyFileSystem({ random: new SeededRandom(steps) });
      const { client, topicId } = await startAndPrepare(disk);
      const known: Known = { offset: 0, members: new Map() };
      disk.stopAfter(steps);
      const working = rebalance(client, topicId, known);
      const ended = await Promise.race([
        disk.stopped.then(() => 'stopped'),
        working.then(
          () => 'done',
          () => 'stopped',
        ),
      ]);
      const next = await disk.crash(loss);
      // The dead broker never comes back; only its sockets are still to be closed.
      working.catch(() => undefined);
      client.socket.destroy();
      await check(next, topicId, known);
      isDone = ended === 'done';
    }
    // Fewer would mean that the disk did not stop in the midst of the work.
    expect(steps).toBeGreaterThan(15);
  },
);
