import { describe, expect, it } from 'vitest';
import { append, batch, contents, errorWith, StoreUnderTest } from './harness.ts';
import type { StoreKind } from './harness.ts';

export function dedup(kind: StoreKind): void {
  describe('deduplication', () => {
    it('P4 answers a resent batch with its first offset, and stores it once', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      const sent = [];
      for (let i = 0; i < 5; i++)
        sent.push(await append(log, [`a${i}`, `b${i}`], { producerId: 9, baseSequence: i * 2 }));
      for (let i = 0; i < 5; i++) {
        const resent = await append(log, [`a${i}`, `b${i}`], { producerId: 9, baseSequence: i * 2 });
        expect(resent).toMatchObject({
          duplicate: true,
          baseOffset: sent[i]!.baseOffset,
          lastOffset: sent[i]!.lastOffset,
        });
      }
      expect(log.logEndOffset).toBe(10);
    });

    it('P4 a resent batch waits until its first one is durable', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      const first = log.append(batch(['x'], { producerId: 9 }), { leaderEpoch: 0 });
      const resent = log.append(batch(['x'], { producerId: 9 }), { leaderEpoch: 0 });
      expect(resent).toMatchObject({ duplicate: true, baseOffset: 0 });
      await resent.durable;
      expect(log.highWatermark).toBe(1);
      await first.durable;
    });

    it('P4 refuses gaps and fenced epochs, without a trace in the log', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      await append(log, ['a'], { producerId: 9, producerEpoch: 3, baseSequence: 0 });
      const refused = (baseSequence: number, producerEpoch: number) => (): unknown =>
        log.append(batch(['x'], { producerId: 9, producerEpoch, baseSequence }), { leaderEpoch: 0 });
      expect(refused(2, 3)).toThrow(errorWith('OUT_OF_ORDER_SEQUENCE', { expected: 1, got: 2 }));
      expect(refused(1, 2)).toThrow(errorWith('STALE_PRODUCER_EPOCH', { currentEpoch: 3, got: 2 }));
      expect(log.logEndOffset).toBe(1);
      expect(await append(log, ['b'], { producerId: 9, producerEpoch: 3, baseSequence: 1 })).toMatchObject({
        baseOffset: 1,
      });
    });

    it('P4 drops a record whose message id was seen within dedup.window.ms', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ dedupWindowMs: 1_000 });
      const shape = (): { timestampMs: number } => ({ timestampMs: under.clock.now() });
      expect(await append(log, ['m1:a'], shape())).toMatchObject({ duplicate: false, repeats: [] });
      await append(log, ['m2:b'], shape());
      await under.clock.advance(999);
      expect(await append(log, ['m1:again'], shape())).toMatchObject({ duplicate: true, baseOffset: 0, lastOffset: 0 });
      expect(await append(log, ['m3:c', 'm2:again', 'd'], shape())).toMatchObject({
        duplicate: false,
        baseOffset: 2,
        lastOffset: 4,
        repeats: [{ index: 1, offset: 1 }],
      });
      await under.clock.advance(1);
      expect(await append(log, ['m1:later'], shape())).toMatchObject({ duplicate: false, baseOffset: 5 });
      expect(await contents(log)).toEqual(['0:a', '1:b', '2:c', '4:d', '5:later']);
    });

    it('P4 answers a repeat under LogAppendTime with the time of the first', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ timestampType: 'LogAppendTime', dedupWindowMs: 60_000 });
      const byId = await append(log, ['m:a']);
      const bySequence = await append(log, ['b'], { producerId: 4 });
      await under.clock.advance(500);
      expect(await append(log, ['m:a'])).toMatchObject({ duplicate: true, logAppendTimeMs: byId.logAppendTimeMs });
      expect(await append(log, ['b'], { producerId: 4 })).toMatchObject({
        duplicate: true,
        logAppendTimeMs: bySequence.logAppendTimeMs,
      });
    });

    it('P4 the window can be switched on and off while the log is open', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      await append(log, ['m:a']);
      log.updateConfig({ ...log.config, dedupWindowMs: 1_000 });
      await append(log, ['m:b']);
      expect(await append(log, ['m:c'])).toMatchObject({ duplicate: true, baseOffset: 1 });
      log.updateConfig({ ...log.config, dedupWindowMs: 0 });
      expect(await append(log, ['m:d'])).toMatchObject({ duplicate: false, baseOffset: 2 });
    });
  });
}
