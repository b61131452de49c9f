import { describe, expect, it } from 'vitest';
import type { ConditionName, Finding } from '../../../src/services/health/condition.ts';
import { conditionNames } from '../../../src/services/health/condition.ts';
import type { GroupBehind, HealthFacts, HoldingTransaction } from '../../../src/services/health/facts.ts';
import { findAll } from '../../../src/services/health/rules.ts';
import { defaultThresholds, resolveThresholds } from '../../../src/services/health/thresholds.ts';
import { wellFacts } from './health-scene.ts';

function find(facts: Partial<HealthFacts>, raised: readonly ConditionName[] = []): Finding[] {
  return findAll({
    facts: { ...wellFacts, ...facts },
    thresholds: defaultThresholds,
    isRaised: (name) => raised.includes(name),
  });
}

const { room, memory, descriptors } = wellFacts;
const group: GroupBehind = {
  groupId: 'billing',
  topic: 'orders',
  members: 2,
  lag: 5_000,
  behindSinceMs: 1,
  progressedMs: 1,
  stalledForMs: 0,
  emptyForMs: 0,
  isGrowing: false,
  lagBefore: 4_000,
};

const hanging: HoldingTransaction = {
  transactionalId: 'billing-1',
  state: 'ongoing',
  producerId: 4711,
  producerEpoch: 2,
  timeoutMs: 900_000,
  forMs: 130_000,
  sinceMs: 1_700_000_000_000,
  partitions: 3,
  topics: ['orders'],
  groups: ['shipping'],
};

