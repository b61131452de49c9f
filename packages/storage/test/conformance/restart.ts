import { describe, expect, it } from 'vitest';
import { append, at, contents, numbered, orders, StoreUnderTest } from './harness.ts';
import type { StoreKind } from './harness.ts';

/** For stores that keep their data. */
export function restart(kind: StoreKind): void {
  describe('restart', () => {
    it('S2 finds records, offsets, epochs and times again', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const before = await under.open({ segmentBytes: 300, indexIntervalBytes: 1 });
      for (let i = 0; i < 20; i++) await append(before, [`v${i}`], { timestampMs: 1_000 + i });
      const described = before.describe();
      await under.restart();
      const log = await under.open({ segmentBytes: 300, indexIntervalBytes: 1 });
      expect(log.describe()).toEqual({ ...described, recoveryPoint: 20 });
      expect(await contents(log)).toEqual(at(0, numbered(20)));
      expect(await log.offsetForTimestamp(1_013)).toMatchObject({ offset: 13, timestampMs: 1_013, leaderEpoch: 0 });
      expect(await append(log, ['v20'])).toMatchObject({ baseOffset: 20 });
    });

    it('S2 lists logs that nobody opened yet', async () => {
      await using under = await StoreUnderTest.start(kind);
      await under.open();
      await under.open({}, { partition: 3 });
      await under.restart();
      expect((await under.store.list()).toSorted((a, b) => a.partition - b.partition)).toEqual([
        orders,
        { ...orders, partition: 3 },
      ]);
    });

    it('S2 keeps a log start offset inside a segment', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      for (const text of numbered(10)) await append(log, [text]);
      await log.deleteBefore(7);
      await under.restart();
      const again = await under.open();
      expect(again.logStartOffset).toBe(7);
      expect(await contents(again)).toEqual(at(7, numbered(3, 7)));
    });

    it('S2 stays empty at its offset after all was deleted', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ fileDeleteDelayMs: 0 });
      await append(log, numbered(10));
      await log.deleteBefore(10);
      await under.store.maintain();
      await under.restart();
      const again = await under.open();
      expect([again.logStartOffset, again.logEndOffset]).toEqual([10, 10]);
      expect(await append(again, ['next'])).toMatchObject({ baseOffset: 10 });
    });

    it('S2 does not bring back what was deleted', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ segmentBytes: 300 });
      for (const text of numbered(20)) await append(log, [text]);
      await log.deleteBefore(4);
      await under.store.delete((await under.open({}, { partition: 1 })).id);
      await under.restart();
      expect(await contents(await under.open())).toEqual(at(4, numbered(16, 4)));
      expect(await under.store.list()).toEqual([orders]);
    });

    it('P4 knows the last five batches of a producer again', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      for (let i = 0; i < 8; i++) await append(log, [`v${i}`], { producerId: 3, baseSequence: i });
      await append(log, ['x'], { producerId: 4, producerEpoch: 2, baseSequence: 0 });
      await under.restart();
      const again = await under.open();
      for (let i = 3; i < 8; i++) {
        expect(await append(again, [`v${i}`], { producerId: 3, baseSequence: i })).toMatchObject({
          duplicate: true,
          baseOffset: i,
        });
      }
      expect(await append(again, ['v8'], { producerId: 3, baseSequence: 8 })).toMatchObject({ duplicate: false });
      await expect(append(again, ['x'], { producerId: 4, producerEpoch: 1, baseSequence: 1 })).rejects.toMatchObject({
        code: 'STALE_PRODUCER_EPOCH',
      });
    });

    it('P4 knows producers whose records retention has dropped', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ segmentBytes: 200, retentionBytes: 0, fileDeleteDelayMs: 0 });
      await append(log, ['a'], { producerId: 3, baseSequence: 41 });
      for (const text of numbered(10)) await append(log, [text]);
      await under.store.maintain();
      expect(log.logStartOffset).toBeGreaterThan(1);
      await under.restart();
      const again = await under.open();
      await expect(append(again, ['c'], { producerId: 3, baseSequence: 43 })).rejects.toMatchObject({
        code: 'OUT_OF_ORDER_SEQUENCE',
      });
      await append(again, ['b'], { producerId: 3, baseSequence: 42 });
    });

    it('P4 knows the message ids of the window again', async () => {
      await using under = await StoreUnderTest.start(kind);
      const config = { dedupWindowMs: 10_000, segmentBytes: 400 };
      const log = await under.open(config);
      for (let i = 0; i < 10; i++) {
        await append(log, [`m${i}:v${i}`], { timestampMs: under.clock.now() });
        await under.clock.advance(1_500);
      }
      await under.restart();
      const again = await under.open(config);
      expect(await append(again, ['m9:x'], { timestampMs: under.clock.now() })).toMatchObject({
        duplicate: true,
        baseOffset: 9,
      });
      expect(await append(again, ['m5:x'], { timestampMs: under.clock.now() })).toMatchObject({
        duplicate: true,
        baseOffset: 5,
      });
      expect(await append(again, ['m3:x'], { timestampMs: under.clock.now() })).toMatchObject({
        duplicate: false,
        baseOffset: 10,
      });
    });

    it('P4 knows the message ids of records that were trimmed, or went by retention', async () => {
      await using under = await StoreUnderTest.start(kind);
      const config = { dedupWindowMs: 60_000, segmentBytes: 300, retentionBytes: 300, fileDeleteDelayMs: 0 };
      const log = await under.open(config);
      for (let i = 0; i < 10; i++) await append(log, [`m${i}:v${i}`], { timestampMs: under.clock.now() });
      await under.store.maintain();
      expect(log.logStartOffset).toBeGreaterThan(1);
      await append(log, ['m10:v10'], { timestampMs: under.clock.now() });
      await log.deleteBefore(11);
      await under.clock.advance(50_000);
      await under.restart();
      const again = await under.open(config);
      for (const i of [0, 5, 10])
        expect(await append(again, [`m${i}:x`])).toMatchObject({ duplicate: true, baseOffset: i });
      await under.clock.advance(10_000);
      expect(await append(again, ['m0:x'])).toMatchObject({ duplicate: false, baseOffset: 11 });
    });

    it('P4 counts the window of message ids from the append, whatever the timestamps say, across restarts', async () => {
      await using under = await StoreUnderTest.start(kind);
      const config = { dedupWindowMs: 60_000 };
      const log = await under.open(config);
      await append(log, ['m:old'], { timestampMs: under.clock.now() - 86_400_000 });
      await under.clock.advance(30_000);
      await under.restart();
      expect(await append(await under.open(config), ['m:x'])).toMatchObject({ duplicate: true, baseOffset: 0 });
      await under.store.close();
      await under.clock.advance(29_999);
      await under.reopen();
      expect(await append(await under.open(config), ['m:x'])).toMatchObject({ duplicate: true, baseOffset: 0 });
      await under.clock.advance(1);
      expect(await append(await under.open(config), ['m:x'])).toMatchObject({ duplicate: false, baseOffset: 1 });
    });

    it('S4 goes on with compaction where it stood', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const config = {
        cleanupPolicy: { delete: false, compact: true },
        segmentBytes: 300,
        minCleanableDirtyRatio: 0.5,
        retentionMs: -1,
        fileDeleteDelayMs: 0,
        deleteRetentionMs: 5_000,
      };
      const log = await under.open(config);
      await append(log, ['gone=1']);
      await append(log, ['gone=']);
      for (let i = 0; i < 40; i++) await append(log, [`k${i % 4}=v${i}`]);
      await under.store.maintain();
      const compacted = await contents(log);
      expect(compacted).toContain('1:gone=');
      await under.restart();
      const again = await under.open(config);
      expect(await contents(again)).toEqual(compacted);
      expect((await under.store.maintain()).logsCompacted).toBe(0);
      await under.clock.advance(5_000);
      expect((await under.store.maintain()).logsCompacted).toBe(1);
      expect(await contents(again)).toEqual(compacted.filter((text) => text !== '1:gone='));
    });

    it('S4 counts the cap anew', async () => {
      await using under = await StoreUnderTest.start(kind, { storageBytesMax: 1_000 });
      const log = await under.open();
      await append(log, ['x'.repeat(700)]);
      await under.restart();
      const again = await under.open();
      await expect(append(again, ['x'.repeat(700)])).rejects.toMatchObject({ code: 'STORAGE_FULL' });
      await append(again, ['small']);
    });
  });
}
