import { describe, expect, it } from 'vitest';
import { append, at, contents, errorWith, numbered, StoreUnderTest } from './harness.ts';
import type { StoreKind } from './harness.ts';

export function deletion(kind: StoreKind): void {
  describe('delete before', () => {
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
      await under.store.maintain();
      expect(await contents(log)).toEqual([]);
      expect(await append(log, ['next'])).toMatchObject({ baseOffset: 4 });
      expect(await contents(log)).toEqual(['4:next']);
    });
  });
}
