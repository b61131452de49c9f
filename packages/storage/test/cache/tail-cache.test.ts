import { describe, expect, it } from 'vitest';
import { assignOffsets, LentMemory } from '@q/protocol';
import { TailCache } from '../../src/cache/tail-cache.ts';
import { emptyStats } from '../../src/stats.ts';
import { append, batch, contents, numbered, StoreUnderTest } from '../conformance/harness.ts';
import { memoryStore } from '../conformance/places.ts';

function cacheOf(bytesMax: number, entryBytes = 0): { cache: TailCache; stats: ReturnType<typeof emptyStats> } {
  const stats = emptyStats();
  return {
    cache: new TailCache({ bytesMax, entryBytes, stats, appendBuffers: new LentMemory({ bytesMin: 1, bytesMax: 0 }) }),
    stats,
  };
}

const ten = (offset: number): { baseOffset: number; lastOffset: number; batch: Buffer } => ({
  baseOffset: offset * 2,
  lastOffset: offset * 2 + 1,
  batch: Buffer.alloc(10, offset),
});

/** A real batch, of two records. */
function pair(index: number, valueBytes = 10): { baseOffset: number; lastOffset: number; batch: Buffer } {
  const bytes = batch(['', String(index).padEnd(valueBytes)]);
  assignOffsets(bytes, { baseOffset: index * 2, leaderEpoch: 0 });
  return { baseOffset: index * 2, lastOffset: index * 2 + 1, batch: bytes };
}

describe('the tail cache', () => {
  it('Z1 gives back the very buffers, from the one that holds the offset, within limits', () => {
    const { cache } = cacheOf(10_000);
    const tail = cache.openTail();
    const batches = [0, 1, 2, 3].map((index) => pair(index));
    const { length } = pair(0).batch;
    for (const each of batches) tail.add(each);
    expect(tail.read({ offset: 3, limitOffset: 8, maxBytes: 2 * length })?.buffers).toEqual([
      batches[1]?.batch,
      batches[2]?.batch,
    ]);
    expect(tail.read({ offset: 3, limitOffset: 8, maxBytes: 2 * length })?.buffers[0]).toBe(batches[1]?.batch);
    expect(tail.read({ offset: 0, limitOffset: 8, maxBytes: 1 })?.bytes).toBe(length);
    expect(tail.read({ offset: 0, limitOffset: 4, maxBytes: 10_000 })?.bytes).toBe(2 * length);
    expect(tail.read({ offset: 8, limitOffset: 8, maxBytes: 10_000 })?.bytes).toBe(0);
  });

  it('Z2 drops the oldest append of all logs first, within one budget', () => {
    const { cache, stats } = cacheOf(40);
    const [a, b] = [cache.openTail(), cache.openTail()];
    a.add(ten(0));
    b.add(ten(0));
    a.add(ten(1));
    b.add(ten(1));
    a.add(ten(2));
    expect([a.startOffset, b.startOffset, stats.tailCacheBytes]).toEqual([2, 0, 40]);
    a.add(ten(3));
    expect([a.startOffset, b.startOffset]).toEqual([2, 2]);
    expect(a.read({ offset: 1, limitOffset: 8, maxBytes: 100 })).toBeNull();
  });

  it('Z2 counts what a batch takes beside its bytes', () => {
    const { cache, stats } = cacheOf(100, 20);
    const tail = cache.openTail();
    for (const index of [0, 1, 2, 3]) tail.add(ten(index));
    expect([tail.startOffset, stats.tailCacheBytes]).toEqual([2, 30]);
  });

  it('Z2 holds nothing without a budget, and forgets a log that goes', () => {
    const { cache, stats } = cacheOf(0);
    const tail = cache.openTail();
    tail.add(ten(0));
    expect([tail.startOffset, stats.tailCacheBytes]).toEqual([Number.POSITIVE_INFINITY, 0]);
    const large = cacheOf(100);
    const other = large.cache.openTail();
    for (const index of [0, 1, 2]) other.add(ten(index));
    other.clear();
    expect([large.stats.tailCacheBytes, other.read({ offset: 4, limitOffset: 8, maxBytes: 9 })]).toEqual([0, null]);
  });

  it('S4 forgets what retention drops and compaction stores anew', () => {
    const { cache, stats } = cacheOf(50);
    const tail = cache.openTail();
    for (const index of [0, 1, 2, 3, 4]) tail.add(ten(index));
    tail.dropBelow(5);
    expect([tail.startOffset, stats.tailCacheBytes]).toEqual([4, 30]);
    tail.dropBelow(5);
    for (const index of [5, 6, 7]) tail.add(ten(index));
    expect([tail.startOffset, stats.tailCacheBytes]).toEqual([6, 50]);
    tail.dropBelow(99);
    expect([tail.startOffset, stats.tailCacheBytes]).toEqual([Number.POSITIVE_INFINITY, 0]);
  });

  it('Z2 keeps the order of appends through many that were dropped', () => {
    const { cache, stats } = cacheOf(30);
    const [keeper, churn] = [cache.openTail(), cache.openTail()];
    keeper.add(ten(0));
    for (let index = 0; index < 5_000; index += 1) {
      churn.add(ten(index));
      churn.dropBelow(index * 2 + 2);
    }
    expect([keeper.startOffset, stats.tailCacheBytes]).toEqual([0, 10]);
    for (const index of [1, 2, 3]) keeper.add(ten(index));
    expect([keeper.startOffset, stats.tailCacheBytes]).toEqual([2, 30]);
  });

  it('Z2 stays small over very many appends', () => {
    const { cache, stats } = cacheOf(1_000);
    const tails = [cache.openTail(), cache.openTail()];
    for (let index = 0; index < 20_000; index += 1) tails[index % 2]?.add(ten(Math.floor(index / 2)));
    expect(stats.tailCacheBytes).toBe(1_000);
    expect(tails[0]?.startOffset).toBe((10_000 - 50) * 2);
  });
});

