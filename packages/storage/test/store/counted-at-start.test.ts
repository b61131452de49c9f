import { describe, expect, it } from 'vitest';
import { readBatchHeader } from '@q/protocol';
import type { PartitionLog } from '@q/storage';
import type { LocalLog } from '../../src/partition/local-log.ts';
import { retainedSegments } from '../../src/retention/log-retention.ts';
import type { DirectoryStore } from '../../src/store/directory-store.ts';
import { append, batch, contents } from '../conformance/harness.ts';
import { DiskUnderTest, tinyJournal } from '../fixtures.ts';

/*
 * Every number by which the store decides about a request, as it is before a stop and after the start. Not among them,
 * as they can only make a start take more than before: when a producer was last seen (counts anew), and message ids,
 * which have tests of their own.
 */
async function numbersOf(under: DiskUnderTest, logs: readonly PartitionLog[]): Promise<object> {
  const { context } = under.store as unknown as DirectoryStore;
  const each = await Promise.all(
    logs.map(async (log) => {
      const { dedup, epochs, segmentList } = (log as LocalLog).core;
      return {
        // Which offsets may be read, committed, deleted; what the next record gets.
        offsets: [log.logStartOffset, log.highWatermark, log.lastStableOffset, log.logEndOffset],
        // What retention by size goes by, and what is shown.
        bytes: [log.bytes, log.diskBytes, log.segments],
        // What retention by time, compaction and dropping of the oldest go by.
        segments: await retainedSegments((log as LocalLog).core),
        // When and before which batch the active segment is closed.
        active: [segmentList.active.sizeBytes, segmentList.active.indexEntries],
        // Which leaders may append.
        epochs: [log.leaderEpoch, epochs.entries],
        // Which sequences are taken, and which are answered as duplicates.
        producers: [...dedup.producers.entries()].map(({ lastSeenMs: _, ...entry }) => entry),
      };
    }),
  );
  return {
    logs: each,
    storeBytes: under.store.bytes,
    usedBytes: context.cap.usedBytes,
    reserveBytes: context.cap.reserveBytes,
    segmentBytesMax: context.cap.segmentBytesMax,
  };
}

const freeBytes = ({ store }: DiskUnderTest): number => (store as unknown as DirectoryStore).context.cap.freeBytes;

const configs = [
  { segmentBytes: 1_500, indexIntervalBytes: 200 },
  { segmentBytes: 1_500, cleanupPolicy: { delete: false, compact: true }, minCleanableDirtyRatio: 0 },
  { segmentBytes: 1_500, timestampType: 'LogAppendTime' as const },
  { segmentBytes: 1 << 20 },
];

async function openAll(under: DiskUnderTest): Promise<PartitionLog[]> {
  return await Promise.all(configs.map((config, partition) => under.open(config, partition)));
}

async function lived(o: { journalFiles: number }): Promise<{ under: DiskUnderTest; logs: PartitionLog[] }> {
  const limits = {
    ...tinyJournal,
    journalFiles: o.journalFiles,
    diskReserveBytes: 40_000,
    reserveFileBytes: 65_536,
    producersMax: 3,
  };
  const under = await DiskUnderTest.start({ limits, storageBytesMax: 200_000, whenFull: 'drop-oldest' });
  under.disk.capacityBytes = 1 << 30;
  const logs = await openAll(under);
  for (let index = 0; index < 40; index += 1) {
    // Times go up and down; producers come, go and are forgotten; epochs begin.
    const timestampMs = under.clock.now() + ((index * 7) % 11) * 1_000;
    const producer =
      index % 4 === 3
        ? { producerId: index, baseSequence: 0 }
        : { producerId: index % 2, baseSequence: sequenceOf(index) };
    const next = [`k${index % 5}=${'v'.repeat((index * 37) % 150)}`];
    for (const log of logs)
      await log.append(batch(next, { ...producer, timestampMs }), { leaderEpoch: Math.floor(index / 15) }).durable;
    if (index === 20) await under.store.maintain();
  }
  await logs[0]!.deleteBefore(7);
  await logs[3]!.deleteBefore(9);
  for (const log of logs) log.updateConfig({ ...log.config, fileDeleteDelayMs: 0 });
  // What was set aside goes, as it does at a start.
  await under.clock.advance(60_000);
  for (let round = 0; round < 3; round += 1) await under.store.maintain();
  for (const log of logs) await appendIn2(log, 'last'.repeat(20));
  return { under, logs };
}

