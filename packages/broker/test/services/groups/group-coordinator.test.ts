import type { GroupRecord, HeartbeatCommand } from '@q/coordinator';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { GroupCoordinator } from '../../../src/services/groups/group-coordinator.ts';
import { GroupDirectory } from '../../../src/services/groups/group-directory.ts';
import type { WriteEnded } from '../../../src/state-log/state-log.ts';
import { HeldHeartbeats } from '../../../src/services/groups/held-heartbeats.ts';
import type { HoldEnd } from '../../../src/services/groups/held-heartbeats.ts';
import type { LiveGroup } from '../../../src/services/groups/live-group.ts';
import { defaultLimits } from '../../../src/limits.ts';
import { silentLogger } from '../../../src/logger.ts';
import { FakeLog } from '../../fakes/fake-log.ts';
import { FakeSignal } from '../../fakes/fake-caller.ts';
import { emptyRegistry, partitionWith, topicOf } from '../../fakes/topics.ts';

/** Counts the writes, and fails them while the disk is full. */
class CountingLog {
  writes = 0;
  isFull = false;

  write(_groupId: string, _records: readonly GroupRecord[], ended: WriteEnded): Promise<void> {
    this.writes += 1;
    const durable = this.#end(() => ended(durable, this.isFull ? 'failed' : 'durable'));
    durable.catch(() => undefined);
    return durable;
  }

  async #end(tell: () => void): Promise<void> {
    await Promise.resolve();
    tell();
    if (this.isFull) throw new Error('the disk is full');
  }
}

function setUp() {
  const clock = new ManualClock();
  const log = new CountingLog();
  const registry = emptyRegistry();
  const held = new HeldHeartbeats(clock);
  const directory = new GroupDirectory({ log, limits: { groupsMax: 10 } });
  const out: object[] = [];
  const logger = { ...silentLogger, warn: (line: object) => void out.push(line) };
  const coordinator = new GroupCoordinator({ directory, held, registry, clock, limits: defaultLimits, logger });
  const topic = topicOf({ name: 'orders' });
  for (let count = 0; count < 4; count += 1) partitionWith(new FakeLog(), topic);
  const addTopic = (): void => {
    registry.addInternal(topic);
    coordinator.topicGrew(topic);
  };
  return { clock, log, held, directory, coordinator, out, topic, addTopic };
}

function heartbeat(memberId: string, change: Partial<HeartbeatCommand> = {}): HeartbeatCommand {
  return {
    kind: 'heartbeat',
    memberId,
    memberEpoch: 0,
    instanceId: null,
    clientId: 'test',
    host: '10.0.0.1',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: -1,
    assignor: null,
    topics: ['orders'],
    owned: new Map(),
    stalledMs: 0,
    ...change,
  };
}

const membersOf = (live: LiveGroup): string[] => [...(live.group?.members.keys() ?? [])];

