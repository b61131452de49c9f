import type { LentMemory } from '@q/protocol';
import type { LocalStore } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { batch, contents, StoreUnderTest } from '../conformance/harness.ts';
import { directoryStore, memoryStore, simulatedDiskStore } from '../conformance/places.ts';

const buffersOf = ({ store }: StoreUnderTest): LentMemory | null => (store as LocalStore).appendBuffers;

for (const kind of [directoryStore, simulatedDiskStore]) {
  describe(`memory for appends, ${kind.name}`, () => {
    const recordsOf = (count: number, round: number): string[] =>
      Array.from({ length: count }, (_, index) => `${round}/${index} ${'x'.repeat(100)}`);

    /** As a connection does: a frame with a batch in it, appended, let go of. */
    function appendFrame(
      under: StoreUnderTest,
      log: Awaited<ReturnType<StoreUnderTest['open']>>,
      texts: readonly string[],
    ): Promise<void> {
      const bytes = batch(texts);
      const appendBuffers = buffersOf(under);
      const frame = appendBuffers?.take(bytes.length) as Buffer;
      bytes.copy(frame);
      const view = frame.subarray(0, bytes.length);
      const appended = log.append(view, { leaderEpoch: 0 });
      appendBuffers?.release(view);
      return appended.durable;
    }

    it('B2 S1 holds what is not durable, cached or being read, and nothing else', async () => {
      await using under = await StoreUnderTest.start(kind, {
        tailCacheBytes: 100_000,
        limits: { appendBuffersBytesMin: 16_384, appendBuffersBytes: 1 << 20 },
      });
      const log = await under.open();
      const free = (): number => buffersOf(under)?.freeBytes ?? -1;
      const first = appendFrame(under, log, recordsOf(500, 0));
      expect(free()).toBe(0);
      await first;
      // The tail cache has it.
      expect(free()).toBe(0);
      const read = await log.read({ offset: 0, maxBytes: 1 << 20, upTo: 'highWatermark' });
      const other = await log.read({ offset: 0, maxBytes: 1 << 20, upTo: 'highWatermark' });
      const seen = Buffer.concat(read.buffers);
      await appendFrame(under, log, recordsOf(500, 1));
      // Evicted, but readers still look at it.
      expect(free()).toBe(0);
      read.release?.();
      read.release?.();
      expect(free()).toBe(0);
      expect(Buffer.concat(other.buffers).equals(seen)).toBe(true);
      other.release?.();
      expect(free()).toBe(65_536);
    });

    it('B2 B8 does not keep what many share for a reader who takes its time', async () => {
      const limits = { appendBuffersBytesMin: 16_384, appendBuffersSharedBytes: 16_384, appendBuffersBytes: 1 << 20 };
      await using under = await StoreUnderTest.start(kind, { tailCacheBytes: 50_000, limits });
      const log = await under.open();
      // Small ones, one that is not, and small ones: from shared memory, from a frame, and from shared memory.
      const small = (text: string): Promise<void> =>
        log.append(Buffer.concat([batch([text]), Buffer.alloc(5_000)]).subarray(0, batch([text]).length), {
          leaderEpoch: 0,
        }).durable;
      for (const text of ['a', 'b']) await small(text);
      await appendFrame(under, log, ['large'.repeat(4_000)]);
      for (const text of ['c', 'd']) await small(text);
      const read = await log.read({ offset: 0, maxBytes: 1 << 20, upTo: 'highWatermark' });
      expect(read.buffers).toHaveLength(3);
      const expected = [`0:a`, '1:b', `2:${'large'.repeat(4_000)}`, '3:c', '4:d'];
      expect(await contents(log)).toEqual(expected);
      const seen = Buffer.concat(read.buffers);
      // Everything of it leaves the cache; the large one alone is kept for the reader.
      for (let count = 0; count < 8; count += 1) await appendFrame(under, log, ['x'.repeat(20_000)]);
      for (let count = 0; count < 4; count += 1) await small('y'.repeat(4_000));
      for (let count = 0; count < 8; count += 1) await appendFrame(under, log, ['x'.repeat(20_000)]);
      const freeBytes = buffersOf(under)?.freeBytes as number;
      expect(freeBytes).toBeGreaterThanOrEqual(16_384);
      read.release?.();
      expect(buffersOf(under)?.freeBytes).toBeGreaterThan(freeBytes);
      expect(seen).toEqual(Buffer.concat(read.buffers));
    });

    it('B2 S1 P4 gives back every record as it came, in memory that is written over as soon as it is free', async () => {
      await using under = await StoreUnderTest.start(kind, {
        tailCacheBytes: 200_000,
        limits: { appendBuffersBytesMin: 16_384, appendBuffersBytes: 1 << 20, lateWriteBytes: 100_000 },
      });
      const logs = [await under.open({}, { partition: 0 }), await under.open({}, { partition: 1 })];
      const expected: string[][] = [[], []];
      const held: { read: Awaited<ReturnType<(typeof logs)[0]['read']>>; copy: Buffer }[] = [];
      for (let round = 0; round < 60; round += 1) {
        const texts = recordsOf(200 + (round % 7) * 60, round);
        await Promise.all(logs.map((log) => appendFrame(under, log, texts)));
        for (const each of expected) for (const text of texts) each.push(`${each.length}:${text}`);
        const log = logs[round % 2] as (typeof logs)[0];
        const read = await log.read({ offset: log.highWatermark - 1, maxBytes: 1 << 20, upTo: 'highWatermark' });
        held.push({ read, copy: Buffer.concat(read.buffers) });
        if (held.length < 5) continue;
        const oldest = held.shift() as (typeof held)[0];
        expect(Buffer.concat(oldest.read.buffers).equals(oldest.copy)).toBe(true);
        oldest.read.release?.();
      }
      expect(buffersOf(under)?.freeBytes).toBeGreaterThan(0);
      for (const [index, log] of logs.entries()) expect(await contents(log)).toEqual(expected[index]);
      await under.restart();
      for (const index of logs.keys())
        expect(await contents(await under.open({}, { partition: index }))).toEqual(expected[index]);
    });
  });
}

describe('memory for appends, memory store', () => {
  it('B2 is not used again: its files are the very buffers', async () => {
    await using under = await StoreUnderTest.start(memoryStore);
    expect(buffersOf(under)).toBeNull();
  });
});
