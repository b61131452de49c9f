import { coordinatorLimits, GroupImage } from '@q/coordinator';
import type { ClassicGroup } from '@q/coordinator';
import { StorageError } from '@q/storage';
import type { Append, AppendOptions } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { ClassicCoordinator } from '../../../src/services/groups/classic-coordinator.ts';
import { ClassicGroups } from '../../../src/services/groups/classic-groups.ts';
import type { ClassicJoin } from '../../../src/services/groups/classic-groups.ts';
import { GroupCoordinator } from '../../../src/services/groups/group-coordinator.ts';
import { GroupDirectory } from '../../../src/services/groups/group-directory.ts';
import { groupRecords } from '../../../src/services/groups/group-records.ts';
import { replayGroups } from '../../../src/services/groups/groups-replay.ts';
import { HeldHeartbeats } from '../../../src/services/groups/held-heartbeats.ts';
import { MemberHeartbeats } from '../../../src/services/groups/member-heartbeats.ts';
import { StateLog } from '../../../src/state-log/state-log.ts';
import { defaultLimits } from '../../../src/limits.ts';
import { silentLogger } from '../../../src/logger.ts';
import { FakeCaller } from '../../fakes/fake-caller.ts';
import { appendOf, FakeLog } from '../../fakes/fake-log.ts';
import { emptyRegistry } from '../../fakes/topics.ts';

/** Stores nothing before the test says so, and fails where it says so. */
class SlowLog extends FakeLog {
  #waiting: { batch: Buffer; options: AppendOptions; durable: PromiseWithResolvers<void> }[] = [];
  isSlow = false;

  override append(batch: Buffer, options: AppendOptions): Append {
    if (!this.isSlow) return super.append(batch, options);
    const durable = Promise.withResolvers<void>();
    this.#waiting.push({ batch, options, durable });
    return appendOf({ baseOffset: this.logEndOffset, lastOffset: this.logEndOffset, durable: durable.promise });
  }

  end(isFull = false): void {
    for (const { batch, options, durable } of this.#waiting.splice(0)) {
      if (isFull) durable.reject(new StorageError('STORAGE_FULL', 'the disk is full'));
      else {
        super.append(batch, options);
        durable.resolve();
      }
    }
  }
}

function setUp({ initialDelayMs = 0 } = {}) {
  const clock = new ManualClock();
  const log = new SlowLog();
  const limits = { ...defaultLimits, groupInitialDelayMs: initialDelayMs, groupDeadlinePauseMs: 1 };
  const stateLog = new StateLog({
    records: groupRecords,
    log,
    create: () => Promise.resolve(log),
    clock,
    logger: silentLogger,
  });
  const directory = new GroupDirectory({ log: stateLog, limits: { groupsMax: 10 } });
  const shared = { directory, clock, limits, logger: silentLogger, registry: emptyRegistry() };
  const held = new HeldHeartbeats(clock);
  const native = new GroupCoordinator({ ...shared, held });
  const coordinator = new ClassicCoordinator(shared);
  let ids = 0;
  const random = {
    next: () => 0,
    bytes: (count: number) => {
      const bytes = Buffer.alloc(count);
      bytes.writeUInt32BE((ids += 1));
      return bytes;
    },
  };
  const classic = new ClassicGroups({ directory, coordinator, random, grown: () => native.keepSweeping() });
  const heartbeats = new MemberHeartbeats({ ...shared, coordinator: native, held });
  return { clock, log, stateLog, directory, coordinator, classic, native, heartbeats };
}

type World = ReturnType<typeof setUp>;

