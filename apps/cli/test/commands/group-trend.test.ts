import type { GroupDescription } from '@q/client';
import { describe, expect, it } from 'vitest';
import { delayIn } from '../../src/commands/group-delay.ts';
import { GroupTrend } from '../../src/commands/group-trend.ts';

function group(committed: number, end: number): GroupDescription {
  const partition = {
    topic: 'orders',
    topicId: 't',
    partition: 0,
    memberId: null,
    committedOffset: committed,
    metadata: null,
    logStartOffset: 0,
    highWatermark: end,
    lag: end - committed,
    lagExact: true,
    sinceProgressMs: 0,
  };
  return {
    groupId: 'g',
    state: 'stable',
    assignor: 'uniform',
    groupEpoch: 1,
    targetEpoch: 1,
    members: [],
    partitions: [partition],
    lag: end - committed,
    lagExact: true,
  };
}

describe('the trend of a group', () => {
  it('O2 G3 tells rates over the last seconds, and lags as they were', () => {
    const trend = new GroupTrend();
    expect(trend.add(group(0, 100), { nowMs: 0, wallMs: 0 })).toMatchObject({
      lags: [100],
      handledPerSecond: null,
      arrivingPerSecond: null,
    });
    expect(trend.add(group(50, 110), { nowMs: 1_000, wallMs: 0 })).toMatchObject({
      lags: [100, 60],
      handledPerSecond: 50,
      arrivingPerSecond: 10,
    });
    for (let second = 2; second <= 20; second += 1) trend.add(group(50, 110), { nowMs: second * 1_000, wallMs: 0 });
    // What was seconds ago does not count any more.
    expect(trend.add(group(60, 110), { nowMs: 21_000, wallMs: 0 }).handledPerSecond).toBeCloseTo(2, 1);
  });

  it('O2 takes a seek back for no progress, and a new partition for no jump', () => {
    const trend = new GroupTrend();
    trend.add({ ...group(0, 0), partitions: [] }, { nowMs: 0, wallMs: 0 });
    expect(trend.add(group(50, 1_000), { nowMs: 1_000, wallMs: 0 })).toMatchObject({
      handledPerSecond: 0,
      arrivingPerSecond: 0,
    });
    expect(trend.add(group(10, 1_000), { nowMs: 2_000, wallMs: 0 }).handledPerSecond).toBe(0);
  });
});

describe('for how long a group is behind', () => {
  const lag = (
    topic: string,
    lagMs: number,
  ): { groupId: string; topic: string; lagRecords: number; lagMs: number } => ({
    groupId: 'g',
    topic,
    lagRecords: 1,
    lagMs,
  });
  const delay = (lags: ReturnType<typeof lag>[]): object => delayIn({ groupLags: lags }, { group: 'g', nowMs: 10_000 });

  it('M2 G3 counts that of the topic that is behind the longest', () => {
    expect(delay([lag('a', 500), lag('b', 4_000)])).toEqual({ lagMs: 4_000, behindSinceMs: 6_000 });
    expect(delay([lag('a', 0), lag('b', 0)])).toEqual({ lagMs: 0, behindSinceMs: null });
  });

  it('M2 G3 says that it does not know, where it does not', () => {
    const unknown = { lagMs: null, behindSinceMs: null };
    expect(delay([])).toEqual(unknown);
    expect(delay([lag('a', -1)])).toEqual(unknown);
    expect(delay([{ ...lag('a', 5), groupId: 'other' }])).toEqual(unknown);
    expect(delay([lag('a', 5), lag('b', -1)])).toEqual({ lagMs: 5, behindSinceMs: 9_995 });
  });
});
