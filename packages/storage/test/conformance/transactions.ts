import { describe, expect, it } from 'vitest';
import type { LogConfig, PartitionLog, StoreOptions } from '@q/storage';
import { committed, markerOf, markersOf, TransactionalProducer } from './committed.ts';
import { append, StoreUnderTest } from './harness.ts';
import type { StoreKind } from './harness.ts';

const small: Partial<LogConfig> = { segmentBytes: 300, indexIntervalBytes: 1 };
const compact: Partial<LogConfig> = {
  ...small,
  cleanupPolicy: { delete: false, compact: true },
  minCleanableDirtyRatio: 0,
  retentionMs: -1,
  fileDeleteDelayMs: 0,
  deleteRetentionMs: 5_000,
};

interface Scene extends AsyncDisposable {
  readonly under: StoreUnderTest;
  readonly log: PartitionLog;
  readonly a: TransactionalProducer;
  readonly b: TransactionalProducer;
  reopen(): Promise<void>;
}

async function scene(
  kind: StoreKind,
  config: Partial<LogConfig> = small,
  limits: StoreOptions['limits'] = {},
): Promise<Scene> {
  const under = await StoreUnderTest.start(kind, { tailCacheBytes: 0, limits });
  let log = await under.open(config);
  return {
    under,
    get log() {
      return log;
    },
    a: new TransactionalProducer(() => log, 10),
    b: new TransactionalProducer(() => log, 11),
    async reopen() {
      if (!under.place.keeps) return;
      await under.restart();
      log = await under.open(config);
    },
    [Symbol.asyncDispose]: () => under[Symbol.asyncDispose](),
  };
}

async function roll(log: PartitionLog): Promise<void> {
  const { segments } = log;
  while (log.segments === segments) await append(log, ['filler='.padEnd(60, 'x')]);
}

function withoutFiller(texts: readonly string[]): string[] {
  return texts.filter((text) => !text.includes('filler'));
}

