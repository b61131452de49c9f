import { describe, expect, it } from 'vitest';
import { append, at, batch, contents, errorWith, numbered, StoreUnderTest } from './harness.ts';
import type { StoreKind } from './harness.ts';

export function truncation(kind: StoreKind): void {
  describe('truncate and delete before', () => {
    it('T3 truncates to an offset, inside a segment and across them, and appends from there', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ segmentBytes: 300, indexIntervalBytes: 1 });
      for (const text of numbered(30)) await append(log, [text]);
      for (const toOffset of [25, 24, 5, 0]) {
        await log.truncate(toOffset);
        expect([log.logEndOffset, log.highWatermark]).toEqual([toOffset, toOffset]);
        expect(await contents(log)).toEqual(at(0, numbered(toOffset)));
      }
      await append(log, ['again']);
      expect(await contents(log)).toEqual(['0:again']);
    });

    it('T3 a batch that holds the offset goes whole', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      await append(log, numbered(2));
      await append(log, numbered(3));
      await log.truncate(4);
      expect(log.logEndOffset).toBe(2);
    });

    it('T3 fails the appends that wait beyond the offset', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      await append(log, ['a']);
      // A turn of the event loop later no round is under way: what is appended now waits for the next turn.
      await under.clock.advance(0);
      const waiting = log.append(batch(['b']), { leaderEpoch: 0 });
      await Promise.all([expect(waiting.durable).rejects.toMatchObject({ code: 'CLOSED' }), log.truncate(1)]);
      expect(await contents(log, { upTo: 'end' })).toEqual(['0:a']);
    });

    it('P4 T3 forgets the producers of what was cut', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ segmentBytes: 300 });
      for (let i = 0; i < 12; i++) await append(log, [`v${i}`], { producerId: 1, baseSequence: i });
      await log.truncate(9);
      expect(await append(log, ['v8'], { producerId: 1, baseSequence: 8 })).toMatchObject({ duplicate: true, baseOffset: 8 });
      expect(await append(log, ['v9'], { producerId: 1, baseSequence: 9 })).toMatchObject({ duplicate: false, baseOffset: 9 });
    });

    it('S4 deletes records before an offset, at once for readers', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ segmentBytes: 300, fileDeleteDelayMs: 0 });
      for (const text of numbered(30)) await append(log, [text]);
      const [bytes, segments] = [log.bytes, log.segments];
      expect(await log.deleteBefore(17)).toBe(17);
      expect(log.logStartOffset).toBe(17);
      expect([log.bytes < bytes, log.segments < segments]).toEqual([true, true]);
      expect(await contents(log)).toEqual(at(17, numbered(13, 17)));
      await expect((async () => log.read({ offset: 16, maxBytes: 100, upTo: 'highWatermark' }))()).rejects.toEqual(
        errorWith('OFFSET_OUT_OF_RANGE', { logStartOffset: 17, logEndOffset: 30 }),
      );
      expect(await log.deleteBefore(5)).toBe(17);
    });

    it('S4 deletes everything up to the high watermark, and no further', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      await append(log, numbered(4));
      await expect(log.deleteBefore(5)).rejects.toEqual(errorWith('OFFSET_OUT_OF_RANGE'));
      expect(await log.deleteBefore(4)).toBe(4);
      await under.store.maintain(under.clock.now());
      expect(await contents(log)).toEqual([]);
      expect(await append(log, ['next'])).toMatchObject({ baseOffset: 4 });
      expect(await contents(log)).toEqual(['4:next']);
    });
  });
}
