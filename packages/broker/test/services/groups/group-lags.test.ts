import { CommittedOffsets } from '@q/coordinator';
import { encodeBatch } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { statisticsLimits } from '../../../src/limits.ts';
import { GroupLags } from '../../../src/services/groups/group-lags.ts';
import { LiveGroup } from '../../../src/services/groups/live-group.ts';
import { FakeLog } from '../../fakes/fake-log.ts';
import { emptyRegistry, partitionWith, topicOf } from '../../fakes/topics.ts';

const startMs = 1_700_000_000_000;

/** One group that has committed `committed` of each partition, in a topic whose records are a second apart. */
function setUp(committed: readonly number[]) {
  const clock = new ManualClock({ startMs: startMs + 60_000 });
  const topic = topicOf({ name: 'orders' });
  const logs = committed.map(() => new FakeLog());
  for (const log of logs) {
    partitionWith(log, topic);
    for (let second = 0; second < 10; second += 1)
      log.append(encodeBatch([{ value: 'x' }], { timestampMs: startMs + second * 1000 }), { leaderEpoch: 0 });
  }
  const registry = emptyRegistry();
  registry.addInternal(topic);
  const offsets = new CommittedOffsets();
  const commit = (partition: number, offset: number): void => {
    const record = offsets.next(topic.id, partition, { offset, leaderEpoch: 0, metadata: null, committedAtMs: 0 });
    offsets.put(topic.id, partition, record, 0);
  };
  for (const [partition, offset] of committed.entries()) if (offset >= 0) commit(partition, offset);
  const nothing = { write: () => Promise.resolve() } as never;
  const live = new LiveGroup({
    groupId: 'g',
    group: null,
    classic: null,
    offsets,
    applied: new Map(),
    log: nothing,
    written: () => {},
  });
  const directory = { groups: () => [live].values() } as never;
  const lags = new GroupLags({ directory, registry, clock, limits: { turnMsMax: 4 } });
  const later = async () => {
    await clock.advance(statisticsLimits.lagAgeMsMax);
    return await lags.list();
  };
  return { clock, logs, commit, lags, later };
}

describe('GroupLags', () => {
  it('M1 tells records of all partitions, and the age of the oldest that is not committed', async () => {
    const { lags } = setUp([4, -1, 9, 10]);
    // 6, all 10 of a partition without an offset, 1, none.
    expect(await lags.list()).toEqual([
      { groupId: 'g', topic: 'orders', lagRecords: 17, lagExact: true, lagMs: 60_000 },
    ]);
  });

  it('M1 a group that has caught up has no age, and gets one with the next record', async () => {
    const { clock, logs, lags, later } = setUp([10]);
    expect(await lags.list()).toMatchObject([{ lagRecords: 0, lagMs: 0 }]);
    logs[0]!.append(encodeBatch([{ value: 'x' }], { timestampMs: clock.now() }), { leaderEpoch: 0 });
    expect(await later()).toMatchObject([{ lagRecords: 1, lagMs: statisticsLimits.lagAgeMsMax }]);
  });

  it('M1 looks at each place once, however often it is asked', async () => {
    const { logs, commit, lags, later } = setUp([4]);
    await Promise.all([lags.list(), lags.list()]);
    await lags.list();
    expect(logs[0]!.reads).toBe(1);
    expect(await later()).toMatchObject([{ lagMs: 61_000 }]);
    expect(logs[0]!.reads).toBe(1);
    commit(0, 6);
    expect(await later()).toMatchObject([{ lagMs: 64_000 }]);
    expect(logs[0]!.reads).toBe(2);
  });

  it('M1 reads so many batches from files for one look and no more, until it knows all', async () => {
    const { lagFilesMax } = statisticsLimits;
    const { logs, lags, later } = setUp(Array.from({ length: 2 * lagFilesMax }, () => 4));
    for (const log of logs) log.readsLate = true;
    const reads = (): number => logs.reduce((sum, log) => sum + log.reads, 0);
    expect(await lags.list()).toMatchObject([{ lagRecords: 12 * lagFilesMax, lagMs: 56_000 }]);
    expect(reads()).toBe(lagFilesMax);
    await later();
    expect(reads()).toBe(2 * lagFilesMax);
    await later();
    expect(reads()).toBe(2 * lagFilesMax);
    expect(logs.reduce((sum, log) => sum + log.released, 0)).toBe(2 * lagFilesMax);
  });

  it('M1 what cannot be read has no age, and does no harm', async () => {
    const { logs, lags } = setUp([4]);
    logs[0]!.state = 'closed';
    expect(await lags.list()).toMatchObject([{ lagRecords: 6, lagMs: -1 }]);
  });

  it('M1 a place within a batch has the time of the last record of the batch', async () => {
    const { logs, commit, lags } = setUp([10]);
    const records = [
      { value: 'a', timestampMs: startMs },
      { value: 'b', timestampMs: startMs + 30_000 },
    ];
    logs[0]!.append(encodeBatch(records), { leaderEpoch: 0 });
    commit(0, 11);
    expect(await lags.list()).toMatchObject([{ lagRecords: 1, lagMs: 30_000 }]);
  });

  it('M1 a record of the future is no older than now', async () => {
    const { clock, logs, lags } = setUp([10]);
    logs[0]!.append(encodeBatch([{ value: 'x' }], { timestampMs: clock.now() + 5000 }), { leaderEpoch: 0 });
    expect(await lags.list()).toMatchObject([{ lagRecords: 1, lagMs: 0 }]);
  });
});