describe('GroupCoordinator', () => {
  it('G1 puts out whoever is silent, says so, and has no timer but the sweep afterwards', async () => {
    const { clock, directory, coordinator, out } = setUp();
    const live = directory.obtain('g');
    coordinator.step(live, heartbeat('a'));
    await clock.advance(6000);
    coordinator.step(live, heartbeat('a', { memberEpoch: 1, topics: null, owned: null }));
    await clock.advance(9999);
    expect(membersOf(live)).toEqual(['a']);
    await clock.advance(1);
    expect(membersOf(live)).toEqual([]);
    expect(out).toEqual([
      { event: 'group.member_evicted', groupId: 'g', memberId: 'a', reason: 'session', members: 0 },
    ]);
    expect(clock.pending).toBe(1);
  });

  it('G1 asks a full disk about once a second, and gets on when there is room', async () => {
    const { clock, log, directory, coordinator } = setUp();
    const live = directory.obtain('g');
    coordinator.step(live, heartbeat('a'));
    await live.settled();
    log.isFull = true;
    log.writes = 0;
    await clock.advance(15_000);
    expect(membersOf(live)).toEqual(['a']);
    expect(log.writes).toBeGreaterThanOrEqual(4);
    expect(log.writes).toBeLessThanOrEqual(6);
    log.isFull = false;
    await clock.advance(1000);
    expect(membersOf(live)).toEqual([]);
  });

  it('G1 catches up after a failed write within a second, whatever deadline a heartbeat notes meanwhile', async () => {
    const { clock, log, directory, coordinator, topic } = setUp();
    const live = directory.obtain('g');
    const committed = { offset: 7, leaderEpoch: 0, metadata: null, committedAtMs: 0 };
    coordinator.step(live, heartbeat('a'));
    live.putOffset({ topicId: topic.id, partition: 0 }, committed, 0);
    await live.settled();
    log.isFull = true;
    coordinator.topicDeleted(topic);
    await expect(live.settled()).rejects.toThrow('the disk is full');
    expect(live.offsets.size).toBe(1);
    log.isFull = false;
    await clock.advance(500);
    // Its records note the deadline of a session, ten seconds away.
    coordinator.step(live, heartbeat('b'));
    await clock.advance(499);
    expect(live.offsets.size).toBe(1);
    await clock.advance(1);
    expect(live.offsets.size).toBe(0);
  });

  it('G1 holds a session that ends sooner than the retry after a failed write', async () => {
    const { clock, log, directory, coordinator, addTopic, out } = setUp();
    const live = directory.obtain('g');
    coordinator.step(live, heartbeat('a'));
    await live.settled();
    await clock.advance(9700);
    log.isFull = true;
    addTopic();
    await expect(live.settled()).rejects.toThrow('the disk is full');
    log.isFull = false;
    await clock.advance(300);
    expect(out).toEqual([
      { event: 'group.member_evicted', groupId: 'g', memberId: 'a', reason: 'session', members: 0 },
    ]);
    await clock.advance(700);
    expect(membersOf(live)).toEqual([]);
    expect(clock.pending).toBe(1);
  });

  it('G2 wakes the members that want a new topic, and steps no other group', async () => {
    const { clock, log, held, directory, coordinator, addTopic } = setUp();
    const [wanting, other] = [directory.obtain('wanting'), directory.obtain('other')];
    coordinator.step(wanting, heartbeat('a'));
    coordinator.step(other, heartbeat('a', { topics: ['elsewhere'] }));
    await Promise.all([wanting.settled(), other.settled()]);
    const ends: [string, HoldEnd][] = [];
    for (const groupId of ['wanting', 'other']) {
      void held
        .hold({ groupId, memberId: 'a' }, { signal: new FakeSignal(), waitMs: 5000 })
        .then((why) => void ends.push([groupId, why]));
    }
    log.writes = 0;
    addTopic();
    await clock.runDeferred();
    expect(ends).toEqual([['wanting', 'news']]);
    expect(log.writes).toBe(1);
    const { result } = coordinator.step(wanting, { kind: 'look', memberId: 'a' });
    expect(result).toMatchObject({ kind: 'reply', assignment: new Map([[topicOf().id, [0, 1, 2, 3]]]) });
  });

  it('G1 lets nobody in, and keeps no group, when the first write fails', async () => {
    const { clock, log, directory, coordinator } = setUp();
    log.isFull = true;
    const live = directory.obtain('g');
    coordinator.step(live, heartbeat('a'));
    await expect(live.settled()).rejects.toThrow('the disk is full');
    expect(directory.size).toBe(0);
    await clock.advance(120_000);
    expect(clock.pending).toBe(0);
  });

  it('B6 runs no timer once it was stopped', async () => {
    const { clock, directory, coordinator } = setUp();
    const live = directory.obtain('g');
    coordinator.step(live, heartbeat('a'));
    coordinator.stop();
    expect(clock.pending).toBe(0);
    coordinator.step(live, heartbeat('b'));
    await clock.advance(120_000);
    expect(membersOf(live)).toEqual(['a', 'b']);
  });
});