describe('rules of health', () => {
  it('O4 Q2 finds nothing wrong with a broker that is well', () => {
    expect(find({})).toEqual([]);
  });

  it.each<[string, Partial<HealthFacts>, ConditionName, string]>([
    ['a cap', { room: { ...room!, usedBytes: 10, bytesMax: 10 } }, 'disk.full', 'storageMaxBytes'],
    ['a reserve', { room: { ...room!, isDiskShort: true } }, 'disk.full', 'kept in reserve'],
    ['a start on a full disk', { room: { ...room!, refusal: 'no room to start' } }, 'disk.full', 'no room to start'],
    ['writes without room', { room: { ...room!, refused: 3 } }, 'disk.full', '3 writes'],
    [
      'writes that do not fit under a cap',
      { room: { ...room!, refused: 1, usedBytes: 9, bytesMax: 10 } },
      'disk.full',
      '1 write found no room; the logs hold 9 bytes of 10 (storageMaxBytes)',
    ],
    ['little room', { disk: { freeBytes: 14, totalBytes: 100 } }, 'disk.low', '14.0 %'],
    ['slow syncs', { syncs: { count: 50, p99Ms: 250, maxMs: 900 } }, 'disk.slow', '250 ms'],
    ['a disk that hangs', { stuckMs: 12_000 }, 'disk.stuck', '12 s'],
    ['a loop that stood still', { loopBlockedMs: 800 }, 'loop.blocked', '800 ms'],
    ['bytes on their way in', { memory: { ...memory, heldBytes: 101 } }, 'memory.over', '101 bytes'],
    ['its own memory', { memory: { ...memory, residentBytesMax: 77 } }, 'memory.over', 'the 77'],
    ['connections', { connections: { open: 85, max: 100 } }, 'connections.many', '85 of 100'],
    ['no descriptor', { descriptors: { ...descriptors, isNoneLeft: true } }, 'descriptors.short', 'no descriptor left'],
    ['few descriptors', { descriptors: { ...descriptors, open: 900 } }, 'descriptors.short', '900'],
    ['a lower limit', { descriptors: { ...descriptors, isReduced: true } }, 'descriptors.short', 'takes less'],
    ['files', { room: { ...room!, refusedFiles: 2 } }, 'descriptors.short', 'too many are open'],
    [
      'damage',
      { partitions: [{ kind: 'quarantined', topic: 't', partition: 3, reason: 'why' }] },
      'log.quarantined',
      'why',
    ],
    [
      'a closed one',
      { partitions: [{ kind: 'closed', topic: 't', partition: 3, reason: 'why' }] },
      'partition.closed',
      'why',
    ],
    [
      'a user beyond its quota',
      { throttled: [{ user: 'alice', clientId: 'app', kind: 'producerByteRate', forMs: 301_000 }] },
      'client.throttled',
      'user alice (client id "app") has been slowed down for 301 s by producerByteRate',
    ],
    [
      'a transaction that hangs',
      { holding: [hanging] },
      'transaction.holding',
      'transaction billing-1 (producer 4711) has been open since 2023-11-14T22:13:20.000Z, and holds back 3 partitions of orders, and offsets of group shipping',
    ],
    [
      'a transaction whose end does not come everywhere',
      { holding: [{ ...hanging, state: 'prepareCommit', groups: [] }] },
      'transaction.holding',
      'transaction billing-1 (producer 4711) began at 2023-11-14T22:13:20.000Z, and its commit has not reached all of 3 partitions of orders',
    ],
    ['logins that are refused', { refusedLogins: 61 }, 'logins.refused', '61 logins were refused within a minute'],
    ['a stalled group', { groups: [{ ...group, stalledForMs: 130_000 }] }, 'group.stalled', '130 s'],
    ['an empty group', { groups: [{ ...group, members: 0, emptyForMs: 400_000 }] }, 'group.empty', '400 s'],
    ['a growing lag', { groups: [{ ...group, isGrowing: true }] }, 'lag.growing', 'was 4000'],
  ])('O4 Q2 finds %s', (_name, facts, condition, words) => {
    const found = find(facts);
    expect(found.map(({ name }) => name)).toEqual([condition]);
    expect(found[0]!.reason).toContain(words);
    expect(conditionNames).toContain(condition);
  });

  it.each<[ConditionName, Partial<HealthFacts>, Partial<HealthFacts>]>([
    ['disk.low', { disk: { freeBytes: 16, totalBytes: 100 } }, { disk: { freeBytes: 18, totalBytes: 100 } }],
    ['disk.slow', { syncs: { count: 50, p99Ms: 80, maxMs: 80 } }, { syncs: { count: 50, p99Ms: 70, maxMs: 70 } }],
    ['connections.many', { connections: { open: 80, max: 100 } }, { connections: { open: 70, max: 100 } }],
    [
      'descriptors.short',
      { descriptors: { ...descriptors, open: 870 } },
      { descriptors: { ...descriptors, open: 800 } },
    ],
  ])('O4 %s ends by a margin, so that it does not flap', (name, between, below) => {
    expect(find(between)).toEqual([]);
    expect(find(between, [name]).map((found) => found.name)).toEqual([name]);
    expect(find(below, [name])).toEqual([]);
  });

  it('O4 X3 tells of a group that stalls which transaction holds its consumers back', () => {
    const stalls = { ...group, stalledForMs: 200_000 };
    const reasonOf = (topics: readonly string[]): string | undefined =>
      find({ groups: [stalls], holding: [{ ...hanging, topics }] }).find(({ name }) => name === 'group.stalled')
        ?.reason;
    expect(reasonOf(['orders'])).toContain('; transaction billing-1 holds back what is committed there');
    const [told] = find({ groups: [stalls], holding: [hanging] }).filter(({ name }) => name === 'group.stalled');
    expect(told!.action).toMatch(/^Look at that transaction \(q transaction describe billing-1\)/);
    expect(reasonOf(['other'])).not.toContain('billing-1');
    expect(find({ holding: [{ ...hanging, forMs: 119_000 }] })).toEqual([]);
  });

  it('O4 tells a group once: who hangs or is not there is not told to grow as well', () => {
    const grows = { ...group, isGrowing: true, stalledForMs: 200_000 };
    expect(find({ groups: [grows] }).map(({ name }) => name)).toEqual(['group.stalled']);
    expect(find({ groups: [{ ...group, isGrowing: true, lag: 999 }] })).toEqual([]);
  });

  it('O4 puts no more groups into words than can be told', () => {
    const groups = Array.from({ length: 1_000 }, (_, index) => ({
      ...group,
      groupId: `${index}`,
      stalledForMs: 200_000,
    }));
    expect(find({ groups }).length).toBeLessThan(300);
    expect(find({ groups }).length).toBeGreaterThan(200);
  });

  it('Q3 names a threshold that makes no sense, its value and what is allowed', () => {
    expect(resolveThresholds({ diskLowPercent: 5 })).toMatchObject({ diskLowPercent: 5, syncSlowMs: 100 });
    expect(() => resolveThresholds({ diskLowPercent: 101 })).toThrow(
      'alerts.diskLowPercent = 101: must be a whole number from 1 to 100',
    );
    expect(() => resolveThresholds({ lagWindowMs: 0.5 })).toThrow('alerts.lagWindowMs = 0.5');
    expect(() => resolveThresholds({ slow: 1 } as object)).toThrow('alerts.slow = 1: there is no such threshold');
  });
});
