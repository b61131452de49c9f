import { describe, expect, it } from 'vitest';
import type { StartPosition } from '@q/client';
import { Scene } from './scene.ts';

const hourMs = 3_600_000;

/** Ten records, an hour apart, the newest an hour ago. */
async function hourlyTopic(scene: Scene): Promise<number> {
  await scene.q.admin.createTopic('hourly', { partitions: 1 });
  await using producer = scene.q.producer();
  const firstMs = Date.now() - 10 * hourMs;
  for (let hour = 0; hour < 10; hour += 1)
    await producer.send('hourly', { value: `hour ${hour}`, timestampMs: firstMs + hour * hourMs });
  return firstMs;
}

async function offsetsFrom(scene: Scene, from: StartPosition): Promise<number[]> {
  const offsets: number[] = [];
  for await (const { offset } of scene.q.consumer('hourly', { from, stopAtEnd: true })) offsets.push(offset);
  return offsets;
}

describe('where a consumer starts', () => {
  it('C1 at the beginning, at an offset, at a time, or some records before the end; also after a restart', async () => {
    await using scene = await Scene.start();
    const firstMs = await hourlyTopic(scene);
    const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    for (const _run of ['before', 'after a restart']) {
      expect(await offsetsFrom(scene, 'earliest')).toEqual(all);
      expect(await offsetsFrom(scene, { offset: 7 })).toEqual([7, 8, 9]);
      expect(await offsetsFrom(scene, { timestampMs: firstMs + 6 * hourMs })).toEqual([6, 7, 8, 9]);
      expect(await offsetsFrom(scene, { timestampMs: firstMs + 6 * hourMs + 1 })).toEqual([7, 8, 9]);
      expect(await offsetsFrom(scene, { last: 2 })).toEqual([8, 9]);
      await scene.restart();
    }
  });

  it('C1 at the end: only what comes afterwards', async () => {
    await using scene = await Scene.start();
    await hourlyTopic(scene);
    await using producer = scene.q.producer();
    const consumer = scene.q.consumer('hourly', { from: 'latest' });
    const next = consumer[Symbol.asyncIterator]().next();
    await expect.poll(() => consumer.position(0)).toBe(10);
    await producer.send('hourly', { value: 'now' });
    expect((await next).value).toMatchObject({ offset: 10 });
    await consumer.close();
  });

  it('C1 refuses an offset that is not there, and says which are', async () => {
    await using scene = await Scene.start();
    await hourlyTopic(scene);
    await scene.q.admin.deleteRecords('hourly', { 0: 4 });
    const reading = offsetsFrom(scene, { offset: 2 });
    await expect(reading).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', details: { logStartOffset: 4 } });
    expect(await offsetsFrom(scene, 'earliest')).toEqual([4, 5, 6, 7, 8, 9]);
  });
});

describe('long poll', () => {
  it('C2 is woken by the first record, long before its time is up', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('quiet', { partitions: 1 });
    const consumer = scene.q.consumer('quiet', { from: 'earliest', maxWaitMs: 25_000 });
    const next = consumer[Symbol.asyncIterator]().next();
    await using producer = scene.q.producer();
    await producer.send('quiet', { value: 'at last' });
    expect((await next).value).toMatchObject({ offset: 0 });
    await consumer.close();
  }, 15_000);

  it('C2 stays within its bytes, and still gets a batch that is larger', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('large', { partitions: 1 });
    await using producer = scene.q.producer();
    for (let index = 0; index < 20; index += 1) await producer.send('large', { value: Buffer.alloc(200_000, index) });
    let records = 0;
    for await (const batch of scene.q
      .consumer('large', { from: 'earliest', stopAtEnd: true, prefetchBytes: 64 * 1024 })
      .batches()) {
      for (const { value } of batch.records) expect(value?.[0]).toBe(records++);
    }
    expect(records).toBe(20);
  });
});