/** A client that remembers its id and its generation. */
class Member {
  memberId = '';
  readonly instanceId = null;
  generation = -1;
  readonly caller = new FakeCaller();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async join(changes: Partial<ClassicJoin> = {}): Promise<string> {
    const outcome = await this.#world.classic.join(
      {
        groupId: 'g',
        memberId: this.memberId,
        instanceId: null,
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 30_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.from('all') }],
        needsId: false,
        knowsSkipping: true,
        ...changes,
      },
      this.caller,
    );
    if (outcome.kind === 'refused') {
      this.memberId = outcome.memberId ?? this.memberId;
      return outcome.fault;
    }
    this.memberId = outcome.memberId;
    this.generation = outcome.generation;
    return `generation ${outcome.generation}`;
  }

  async sync(...gets: readonly Member[]): Promise<string> {
    const { memberId, generation } = this;
    const outcome = await this.#world.classic.sync(
      {
        groupId: 'g',
        memberId,
        instanceId: null,
        generation,
        protocolType: null,
        protocolName: null,
        assignments: gets.map((member, index) => ({ memberId: member.memberId, assignment: Buffer.from(`${index}`) })),
      },
      this.caller,
    );
    return outcome.kind === 'refused' ? outcome.fault : `part ${outcome.assignment.toString()}`;
  }

  heartbeat(): Promise<string | null> {
    const { memberId, generation } = this;
    return this.#world.classic.heartbeat('g', { memberId, instanceId: null, generation });
  }
}

/** Two members, stable in generation 1. */
async function stablePair(world: World): Promise<[Member, Member]> {
  const pair: [Member, Member] = [new Member(world), new Member(world)];
  const joins = pair.map((member) => member.join());
  await world.clock.advance(2_500);
  await Promise.all(joins);
  const syncs = [pair[1].sync(), pair[0].sync(...pair)];
  await world.clock.runDeferred();
  await Promise.all(syncs);
  return pair;
}