describe('reads at the tail', () => {
  it('Z2 are synchronous and copy nothing', async () => {
    await using under = await StoreUnderTest.start(memoryStore);
    const log = await under.open();
    await append(log, ['a'.repeat(10_000)]);
    const reads = [0, 1].map(() => log.read({ offset: 0, maxBytes: 1_000, upTo: 'highWatermark' }));
    for (const read of reads) expect(read).not.toBeInstanceOf(Promise);
    expect(under.store.stats).toMatchObject({ readsHot: 2, readsCold: 0 });
    const [one, other] = await Promise.all(reads.map(async (read) => await read));
    expect(one?.buffers[0]).toBe(other?.buffers[0]);
  });

  it('S4 do not show what compaction has removed', async () => {
    await using under = await StoreUnderTest.start(memoryStore);
    const config = { segmentBytes: 300, cleanupPolicy: { delete: false, compact: true }, minCleanableDirtyRatio: 0 };
    const log = await under.open(config);
    for (let index = 0; index < 20; index += 1) await append(log, [`k=v${index}`.padEnd(60)]);
    expect(await under.store.maintain()).toMatchObject({ logsCompacted: 1 });
    const found = await contents(log);
    expect(found.length).toBeLessThan(10);
    expect(found.at(-1)).toMatch(/^19:k=v19/);
  });

  it('S1 find what the cache was too small for while it waits for its round', async () => {
    await using under = await StoreUnderTest.start(memoryStore, { tailCacheBytes: 0 });
    const log = await under.open();
    await append(log, ['stored']);
    const waiting = numbered(3).map((text) => log.append(batch([text]), { leaderEpoch: 0 }));
    const tail = await log.read({ offset: 2, maxBytes: 1_000, upTo: 'end' });
    expect(tail.buffers).toHaveLength(2);
    const all = await log.read({ offset: 0, maxBytes: 1_000, upTo: 'end' });
    expect(all.buffers).toHaveLength(1);
    await Promise.all(waiting.map((each) => each.durable));
  });
});
