import { describe, expect, it } from 'vitest';
import { append, at, batch, contents, errorWith, numbered, StoreUnderTest } from './harness.ts';
import type { StoreKind } from './harness.ts';

const minute = 60_000;

export function retention(kind: StoreKind): void {
  describe('retention', () => {
    it('S4 lets go of what is older than retention.ms, whole segments at a time', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ segmentBytes: 300, retentionMs: 10 * minute });
      for (const text of numbered(30)) {
        await append(log, [text], { timestampMs: under.clock.now() });
        await under.clock.advance(minute);
      }
      const before = log.bytes;
      const report = await under.store.maintain();
      expect(report.segmentsDeleted).toBeGreaterThan(0);
      expect(before - log.bytes).toBe(report.bytesDeleted);
      // The newest record is a minute old: what is younger than ten minutes must be there, and at most one segment
      // more.
      expect(log.logStartOffset).toBeLessThanOrEqual(20);
      expect(log.logStartOffset).toBeGreaterThan(14);
      expect(await contents(log)).toEqual(
        at(log.logStartOffset, numbered(30 - log.logStartOffset, log.logStartOffset)),
      );
      await expect((async () => log.read({ offset: 0, maxBytes: 100, upTo: 'highWatermark' }))()).rejects.toEqual(
        errorWith('OFFSET_OUT_OF_RANGE', { logStartOffset: log.logStartOffset }),
      );
    });

    it('S4 lets the active segment go too when all of it has expired, and goes on at the same offset', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ retentionMs: minute });
      await append(log, numbered(3), { timestampMs: under.clock.now() });
      await under.clock.advance(minute + 1);
      await under.store.maintain();
      expect([log.logStartOffset, log.logEndOffset, log.bytes]).toEqual([3, 3, 0]);
      expect(await append(log, ['next'], { timestampMs: under.clock.now() })).toMatchObject({ baseOffset: 3 });
      expect(await contents(log)).toEqual(['3:next']);
    });

    it('S4 holds a log to retention.bytes', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ segmentBytes: 300, retentionBytes: 1_000, retentionMs: -1 });
      for (const text of numbered(60)) await append(log, [text]);
      await under.store.maintain();
      expect(log.bytes).toBeGreaterThanOrEqual(1_000);
      expect(log.bytes).toBeLessThan(1_300);
      expect((await contents(log)).at(-1)).toBe('59:v59');
    });

    it('S4 follows a change of configuration', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ segmentBytes: 300, retentionMs: -1 });
      for (const text of numbered(20)) await append(log, [text]);
      expect((await under.store.maintain()).segmentsDeleted).toBe(0);
      log.updateConfig({ ...log.config, retentionBytes: 0 });
      await under.store.maintain();
      expect(log.segments).toBe(1);
    });

    it('S4 does not break a reader that is under way', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open({ segmentBytes: 300, retentionBytes: 0, fileDeleteDelayMs: 0 });
      for (const text of numbered(20)) await append(log, [text]);
      const reading = log.read({ offset: 0, maxBytes: 1 << 20, upTo: 'highWatermark' });
      const [read] = await Promise.all([reading, under.store.maintain()]);
      expect(read.bytes).toBeGreaterThan(0);
      expect(log.segments).toBe(1);
    });

    it('S4 never drops what is not acknowledged', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ retentionMs: minute, retentionBytes: 0 });
      const waiting = log.append(batch(['old'], { timestampMs: 1 }), { leaderEpoch: 0 });
      await Promise.all([under.store.maintain(), waiting.durable]);
      expect(log.logEndOffset).toBe(1);
    });
  });

  describe('storage cap', () => {
    it('S4 refuses appends beyond storageBytesMax with a retriable error, until retention makes room', async () => {
      await using under = await StoreUnderTest.start(kind, { storageBytesMax: 2_000, whenFull: 'refuse' });
      const [log, other] = [await under.open({ segmentBytes: 300 }), await under.open({}, { partition: 1 })];
      let appended = 0;
      const fill = async (): Promise<void> => {
        for (;;) {
          await append(log, [`v${appended}`.padEnd(80)]);
          appended += 1;
        }
      };
      await expect(fill()).rejects.toMatchObject({ code: 'STORAGE_FULL', retriable: true });
      expect(under.store.bytes).toBeLessThanOrEqual(2_000);
      expect(() => other.append(batch(['x'.repeat(200)]), { leaderEpoch: 0 })).toThrow(errorWith('STORAGE_FULL'));
      expect(await contents(log)).toHaveLength(appended);
      log.updateConfig({ ...log.config, retentionBytes: 0 });
      await under.store.maintain();
      await append(other, ['x'.repeat(200)]);
      expect(under.store.stats.appendsRefusedFull).toBeGreaterThan(0);
    });

    it('S4 P4 answers records whose message ids are known at the cap, as they store nothing, and within bounds', async () => {
      await using under = await StoreUnderTest.start(kind, { storageBytesMax: 8_000, whenFull: 'refuse' });
      const log = await under.open({ dedupWindowMs: 60 * minute });
      const shape = (baseSequence: number, producerId = 9): object => ({
        producerId,
        baseSequence,
        timestampMs: under.clock.now(),
      });
      let stored = 0;
      const fill = async (): Promise<void> => {
        for (; ; stored += 1) await append(log, [`m${stored}:v`], shape(stored));
      };
      await expect(fill()).rejects.toMatchObject({ code: 'STORAGE_FULL' });
      for (let index = 0; index < 12; index += 1) {
        expect(await append(log, [`m${index}:again`], shape(index, 10))).toMatchObject({
          duplicate: true,
          baseOffset: index,
        });
      }
      // Some are new, and there is no room for those.
      expect(() => log.append(batch(['m1:again', 'new:v'], shape(12, 10)), { leaderEpoch: 0 })).toThrow(
        errorWith('STORAGE_FULL'),
      );
      expect(() => log.append(batch(['new:v'], shape(stored)), { leaderEpoch: 0 })).toThrow(errorWith('STORAGE_FULL'));
      const repeat = async (): Promise<void> => {
        for (let sequence = 12; ; sequence += 1) await append(log, ['m0:again'], shape(sequence, 10));
      };
      await expect(repeat()).rejects.toMatchObject({ code: 'STORAGE_FULL' });
      expect(under.store.bytes).toBeGreaterThan(8_000);
      expect(under.store.bytes).toBeLessThanOrEqual(10_000);
      expect(await contents(log)).toHaveLength(stored);
    });

    it('S4 exempts internal topics from the cap', async () => {
      await using under = await StoreUnderTest.start(kind, { storageBytesMax: 500, whenFull: 'refuse' });
      const internal = await under.open(
        { isInternal: true },
        { topic: 'state', topicId: '00000000-0000-4000-8000-00000000000c' },
      );
      for (const text of numbered(10)) await append(internal, [text.padEnd(100)]);
      expect(internal.logEndOffset).toBe(10);
    });

    it('S4 drops the oldest segments of all logs under drop-oldest, and never refuses for it', async () => {
      await using under = await StoreUnderTest.start(kind, { storageBytesMax: 3_000, whenFull: 'drop-oldest' });
      const config = { segmentBytes: 300, retentionMs: -1 };
      const [a, b] = [await under.open(config), await under.open(config, { partition: 1 })];
      for (let i = 0; i < 10; i++) await append(a, [`a${i}`.padEnd(80)], { timestampMs: 2_000 + i });
      for (let i = 0; i < 40; i++) {
        await append(b, [`b${i}`.padEnd(80)], { timestampMs: 3_000 + i });
        await under.store.maintain();
        expect(under.store.bytes).toBeLessThanOrEqual(3_000);
      }
      // Whatever `a` held was older than anything in `b`: it went first, though its last segment was the active one.
      expect(a.logStartOffset).toBeGreaterThan(5);
      expect((await contents(b)).at(-1)).toBe(`39:${'b39'.padEnd(80)}`);
    });
  });
}