/** Whether it is settled by now, without waiting for more than what is at hand. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => void (settled = true);
  void promise.then(note, note);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

async function stored(world: World): Promise<unknown> {
  const image = new GroupImage();
  await replayGroups(world.log, image);
  const [group] = [...image.groups({ nowMs: 0, wallMs: 0 })];
  return group?.classic ?? null;
}

const place = { topicId: '00000000-0000-4000-8000-0000000000aa', partition: 0 };
const commit = { offset: 7, leaderEpoch: 0, metadata: null, committedAtMs: 0 };

describe('classic groups of a broker', () => {
  it('B1 tell a generation, and an assignment, when they are durable', async () => {
    const world = setUp();
    const member = new Member(world);
    world.log.isSlow = true;
    const joined = member.join();
    expect(await isSettled(joined)).toBe(false);
    world.log.end();
    expect(await joined).toBe('generation 1');
    expect(await stored(world)).toMatchObject({ generation: 1, state: 'CompletingRebalance' });
    const synced = member.sync(member);
    expect(await isSettled(synced)).toBe(false);
    world.log.end();
    expect(await synced).toBe('part 0');
    expect(await stored(world)).toMatchObject({ generation: 1, state: 'Stable', protocolName: 'range' });
  });

  it('B1 take back what could not be stored, and tell whoever waited to ask again', async () => {
    const world = setUp({ initialDelayMs: 1_000 });
    const [first, second] = [new Member(world), new Member(world)];
    const joins = [first.join({ needsId: true }), second.join({ needsId: true })];
    expect(await Promise.all(joins)).toEqual(['MEMBER_ID_REQUIRED', 'MEMBER_ID_REQUIRED']);
    world.log.isSlow = true;
    const again = [first.join(), second.join()];
    await world.clock.advance(3_000);
    await isSettled(again[0]!);
    world.log.end(true);
    expect(await Promise.all(again)).toEqual(['COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_NOT_AVAILABLE']);
    world.log.isSlow = false;
    const third = [first.join(), second.join()];
    await world.clock.advance(3_000);
    expect(await Promise.all(third)).toEqual(['generation 1', 'generation 1']);
    world.log.isSlow = true;
    const syncs = [second.sync(), first.sync(first, second)];
    await isSettled(syncs[0]!);
    world.log.end(true);
    expect(await Promise.all(syncs)).toEqual(['COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_NOT_AVAILABLE']);
    world.log.isSlow = false;
    expect(await Promise.all([second.sync(), first.sync(first, second)])).toEqual(['part 1', 'part 0']);
  });

  it('B1 go on after a restart, with their ids and their generation', async () => {
    const before = setUp({ initialDelayMs: 1_000 });
    const [first, second] = await stablePair(before);
    const after = setUp();
    const image = new GroupImage();
    await replayGroups(before.log, image);
    for (const group of image.groups({ nowMs: after.clock.monotonic(), wallMs: 0 })) after.directory.add(group);
    after.coordinator.start();
    const claim = (member: Member): Promise<string | null> =>
      after.classic.heartbeat('g', { memberId: member.memberId, instanceId: null, generation: 1 });
    await after.clock.advance(9_000);
    expect(await claim(first)).toBe(null);
    await after.clock.advance(2_000);
    expect(await claim(first), 'the other one did not come back').toBe('REBALANCE_IN_PROGRESS');
    expect(await claim(second)).toBe('UNKNOWN_MEMBER_ID');
  });

  it('B1 let go of whoever hangs up, and of everybody when the broker stops', async () => {
    const world = setUp({ initialDelayMs: 1_000 });
    const [first, second] = await stablePair(world);
    const third = new Member(world);
    const [joins, again] = [third.join(), first.join()];
    expect(third.caller.signal.listeners).toBe(1);
    third.caller.signal.abort();
    await joins;
    expect(world.directory.find('g')!.memberCount).toBe(2);
    world.classic.release();
    expect(await again).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(await second.join()).toBe('COORDINATOR_NOT_AVAILABLE');
    for (const { caller } of [first, second, third]) expect(caller.budget.parked).toBe(0);
    expect(first.caller.signal.listeners + second.caller.signal.listeners).toBe(0);
  });

  it('B1 let nobody wait who waits for too much already', async () => {
    const world = setUp();
    const member = new Member(world);
    member.caller.budget.parkingIsFull = true;
    expect(await member.join()).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(world.directory.size).toBe(0);
  });

  it('B1 answer the older of two requests of a member, and the newer when its time comes', async () => {
    const world = setUp({ initialDelayMs: 1_000 });
    const [first, second] = await stablePair(world);
    const [older, newer] = [first.join(), first.join()];
    expect(await older).toBe('REBALANCE_IN_PROGRESS');
    expect(await isSettled(newer)).toBe(false);
    expect(await second.join()).toBe('generation 2');
    expect(await newer).toBe('generation 2');
  });

  it('B1 write nothing for a heartbeat, and put out who sends none', async () => {
    const world = setUp({ initialDelayMs: 1_000 });
    const [first, second] = await stablePair(world);
    const batches = world.log.batches.length;
    for (let seconds = 1; seconds <= 30; seconds += 1) {
      await world.clock.advance(1_000);
      expect(await first.heartbeat()).toBe(seconds < 10 ? null : 'REBALANCE_IN_PROGRESS');
    }
    expect(await second.heartbeat()).toBe('UNKNOWN_MEMBER_ID');
    expect(world.log.batches.length).toBe(batches);
  });

  it('B1 are described: what members say while they agree, and what they were given last in any state', async () => {
    const world = setUp({ initialDelayMs: 1_000 });
    const [first] = await stablePair(world);
    const who = { instanceId: null, clientId: 'test', host: '10.0.0.1' };
    const told = async (): Promise<unknown> => (await world.classic.describe('g'))!.members[0];
    const assignment = Buffer.from('0');
    const { memberId } = first;
    expect(await told()).toEqual({ ...who, memberId, metadata: Buffer.from('all'), assignment });
    void first.join();
    expect(await world.classic.describe('g')).toMatchObject({ state: 'PreparingRebalance', protocolName: '' });
    expect(await told()).toEqual({ ...who, memberId, metadata: Buffer.alloc(0), assignment });
  });

  it('B1 leave nothing behind in memory when nobody came, or all are gone for long', async () => {
    const world = setUp({ initialDelayMs: 1_000 });
    await new Member(world).join({ needsId: true });
    expect(world.directory.size).toBe(1);
    await world.clock.advance(11_000);
    expect(world.directory.size).toBe(0);
    const [first, second] = await stablePair(world);
    const names = [first, second].map(({ memberId }) => ({ memberId, instanceId: null }));
    expect(await world.classic.leave('g', names)).toEqual([null, null]);
    expect(world.classic.list()).toEqual([{ groupId: 'g', state: 'Empty', protocolType: 'consumer' }]);
    await world.clock.advance(coordinatorLimits.classicGroupExpiryMs - 1_000);
    expect(world.directory.size).toBe(1);
    await world.clock.advance(1_000 + defaultLimits.groupSweepIntervalMs);
    expect([world.directory.size, await stored(world)]).toEqual([0, null]);
    world.native.stop();
    world.coordinator.stop();
  });

  it('B1 are kept for long when they have offsets, and when somebody is on the way', async () => {
    const world = setUp();
    const [member, late] = [new Member(world), new Member(world)];
    await member.join();
    world.directory.find('g')!.putOffset(place, commit, 0);
    await world.classic.leave('g', [member]);
    await world.clock.advance(2 * coordinatorLimits.classicGroupExpiryMs);
    expect(world.directory.size).toBe(1);
    const sessionTimeoutMs = coordinatorLimits.sessionTimeoutMsMax;
    await late.join({ groupId: 'h', needsId: true, sessionTimeoutMs });
    await world.clock.advance(2 * coordinatorLimits.classicGroupExpiryMs);
    expect(await late.join({ groupId: 'h', sessionTimeoutMs })).toBe('generation 1');
    await world.clock.advance(defaultLimits.groupExpiryMs + defaultLimits.groupSweepIntervalMs);
    expect(world.directory.size).toBe(0);
    world.native.stop();
    world.coordinator.stop();
  });

  it('B1 hold no more of what members say than there is room for', async () => {
    const world = setUp();
    const metadata = Buffer.alloc(defaultLimits.classicGroupsBytesMax / 8 - 1_100);
    const protocols = [{ name: 'range', metadata }];
    for (let count = 0; count < 8; count += 1)
      expect(await new Member(world).join({ groupId: `g${count}`, protocols })).toBe('generation 1');
    expect(await new Member(world).join({ groupId: 'one more', protocols })).toBe('GROUP_MAX_SIZE_REACHED');
    await world.clock.advance(60_000);
    expect(await new Member(world).join({ groupId: 'one more', protocols })).toBe('generation 1');
  });

  it('B1 let members go on when there is room for no more', async () => {
    const world = setUp();
    const bytes = defaultLimits.classicGroupsBytesMax / 16 - 1_000;
    const protocols = [{ name: 'range', metadata: Buffer.alloc(bytes) }];
    const assignment = Buffer.alloc(bytes);
    const names = { protocolType: null, protocolName: null };
    const members = Array.from({ length: 8 }, () => new Member(world));
    for (const again of ['generation 1', 'generation 2']) {
      for (const [index, member] of members.entries()) {
        const groupId = `g${index}`;
        expect(await member.join({ groupId, protocols })).toBe(again);
        const { memberId, instanceId, generation } = member;
        const claim = { groupId, memberId, instanceId, generation, ...names };
        const synced = await world.classic.sync({ ...claim, assignments: [{ memberId, assignment }] }, member.caller);
        expect(synced.kind).toBe('synced');
      }
    }
    expect(await new Member(world).join({ groupId: 'one more', protocols })).toBe('GROUP_MAX_SIZE_REACHED');
  });

  it('B1 keep no copy of more than a group may have', async () => {
    const world = setUp({ initialDelayMs: 1_000 });
    const [member] = await stablePair(world);
    const { memberId, generation } = member;
    const assignments = Array.from({ length: 2_001 }, () => ({ memberId, assignment: Buffer.alloc(0) }));
    const claim = { groupId: 'g', memberId, instanceId: null, generation, protocolType: null, protocolName: null };
    expect(await world.classic.sync({ ...claim, assignments }, member.caller)).toMatchObject({
      fault: 'INVALID_REQUEST',
    });
    const names = assignments.map(() => ({ memberId, instanceId: null }));
    await expect(world.classic.leave('g', names)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    const protocols = Array.from({ length: 101 }, () => ({ name: 'range', metadata: Buffer.alloc(0) }));
    expect(await member.join({ protocols })).toBe('INVALID_REQUEST');
    expect(await member.heartbeat()).toBe(null);
  });
});

describe('ids that are given out', () => {
  it('B1 count too: nobody fills the memory by asking for them', async () => {
    const world = setUp();
    const outcomes = new Set<string>();
    const ask = async (): Promise<unknown> => outcomes.add(await new Member(world).join({ needsId: true }));
    const room = Math.floor(defaultLimits.classicGroupsBytesMax / 8);
    await new Member(world).join({
      groupId: 'h',
      protocols: [{ name: 'range', metadata: Buffer.alloc(room - 2_000) }],
    });
    for (let count = 0; count < 2_000; count += 1) await ask();
    expect([...outcomes]).toEqual(['MEMBER_ID_REQUIRED']);
    await ask();
    expect([...outcomes]).toEqual(['MEMBER_ID_REQUIRED', 'GROUP_MAX_SIZE_REACHED']);
    expect(world.coordinator.hasRoomFor(defaultLimits.classicGroupsBytesMax - room - 2_000 * 1_024)).toBe(true);
    expect(world.coordinator.hasRoomFor(defaultLimits.classicGroupsBytesMax - room - 1_990 * 1_024)).toBe(false);
  });
});

describe('the two kinds of groups', () => {
  const native = (world: World, memberEpoch: number): Promise<unknown> =>
    world.heartbeats.beat(
      {
        groupId: 'g',
        memberId: 'n',
        memberEpoch,
        instanceId: null,
        sessionTimeoutMs: -1,
        rebalanceTimeoutMs: -1,
        assignor: null,
        topics: ['t'],
        owned: [],
        stalledMs: 0,
        maxWaitMs: 0,
      },
      new FakeCaller(),
    );

  it('B1 do not mix while one has members, and one may become the other when it is empty', async () => {
    const world = setUp();
    const member = new Member(world);
    await member.join();
    world.directory.find('g')!.putOffset(place, commit, 0);
    await expect(native(world, 0)).rejects.toMatchObject({ code: 'GROUP_NOT_EMPTY' });
    await expect(native(world, 1)).rejects.toMatchObject({ code: 'UNKNOWN_MEMBER' });
    await world.classic.leave('g', [member]);
    await native(world, 0);
    expect(world.directory.find('g')).toMatchObject({ classic: null, memberCount: 1 });
    expect(await stored(world)).toBe(null);

    expect(await new Member(world).join()).toBe('INCONSISTENT_GROUP_PROTOCOL');
    expect(await member.heartbeat()).toBe('UNKNOWN_MEMBER_ID');
    expect(await member.sync()).toBe('UNKNOWN_MEMBER_ID');
    expect(await world.classic.leave('g', [member])).toEqual(['UNKNOWN_MEMBER_ID']);
    await native(world, -1);
    const again = new Member(world);
    expect(await again.join({ sessionTimeoutMs: 1 })).toBe('INVALID_SESSION_TIMEOUT');
    expect(world.directory.find('g')!.classic, 'a refusal changes nothing').toBe(null);
    expect(await again.join({ needsId: true })).toBe('MEMBER_ID_REQUIRED');
    expect(await stored(world)).toMatchObject({ state: 'Empty', generation: 0 });
    expect(await again.join()).toBe('generation 1');
    expect(world.directory.find('g')!.group).toBe(null);
    expect(world.directory.find('g')!.offsets.get(place.topicId, 0)).toMatchObject({ offset: 7 });
  });

  it('B1 find nobody again who had left before the group was deleted', async () => {
    const world = setUp({ initialDelayMs: 1_000 });
    const [first, second] = await stablePair(world);
    await new Member(world).join({ needsId: true });
    // While somebody is on the way nothing is stored.
    await world.classic.leave('g', [first]);
    await world.classic.leave('g', [second]);
    const live = world.directory.find('g')!;
    expect(live.classic).toMatchObject({ state: 'PreparingRebalance', members: { size: 0 } });
    world.native.remove(live);
    await live.settled();
    expect(world.coordinator.hasRoomFor(defaultLimits.classicGroupsBytesMax), 'nothing of it counts').toBe(true);
    const next = new Member(world);
    const joined = next.join();
    await world.clock.advance(5_000);
    expect(await joined).toBe('generation 1');
    const found = (await stored(world)) as ClassicGroup;
    expect([...found.members.keys()]).toEqual([next.memberId]);
  });
});