/** In the epoch that the logs are in. */
async function appendIn2(log: PartitionLog, text: string): Promise<void> {
  await log.append(batch([text]), { leaderEpoch: 2 }).durable;
}

/** Of those of one producer, 0 or 1, that are no third batch. */
const sequenceOf = (index: number): number =>
  Array.from({ length: index }, (_, before) => before).filter((before) => before % 4 !== 3 && before % 2 === index % 2)
    .length;

const stops = {
  'a clean stop': async (under: DiskUnderTest): Promise<void> => under.restart(),
  'kill -9': async (under: DiskUnderTest): Promise<void> => under.kill(),
  'a power cut': async (under: DiskUnderTest): Promise<void> => under.crash('all'),
} as const;

describe('what is counted at the start', () => {
  it.each(
    Object.keys(stops).flatMap((stop) =>
      [0, 2].map((journalFiles) => ({ stop: stop as keyof typeof stops, journalFiles })),
    ),
  )('S2 S4 is what it was before $stop, with $journalFiles files of a journal', async ({ stop, journalFiles }) => {
    const { under, logs } = await lived({ journalFiles });
    const before = await numbersOf(under, logs);
    await stops[stop](under);
    const again = await openAll(under);
    expect(await numbersOf(under, again)).toEqual(before);
    // To the byte: opening logs takes no room. Behind a power cut it makes some, as files are removed again.
    const owedBytes = (under.store as unknown as DirectoryStore).context.lateWrites.owedBytes;
    const found = under.disk.capacityBytes - under.disk.usedBytes - owedBytes;
    if (stop === 'a power cut') await under.store.maintain();
    expect(freeBytes(under)).toBe(found);
  });

  it.each(Object.keys(stops) as (keyof typeof stops)[])(
    'S2 S4 after %s on a nearly full disk takes what it took before',
    async (stop) => {
      const { under, logs } = await lived({ journalFiles: 2 });
      // Room for the reserve, for what a stop and a start write, and for a little more.
      under.disk.capacityBytes = under.disk.usedBytes + 48_000;
      await under.store.maintain();
      await appendIn2(logs[3]!, 'x'.repeat(1_000));
      const before = await numbersOf(under, logs);
      await stops[stop](under);
      const again = await openAll(under);
      expect(await numbersOf(under, again)).toEqual(before);
      await appendIn2(again[3]!, 'x'.repeat(1_000));
      await stops[stop](under);
      expect((await contents((await openAll(under))[3]!)).at(-1)).toContain('x'.repeat(1_000));
    },
  );

  it('S4 a cap on all logs takes after a start what it took before', async () => {
    const under = await DiskUnderTest.start({ storageBytesMax: 20_000 });
    const log = await under.open({ segmentBytes: 1_500 });
    const next = batch(['x'.repeat(400)]);
    const { sizeInBytes } = readBatchHeader(next);
    while (under.store.bytes + 2 * sizeInBytes <= 20_000) await append(log, ['x'.repeat(400)]);
    for (const stop of Object.values(stops)) {
      const { bytes } = under.store;
      await stop(under);
      await under.open({ segmentBytes: 1_500 });
      expect(under.store.bytes).toBe(bytes);
    }
    await append(await under.open({ segmentBytes: 1_500 }), ['x'.repeat(400)]);
    await expect(async () =>
      append(await under.open({ segmentBytes: 1_500 }), ['x'.repeat(400)]),
    ).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  });
});
