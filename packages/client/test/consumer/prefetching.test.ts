import type { FetchRequest } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import { setUp, fill, read, expected } from './consumer-scene.ts';

describe('prefetching', () => {
  it('C2 Z4 asks for the next bytes while the last ones are consumed, within its budget', async () => {
    const { scene, q } = await setUp({ batches: 60, valueBytes: 1_000 });
    const consumer = q.consumer('t', { prefetchBytes: 20_000, stopAtEnd: true });
    const iterator = consumer[Symbol.asyncIterator]();
    await scene.settle(iterator.next());
    await scene.clock.advance(5_000);
    const fetches = (): number => scene.broker.requestsOf<FetchRequest>('FETCH').length;
    const standing = fetches();
    await scene.clock.advance(5_000);
    expect(fetches()).toBe(standing);
    expect(standing).toBeGreaterThan(1);
    for (const { maxBytes } of scene.broker.requestsOf<FetchRequest>('FETCH'))
      expect(maxBytes).toBeLessThanOrEqual(20_000);
    let count = 1;
    for (let next = await scene.settle(iterator.next()); next.done !== true; next = await scene.settle(iterator.next()))
      count += 1;
    expect(count).toBe(180);
    await scene.settle(q.close());
  });

  it('C2 gets a batch that is larger than its whole budget', async () => {
    const { scene, q } = await setUp({ batches: 3, valueBytes: 5_000 });
    expect(await read(scene, q.consumer('t', { prefetchBytes: 1_024, stopAtEnd: true }))).toEqual(expected(0, 0, 9));
    await scene.settle(q.close());
  });

  it('C2 reads every partition to its end, also when one answer has no room for all of them', async () => {
    const { scene, q } = await setUp({ partitions: 6, batches: 20, valueBytes: 1_000 });
    const seen = await read(scene, q.consumer('t', { prefetchBytes: 8_000, stopAtEnd: true }));
    for (const partition of [0, 1, 2, 3, 4, 5])
      expect(seen.filter((value) => value.startsWith(`${partition}:`))).toEqual(expected(partition, 0, 60));
    // In turn: those that were served go to the end of the line.
    expect(new Set(seen.slice(0, 60).map((value) => value.split(':')[0])).size).toBe(6);
    await scene.settle(q.close());
  });

  it('C2 ends where the last records were compacted away', async () => {
    const { scene, q } = await setUp({ batches: 2 });
    const log = scene.broker.topics.get('t')?.logs[0];
    if (log !== undefined) log.endOffset = 20;
    const consumer = q.consumer('t', { stopAtEnd: true });
    expect(await read(scene, consumer)).toEqual(expected(0, 0, 6));
    expect(consumer.position(0)).toBe(20);
    await scene.settle(q.close());
  });

  it('C2 waits longer and longer while nothing comes, and at once no longer when something does', async () => {
    const { scene, q } = await setUp({ batches: 0 });
    const consumer = q.consumer('t');
    const iterator = consumer[Symbol.asyncIterator]();
    const first = iterator.next();
    await scene.clock.advance(30_000);
    const waits = (): number[] => scene.broker.requestsOf<FetchRequest>('FETCH').map(({ maxWaitMs }) => maxWaitMs);
    expect(waits().slice(0, 6)).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    const startMs = scene.clock.monotonic();
    fill(scene, { partition: 0, batches: 1 });
    await scene.settle(first);
    expect(scene.clock.monotonic() - startMs).toBeLessThan(100);
    await scene.clock.advance(10);
    expect(waits().at(-1)).toBe(500);
    await scene.settle(q.close());
  });

  it('C2 waits as long as it is told to', async () => {
    for (const options of [{ maxWaitMs: 700 }, { maxWaitMs: 0 }, { minBytes: 10 }]) {
      const { scene, q } = await setUp({ batches: 0 });
      const pending = q.consumer('t', options)[Symbol.asyncIterator]().next();
      await scene.clock.advance(100 + (options.maxWaitMs ?? 500) * 4);
      const waits = new Set(scene.broker.requestsOf<FetchRequest>('FETCH').map(({ maxWaitMs }) => maxWaitMs));
      expect([...waits]).toEqual([options.maxWaitMs ?? 500]);
      await scene.settle(q.close());
      await pending;
    }
  });

  it('C2 reads on at once where there are records, however many partitions have come to their ends one by one', async () => {
    const { scene, q } = await setUp({ partitions: 12, batches: 0 });
    for (let partition = 0; partition < 12; partition += 1)
      fill(scene, { partition, batches: 4 * (partition + 1), valueBytes: 1_000 });
    // The larger budget is half the shares of all partitions, the smaller one less than the least that each may ask
    // for.
    for (const prefetchBytes of [200_000, 20_000]) {
      const consumer = q.consumer('t', { prefetchBytes, maxWaitMs: 20_000 });
      const startMs = scene.clock.monotonic();
      expect(await read(scene, consumer, 3 * 4 * 78)).toHaveLength(936);
      expect(scene.clock.monotonic() - startMs).toBeLessThan(2_000);
    }
    await scene.settle(q.close());
  });

  it('C2 is not held up by fetches that nobody waits for any more', async () => {
    const { scene, q } = await setUp({ batches: 20 });
    const consumer = q.consumer('t', { maxWaitMs: 20_000, from: 'latest' });
    const next = consumer[Symbol.asyncIterator]().next();
    await scene.clock.advance(100);
    for (let round = 0; round < 6; round += 1) {
      await scene.settle(consumer.seek({ partition: 0, offset: 60 }));
      await scene.clock.advance(100);
    }
    const startMs = scene.clock.monotonic();
    await scene.settle(consumer.seek({ partition: 0, offset: 3 }));
    expect((await scene.settle(next)).value?.offset).toBe(3);
    expect(scene.clock.monotonic() - startMs).toBeLessThan(100);
    await scene.settle(q.close());
  });

  it('C2 does not let a long poll of idle partitions hold up a busy one', async () => {
    const { scene, q } = await setUp({ partitions: 3, batches: 0 });
    fill(scene, { partition: 1, batches: 50, valueBytes: 2_000 });
    const consumer = q.consumer('t', { prefetchBytes: 100_000, maxWaitMs: 10_000 });
    const startMs = scene.clock.monotonic();
    expect(await read(scene, consumer, 150)).toEqual(expected(1, 0, 150));
    expect(scene.clock.monotonic() - startMs).toBeLessThan(1_000);
    await scene.settle(q.close());
  });
});
