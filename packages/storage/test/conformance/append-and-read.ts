import { batchLastOffset, batchLeaderEpoch, iterateBatches, readBatchHeader } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { append, at, batch, contents, errorWith, numbered, StoreUnderTest } from './harness.ts';
import type { StoreKind } from './harness.ts';

export function appendAndRead(kind: StoreKind): void {
  describe('append and read', () => {
    it('P1 C1 gives records consecutive offsets in call order and reads them from any of them', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      const [a, b] = [
        log.append(batch(['one', 'two']), { leaderEpoch: 0 }),
        log.append(batch(['three']), { leaderEpoch: 0 }),
      ];
      expect([a.baseOffset, a.lastOffset, b.baseOffset, b.lastOffset]).toEqual([0, 1, 2, 2]);
      expect(log.logEndOffset).toBe(3);
      await Promise.all([a.durable, b.durable]);
      expect([log.highWatermark, log.lastStableOffset, log.logStartOffset, log.leaderEpoch]).toEqual([3, 3, 0, 0]);
      for (let from = 0; from <= 3; from++) {
        expect(await contents(log, { fromOffset: from })).toEqual(['0:one', '1:two', '2:three'].slice(from));
      }
    });

    it('Z1 stores the bytes of the sender, with offset and epoch assigned in place', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      await append(log, ['before']);
      const sent = batch(['a=1', 'b=2'], { codec: 'zstd', timestampMs: 5_000 });
      const appended = log.append(Buffer.from(sent), { leaderEpoch: 3 });
      await appended.durable;
      const { buffers } = await log.read({ offset: 1, maxBytes: 1, upTo: 'highWatermark' });
      const stored = Buffer.concat(buffers);
      expect(readBatchHeader(stored)).toMatchObject({ baseOffset: 1, leaderEpoch: 3 });
      expect(stored.subarray(16).equals(sent.subarray(16))).toBe(true);
      expect(batchLeaderEpoch(stored)).toBe(log.leaderEpoch);
    });

    it('Z1 believes what the caller says of a header', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      const sent = batch(['a', 'b']);
      await log.append(sent, { leaderEpoch: 0, header: readBatchHeader(sent) }).durable;
      expect(await contents(log)).toEqual(['0:a', '1:b']);
    });

    it('B2 shows consumers nothing that is not yet durable, and acknowledges in order', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      const order: number[] = [];
      const seen: boolean[] = [];
      const all = Array.from({ length: 20 }, async (_, index) => {
        const appended = log.append(batch([`v${index}`]), { leaderEpoch: 0 });
        await appended.durable;
        order.push(appended.baseOffset);
        seen.push(log.highWatermark > appended.lastOffset);
      });
      expect(log.highWatermark).toBe(0);
      expect(await contents(log)).toEqual([]);
      await Promise.all(all);
      expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
      expect(seen).toEqual(order.map(() => true));
    });

    it('Z2 gives readers who go through it in order the same bytes, whatever they ask for and however often memory is used again', async () => {
      // Blocks so small that every few batches are one, and reads of which some fit what was read ahead and some do
      // not.
      await using under = await StoreUnderTest.start(kind, {
        tailCacheBytes: 0,
        limits: { readBlockBytes: 4_096, readBuffersBytes: 8_192, readAheadBytes: 16_384 },
      });
      const log = await under.open({ segmentBytes: 20_000, indexIntervalBytes: 1 });
      const texts = numbered(120).map((text, index) => text.padEnd(100 + ((index * 37) % 900)));
      for (const text of texts) await append(log, [text]);
      const asked = [4_096, 4_096, 4_096, 3_000, 1_000, 4_096, 5_000, 2_000, 2_000];
      const readAll = async (shift: number): Promise<Buffer> => {
        const seen: Buffer[] = [];
        for (let offset = 0, step = shift; offset < log.highWatermark; step += 1) {
          const read = await log.read({
            offset,
            maxBytes: asked[step % asked.length] as number,
            upTo: 'highWatermark',
          });
          const bytes = Buffer.concat(read.buffers);
          read.release?.();
          for (const each of iterateBatches(bytes)) offset = batchLastOffset(each) + 1;
          seen.push(bytes);
        }
        return Buffer.concat(seen);
      };
      const [first, ...others] = await Promise.all([0, 1, 2, 3, 4].map(readAll));
      expect([...iterateBatches(first as Buffer)]).toHaveLength(texts.length);
      for (const other of others) expect(other.equals(first as Buffer)).toBe(true);
      expect(under.store.stats.readsAhead).toBeGreaterThan(0);
    });

    it('C2 returns whole batches within maxBytes, and at least one', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open();
      const sizes: number[] = [];
      for (let i = 0; i < 5; i++) {
        const each = batch([`value-${i}`.padEnd(100)]);
        sizes.push(each.length);
        await log.append(each, { leaderEpoch: 0 }).durable;
      }
      const bytesOf = async (maxBytes: number): Promise<number> =>
        (await log.read({ offset: 1, maxBytes, upTo: 'highWatermark' })).bytes;
      expect(await bytesOf(1)).toBe(sizes[1]);
      expect(await bytesOf(sizes[1]! + sizes[2]!)).toBe(sizes[1]! + sizes[2]!);
      expect(await bytesOf(sizes[1]! + sizes[2]! + 50)).toBe(sizes[1]! + sizes[2]!);
      expect(await bytesOf(1 << 20)).toBe(sizes.slice(1).reduce((sum, size) => sum + size, 0));
      expect(await log.read({ offset: 5, maxBytes: 100, upTo: 'highWatermark' })).toMatchObject({
        buffers: [],
        bytes: 0,
      });
    });

    it('C1 refuses offsets out of range, with the range', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      await append(log, numbered(3));
      for (const offset of [-1, 4, 1_000]) {
        await expect((async () => log.read({ offset, maxBytes: 100, upTo: 'highWatermark' }))()).rejects.toEqual(
          errorWith('OFFSET_OUT_OF_RANGE', { logStartOffset: 0, logEndOffset: 3 }),
        );
      }
    });

    it('S1 reads across segments, with a cold and with a warm cache', async () => {
      for (const tailCacheBytes of [0, 1 << 20]) {
        await using under = await StoreUnderTest.start(kind, { tailCacheBytes });
        const log = await under.open({ segmentBytes: 300, indexIntervalBytes: 100 });
        for (const text of numbered(40)) await append(log, [text]);
        expect(log.segments).toBeGreaterThan(8);
        for (const from of [0, 1, 7, 20, 39, 40]) {
          expect(await contents(log, { fromOffset: from, maxBytes: 150 })).toEqual(at(0, numbered(40)).slice(from));
        }
      }
    });

    it('C1 finds the first record at or after a time', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open({ segmentBytes: 400, indexIntervalBytes: 1 });
      for (let i = 0; i < 20; i++) await append(log, [`a${i}`, `b${i}`], { timestampMs: 1_000 + i * 10 });
      expect(await log.offsetForTimestamp(0)).toEqual({ offset: 0, timestampMs: 1_000, leaderEpoch: 0 });
      expect(await log.offsetForTimestamp(1_000)).toMatchObject({ offset: 0 });
      expect(await log.offsetForTimestamp(1_001)).toEqual({ offset: 2, timestampMs: 1_010, leaderEpoch: 0 });
      expect(await log.offsetForTimestamp(1_150)).toMatchObject({ offset: 30, timestampMs: 1_150 });
      expect(await log.offsetForTimestamp(1_190)).toMatchObject({ offset: 38 });
      expect(await log.offsetForTimestamp(1_191)).toBeNull();
    });

    it('C1 finds a time among records that are out of order', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open({ segmentBytes: 250, indexIntervalBytes: 1 });
      const times = [500, 100, 900, 200, 300, 1_000, 50];
      for (const timestampMs of times) await append(log, ['x'], { timestampMs });
      for (const target of [0, 100, 501, 900, 901, 1_000]) {
        expect((await log.offsetForTimestamp(target))?.offset).toBe(times.findIndex((time) => time >= target));
      }
      expect(await log.offsetForTimestamp(1_001)).toBeNull();
    });

    it('C1 stamps records itself under LogAppendTime', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ timestampType: 'LogAppendTime' });
      const appended = await append(log, ['x'], { timestampMs: 5 });
      expect(appended.logAppendTimeMs).toBe(under.clock.now());
      expect(await log.offsetForTimestamp(under.clock.now())).toMatchObject({
        offset: 0,
        timestampMs: under.clock.now(),
      });
      expect(await log.offsetForTimestamp(under.clock.now() + 1)).toBeNull();
    });

    it('C2 wakes whoever waits for the high watermark', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      const seen: number[] = [];
      const stop = log.onHighWatermark(() => void seen.push(log.highWatermark));
      await append(log, ['a']);
      expect(seen).toEqual([1]);
      stop();
      await append(log, ['b']);
      expect(seen).toEqual([1]);
    });

    it('B2 keeps the same promises under interval and os', async () => {
      for (const durability of ['interval', 'os'] as const) {
        await using under = await StoreUnderTest.start(kind);
        const log = await under.open({ durability });
        await append(log, numbered(3));
        expect(log.highWatermark).toBe(3);
        expect(await contents(log)).toEqual(at(0, numbered(3)));
      }
    });

    it('S3 reads what was stored with each codec', async () => {
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 0 });
      const log = await under.open();
      const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
      for (const codec of codecs) await append(log, [codec, 'x'.repeat(500)], { codec });
      expect((await contents(log)).filter((_, index) => index % 2 === 0)).toEqual(
        codecs.map((codec, index) => `${index * 2}:${codec}`),
      );
    });

    it('T3 refuses a batch of a leader that is no more', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open();
      await log.append(batch(['a']), { leaderEpoch: 5 }).durable;
      expect(() => log.append(batch(['b']), { leaderEpoch: 4 })).toThrow(errorWith('STALE_LEADER_EPOCH'));
      expect(log.leaderEpoch).toBe(5);
    });
  });
}