export function transactions(kind: StoreKind): void {
  describe('transactions', () => {
    it('X1 shows nothing behind the first record of an open transaction, as Kafka does', async () => {
      await using s = await scene(kind);
      await append(s.log, ['plain']);
      await s.a.write('A');
      await append(s.log, ['plain again']);
      await s.b.write('B');
      await s.b.commit();
      expect(await committed(s.log)).toEqual(['0:plain']);
      expect([s.log.lastStableOffset, s.log.highWatermark]).toEqual([1, 5]);
      expect([...s.log.openTransactions()]).toEqual([{ producerId: 10, producerEpoch: 0, firstOffset: 1 }]);
      await s.a.abort();
      expect(await committed(s.log)).toEqual(['0:plain', '2:plain again', '3:B']);
      expect([s.log.lastStableOffset, s.log.highWatermark]).toEqual([6, 6]);
      expect([...s.log.openTransactions()]).toEqual([]);
    });

    it('X1 keeps the order of the log, whoever commits first', async () => {
      await using s = await scene(kind);
      await s.a.write('x');
      await s.b.write('y');
      await s.b.commit();
      expect(await committed(s.log)).toEqual([]);
      await s.a.commit();
      expect(await committed(s.log)).toEqual(['0:x', '1:y']);
    });

    it('X1 holds a transaction back until its marker is durable', async () => {
      await using s = await scene(kind);
      await s.a.write('x');
      const marked = s.a.mark('commit');
      expect(s.log.lastStableOffset).toBe(0);
      await marked.durable;
      expect(s.log.lastStableOffset).toBe(2);
    });

    it('X1 counts no markers, and says so where what was aborted or is open is counted', async () => {
      await using s = await scene(kind, {});
      await s.a.write('x', 'y');
      expect(s.log.recordsFrom(0)).toEqual({ records: 2, isExact: false });
      await s.a.commit();
      await s.b.write('z');
      await s.b.commit();
      expect(s.log.recordsFrom(0)).toEqual({ records: 3, isExact: true });
      // How many markers lie before it only the file knows.
      expect(s.log.recordsFrom(1)).toEqual({ records: 3, isExact: false });
      expect(s.log.recordsFrom(4)).toEqual({ records: 0, isExact: true });
      await s.b.write('gone');
      await s.b.abort();
      expect(s.log.recordsFrom(0)).toEqual({ records: 4, isExact: false });
    });

    it('X1 knows of markers after a start, also when nobody remembers their producers, and counts again', async () => {
      await using s = await scene(kind, small, { producerExpiryMs: 1_000 });
      for (let count = 0; count < 6; count += 1) {
        await s.a.write('x');
        await s.a.commit();
      }
      for (let count = 0; count < 2; count += 1) await roll(s.log);
      const readable = (await committed(s.log)).length;
      await s.under.clock.advance(1_001);
      await s.under.store.maintain();
      expect([...s.log.producers()]).toEqual([]);
      expect(s.log.recordsFrom(0)).toEqual({ records: readable, isExact: true });
      await s.reopen();
      if (s.under.place.keeps) expect(s.log.recordsFrom(0).isExact).toBe(false);
      await s.under.store.maintain();
      expect(s.log.recordsFrom(0)).toEqual({ records: readable, isExact: true });
      await s.a.write('x');
      await s.a.commit();
      await s.under.store.maintain();
      expect(s.log.recordsFrom(0)).toEqual({ records: readable + 1, isExact: true });
    });

    it('X1 names the aborted transactions of exactly what it gives, across the edges of segments', async () => {
      await using s = await scene(kind);
      for (let round = 0; round < 6; round += 1) {
        await s.a.write(`aborted ${round}`.padEnd(60, '.'));
        await s.b.write(`committed ${round}`.padEnd(60, '.'));
        await s.a.write(`aborted too ${round}`.padEnd(60, '.'));
        await s.a.abort();
        await s.b.commit();
      }
      expect(s.log.segments).toBeGreaterThan(5);
      const all = await committed(s.log);
      expect(all.map((text) => text.replace(/^\d+:|\.+$/g, ''))).toEqual(
        [0, 1, 2, 3, 4, 5].map((n) => `committed ${n}`),
      );
      const whole = await s.log.read({ offset: 0, maxBytes: 1, upTo: 'lastStable' });
      expect(whole.aborted).toEqual([{ producerId: 10, firstOffset: 0 }]);
      whole.release?.();
      for (let fromOffset = 0; fromOffset <= s.log.logEndOffset; fromOffset += 1) {
        const expected = all.filter((text) => Number(text.split(':')[0]) >= fromOffset);
        for (const maxBytes of [1, 200, 1_000])
          expect(await committed(s.log, { fromOffset, maxBytes })).toEqual(expected);
      }
    });

    it('X1 says nothing of aborted transactions to who reads everything', async () => {
      await using s = await scene(kind);
      await s.a.write('x');
      await s.a.abort();
      const read = await s.log.read({ offset: 0, maxBytes: 1_000, upTo: 'highWatermark' });
      expect(read.aborted).toBeUndefined();
      read.release?.();
    });

    it('X1 fences what a producer sends late, after the marker of its transaction', async () => {
      await using s = await scene(kind);
      await s.a.write('x');
      const late = new TransactionalProducer(() => s.log, s.a.producerId);
      await s.a.abort();
      await expect(late.write('zombie')).rejects.toMatchObject({ code: 'STALE_PRODUCER_EPOCH' });
      await s.reopen();
      await expect(late.write('zombie')).rejects.toMatchObject({ code: 'STALE_PRODUCER_EPOCH' });
      await s.a.write('next');
      await s.a.commit();
      expect(await committed(s.log)).toEqual(['2:next']);
    });

    it('X1 fences a producer that has written nothing yet, and a marker that comes late', async () => {
      await using s = await scene(kind);
      await s.log.append(markerOf(10, 4, 'abort'), { leaderEpoch: 0 }).durable;
      await expect(s.a.write('late')).rejects.toMatchObject({ code: 'STALE_PRODUCER_EPOCH' });
      expect(() => s.log.append(markerOf(10, 3, 'commit'), { leaderEpoch: 0 })).toThrow(/epoch/);
      expect(await committed(s.log)).toEqual([]);
    });

    it('X1 begins the sequence anew in each epoch, and knows repeats within one', async () => {
      await using s = await scene(kind);
      await s.a.write('x');
      await s.a.commit();
      const shape = { producerId: 10, producerEpoch: 1, isTransactional: true };
      await expect(append(s.log, ['y'], { ...shape, baseSequence: 1 })).rejects.toMatchObject({
        code: 'OUT_OF_ORDER_SEQUENCE',
      });
      await append(s.log, ['y'], { ...shape, baseSequence: 0 });
      expect(await append(s.log, ['y'], { ...shape, baseSequence: 0 })).toMatchObject({
        duplicate: true,
        baseOffset: 2,
      });
    });

    it('X1 goes on with the sequence behind a marker of the same epoch, as old clients do', async () => {
      await using s = await scene(kind);
      const shape = { producerId: 10, producerEpoch: 0, isTransactional: true };
      await append(s.log, ['x'], { ...shape, baseSequence: 0 });
      await s.log.append(markerOf(10, 0, 'commit'), { leaderEpoch: 0 }).durable;
      await append(s.log, ['y'], { ...shape, baseSequence: 1 });
      expect([...s.log.openTransactions()]).toEqual([{ producerId: 10, producerEpoch: 0, firstOffset: 2 }]);
    });

    it('X1 finds open and aborted transactions again after a restart', async () => {
      await using s = await scene(kind);
      await s.a.write('aborted'.padEnd(200, '.'));
      await s.b.write('open'.padEnd(200, '.'));
      await s.a.abort();
      await append(s.log, ['plain'.padEnd(200, '.')]);
      await s.reopen();
      expect([...s.log.openTransactions()]).toEqual([{ producerId: 11, producerEpoch: 0, firstOffset: 1 }]);
      expect([s.log.lastStableOffset, s.log.highWatermark]).toEqual([1, 4]);
      expect(await committed(s.log)).toEqual([]);
      await s.b.commit();
      const texts = (await committed(s.log)).map((text) => text.replace(/\.+$/, ''));
      expect(texts).toEqual(['1:open', '3:plain']);
      await s.reopen();
      expect((await committed(s.log)).map((text) => text.replace(/\.+$/, ''))).toEqual(texts);
    });

    it('X1 counts no markers at the end of the log as records: who has read to them has no lag', async () => {
      await using s = await scene(kind);
      await s.a.write('x', 'y');
      await s.a.commit();
      expect(s.log.recordsFrom(2)).toEqual({ records: 0, isExact: true });
      expect(s.log.recordsFrom(1).records).toBeGreaterThan(0);
      await s.reopen();
      expect(s.log.recordsFrom(2).records).toBe(0);
      await append(s.log, ['z']);
      expect(s.log.recordsFrom(3).records).toBe(1);
    });

    it('X1 keeps the records of an open transaction from retention', async () => {
      await using s = await scene(kind, { ...small, retentionBytes: 0, fileDeleteDelayMs: 0 });
      await s.a.write('open'.padEnd(200, '.'));
      for (let i = 0; i < 10; i += 1) await append(s.log, ['plain'.padEnd(200, '.')]);
      await s.under.store.maintain();
      expect(s.log.logStartOffset).toBe(0);
      await s.a.commit();
      await s.under.store.maintain();
      expect(s.log.logStartOffset).toBeGreaterThan(5);
    });

    it('X1 forgets aborted transactions with their records', async () => {
      await using s = await scene(kind, { ...small, fileDeleteDelayMs: 0 });
      await s.a.write('aborted'.padEnd(200, '.'));
      await s.a.abort();
      for (let i = 0; i < 5; i += 1) await append(s.log, ['plain'.padEnd(200, '.')]);
      await s.log.deleteBefore(4);
      await s.under.store.maintain();
      await s.reopen();
      expect(await committed(s.log)).toHaveLength(3);
      await s.b.write('later');
      await s.b.abort();
      expect(await committed(s.log)).toHaveLength(3);
      await s.reopen();
      expect(await committed(s.log)).toHaveLength(3);
    });

    it('X1 begins to show at the log start when records of an open transaction were deleted', async () => {
      await using s = await scene(kind);
      await s.a.write('x', 'y', 'z');
      await append(s.log, ['plain']);
      await s.log.deleteBefore(2);
      expect(s.log.lastStableOffset).toBe(2);
      await s.a.commit();
      expect(s.log.lastStableOffset).toBe(5);
    });

    it('X1 takes no message id in a transaction for a repeat: what is sent again after an abort counts', async () => {
      await using s = await scene(kind, { ...small, dedupWindowMs: 60_000 });
      await s.a.write('m1:x');
      await s.a.abort();
      await s.reopen();
      expect(await s.a.write('m1:x')).toMatchObject({ duplicate: false });
      await s.a.commit();
      expect(await committed(s.log)).toEqual(['2:x']);
    });

    it('X1 S4 an aborted value replaces no committed one, and goes', async () => {
      await using s = await scene(kind, compact);
      await s.a.write('k=committed', 'gone=c');
      await s.a.commit();
      await s.b.write('k=aborted');
      await s.b.write('j=aborted');
      await s.b.abort();
      await s.a.write('gone=');
      await s.a.commit();
      await roll(s.log);
      await s.under.store.maintain();
      expect(withoutFiller(await committed(s.log))).toEqual(['0:k=committed', '6:gone=']);
      const all = await s.log.read({ offset: 0, maxBytes: 1 << 20, upTo: 'highWatermark' });
      expect(all.buffers.map((buffer) => buffer.toString('latin1')).join('')).not.toContain('aborted');
      all.release?.();
      expect(await markersOf(s.log)).toEqual([2, 5, 7]);
    });

    it('X1 S4 a marker goes when nothing of its transaction is left, after delete.retention.ms', async () => {
      await using s = await scene(kind, compact);
      await s.a.write('k=committed', 'gone=c');
      await s.a.commit();
      await s.b.write('j=aborted');
      await s.b.abort();
      await s.a.write('gone=');
      await s.a.commit();
      await s.a.write('other=1');
      await s.a.commit();
      await s.b.write('other=2');
      await s.b.commit();
      await roll(s.log);
      const maintain = async (afterMs: number): Promise<number[]> => {
        await s.under.clock.advance(afterMs);
        await s.under.store.maintain();
        return await markersOf(s.log);
      };
      expect(await maintain(0)).toEqual([2, 4, 6, 8, 10]);
      expect(await maintain(4_999)).toEqual([2, 4, 6, 8, 10]);
      // Two have had nothing left since the first pass; the tombstone goes now, and its marker waits.
      expect(await maintain(1)).toEqual([2, 6, 10]);
      expect(await maintain(5_000)).toEqual([2, 10]);
      await s.reopen();
      expect([...s.log.openTransactions()]).toEqual([]);
      expect(withoutFiller(await committed(s.log))).toEqual(['0:k=committed', '9:other=2']);
    });

    it('X1 S4 does not compact beyond an open transaction', async () => {
      await using s = await scene(kind, compact);
      await append(s.log, ['k=1']);
      await append(s.log, ['k=2']);
      await roll(s.log);
      await s.a.write('k=open');
      await append(s.log, ['k=3']);
      await roll(s.log);
      await s.under.store.maintain();
      await s.a.abort();
      expect(withoutFiller(await committed(s.log)).map((text) => text.replace(/^\d+:/, ''))).toEqual(['k=2', 'k=3']);
    });
  });
}
