import { describe, expect, it } from 'vitest';
import { encodeBatch } from '@q/protocol';
import type { PartitionLog } from '@q/storage';
import { SeededRandom } from '@q/testkit';
import { append, batch, StoreUnderTest } from './harness.ts';
import type { StoreKind } from './harness.ts';

/** Appends one batch that has a record of each time. */
async function appendTimes(log: PartitionLog, timesMs: readonly number[], codec: 'none' | 'gzip' = 'none') {
  const records = timesMs.map((timestampMs) => ({ value: 'x', timestampMs }));
  await log.append(encodeBatch(records, { codec }), { leaderEpoch: 0 }).durable;
}

export function timesAndEpochs(kind: StoreKind): void {
  describe('the latest time', () => {
    it('C1 is that of the first record that has it, within compressed batches, too', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open({ segmentBytes: 250, indexIntervalBytes: 1 });
      expect(await log.latestTimestamp()).toBeNull();
      await appendTimes(log, [100, 300, 200], 'gzip');
      expect(await log.latestTimestamp()).toEqual({ offset: 1, timestampMs: 300, leaderEpoch: 0 });
      for (const timesMs of [[250], [300, 299], [50]]) await appendTimes(log, timesMs);
      expect(await log.latestTimestamp()).toMatchObject({ offset: 1, timestampMs: 300 });
      await appendTimes(log, [7, 301, 301], 'gzip');
      expect(await log.latestTimestamp()).toMatchObject({ offset: 8, timestampMs: 301 });
      expect(log.segments).toBeGreaterThan(1);
    });

    it('C1 is found among what is left when the record that had it is deleted', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open({ indexIntervalBytes: 1 });
      await appendTimes(log, [900, 100, 300]);
      await appendTimes(log, [200, 250]);
      await log.deleteBefore(1);
      expect(await log.latestTimestamp()).toMatchObject({ offset: 2, timestampMs: 300 });
      await log.deleteBefore(3);
      expect(await log.latestTimestamp()).toMatchObject({ offset: 4, timestampMs: 250 });
      await log.deleteBefore(5);
      expect(await log.latestTimestamp()).toBeNull();
      await append(log, ['x'], { timestampMs: 10 });
      expect(await log.latestTimestamp()).toMatchObject({ offset: 5, timestampMs: 10 });
    });

    it('C1 agrees with a look at every record, however times and deletions come', async () => {
      for (let seed = 1; seed <= 8; seed += 1) {
        const random = new SeededRandom(seed);
        await using under = await StoreUnderTest.start(kind, { tailCacheBytes: random.chance(0.5) ? 0 : 1 << 20 });
        const log = await under.open({ segmentBytes: 400, indexIntervalBytes: random.chance(0.5) ? 1 : 150 });
        const timesMs: number[] = [];
        for (let step = 0; step < 30; step += 1) {
          const added = Array.from({ length: 1 + random.below(4) }, () => random.below(60));
          await appendTimes(log, added, random.chance(0.3) ? 'gzip' : 'none');
          timesMs.push(...added);
          if (random.chance(0.2)) await log.deleteBefore(random.below(timesMs.length + 1));
          const left = timesMs.slice(log.logStartOffset);
          const latest = Math.max(...left);
          const expected =
            left.length === 0
              ? null
              : { offset: log.logStartOffset + left.indexOf(latest), timestampMs: latest, leaderEpoch: 0 };
          expect(await log.latestTimestamp(), `seed ${seed}, step ${step}`).toEqual(expected);
        }
      }
    });
  });

  describe('leader epochs', () => {
    it('C1 says under which epoch a record was stored, and where those of an epoch end', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      expect([log.leaderEpochAt(0), log.leaderEpochEnd(0)]).toEqual([-1, null]);
      for (const leaderEpoch of [2, 2, 5, 9]) await log.append(batch(['a', 'b']), { leaderEpoch }).durable;
      expect([0, 3, 4, 6, 8].map((offset) => log.leaderEpochAt(offset))).toEqual([2, 2, 5, 9, 9]);
      expect([1, 2, 4, 5, 6, 9, 10].map((epoch) => log.leaderEpochEnd(epoch))).toEqual([
        { epoch: 1, endOffset: 0 },
        { epoch: 2, endOffset: 4 },
        { epoch: 2, endOffset: 4 },
        { epoch: 5, endOffset: 6 },
        { epoch: 5, endOffset: 6 },
        { epoch: 9, endOffset: 8 },
        null,
      ]);
      await log.deleteBefore(5);
      expect([log.leaderEpochEnd(2), log.leaderEpochEnd(5)]).toEqual([
        { epoch: 2, endOffset: 5 },
        { epoch: 5, endOffset: 6 },
      ]);
    });
  });
}
