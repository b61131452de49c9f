import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAll, readValues, Scene } from './scene.ts';

/** Cleaning runs often, and files go as soon as they may. */
const limits = { maintenanceIntervalMs: 20 } as const;
const smallSegments = { 'segment.bytes': '4096', 'file.delete.delay.ms': '0' } as const;

async function startOffset(scene: Scene, topic: string): Promise<number> {
  return (await scene.q.admin.describeTopic(topic)).partitions[0]!.logStartOffset;
}

async function bytesOnDisk(dataDir: string, topic: string): Promise<number> {
  const names = (await readdir(dataDir, { recursive: true })).filter(
    (name) => name.includes(`${topic}-0/`) && name.endsWith('.log'),
  );
  const sizes = await Promise.all(names.map((name) => sizeOf(join(dataDir, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Files may go while they are counted. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

async function produceNumbers(scene: Scene, topic: string, count: number): Promise<void> {
  await using producer = scene.q.producer();
  for (let number = 0; number < count; number += 1)
    await producer.send(topic, { key: `key ${number % 3}`, value: `number ${number} ${'.'.repeat(400)}` });
}

describe('retention', () => {
  it('S4 T3 by size deletes the oldest segments of the partition that is too large, on disk too', async () => {
    await using scene = await Scene.start({ limits });
    await scene.q.admin.createTopic('sized', {
      partitions: 1,
      config: { ...smallSegments, 'retention.bytes': '16384' },
    });
    await scene.q.admin.createTopic('kept', { partitions: 1, config: smallSegments });
    await produceNumbers(scene, 'sized', 100);
    await produceNumbers(scene, 'kept', 100);
    await expect.poll(() => bytesOnDisk(scene.dataDir, 'sized'), { timeout: 10_000 }).toBeLessThan(16_384 + 4096);
    const start = await startOffset(scene, 'sized');
    expect(start).toBeGreaterThan(0);
    const records = await readAll(scene.q, 'sized');
    expect(records.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 100 - start }, (_, index) => start + index),
    );
    expect(await readAll(scene.q, 'kept')).toHaveLength(100);
  });

  it('S4 by time deletes segments whose newest record is too old, and nothing younger', async () => {
    await using scene = await Scene.start({ limits });
    await scene.q.admin.createTopic('timed', {
      partitions: 1,
      config: { ...smallSegments, 'retention.ms': '3600000' },
    });
    await using producer = scene.q.producer();
    const value = '.'.repeat(400);
    for (let index = 0; index < 50; index += 1)
      await producer.send('timed', { value, timestampMs: Date.now() - 7_200_000 });
    for (let index = 0; index < 50; index += 1) await producer.send('timed', { value });
    await expect.poll(() => startOffset(scene, 'timed'), { timeout: 10_000 }).toBeGreaterThan(30);
    expect(await startOffset(scene, 'timed')).toBeLessThanOrEqual(50);
    const offsets = (await readAll(scene.q, 'timed')).map(({ offset }) => offset);
    expect(offsets.slice(-50)).toEqual(Array.from({ length: 50 }, (_, index) => 50 + index));
  });
});

describe('compaction', () => {
  it('S4 keeps the last value of each key at its offset, drops deleted keys, and survives a restart', async () => {
    await using scene = await Scene.start({ limits });
    const config = {
      ...smallSegments,
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0',
      'delete.retention.ms': '0',
    };
    await scene.q.admin.createTopic('latest', { partitions: 1, config });
    await using producer = scene.q.producer();
    await produceNumbers(scene, 'latest', 90);
    await producer.send('latest', { key: 'key 0', value: null });
    // The newest segment is never compacted: these push what came before out of it.
    for (let index = 0; index < 20; index += 1)
      await producer.send('latest', { key: `filler ${index}`, value: '.'.repeat(400) });
    const remaining = async (): Promise<string[]> =>
      (await readAll(scene.q, 'latest'))
        .filter(({ key }) => key!.startsWith('key'))
        .map(({ key, offset, value }) => `${key} ${offset} ${value?.split(' ')[1]}`);
    const expected = ['key 1 88 88', 'key 2 89 89'];
    // A first look at the log drops old values, a second one the tombstone, which readers were to see for a time.
    await expect.poll(remaining, { timeout: 10_000 }).toEqual(expected);
    await scene.restart();
    expect(await remaining()).toEqual(expected);
  });

  it('S4 T2 G3 every number that is shown counts the records that are left, also after a restart', async () => {
    await using scene = await Scene.start({ limits });
    const config = { ...smallSegments, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' };
    await scene.q.admin.createTopic('counted', { partitions: 1, config });
    await produceNumbers(scene, 'counted', 90);
    await scene.q.admin.resetGroupOffsets('billing', { counted: { 0: 0 } });
    const numbers = async (): Promise<unknown> => {
      const [{ messages, messagesExact, partitions }, [listed], stats, group] = await Promise.all([
        scene.q.admin.describeTopic('counted'),
        scene.q.admin.listTopics(),
        scene.q.admin.stats(),
        scene.q.admin.describeGroup('billing'),
      ]);
      const partition = partitions[0]!;
      const shown = [
        messages,
        partition.messages,
        listed!.messages,
        stats.messages,
        group.lag,
        group.partitions[0]!.lag,
      ];
      const isExact = [
        messagesExact,
        partition.messagesExact,
        listed!.messagesExact,
        stats.messagesExact,
        group.lagExact,
        group.partitions[0]!.lagExact,
      ];
      return { shown: [...new Set(shown)], isExact: [...new Set(isExact)] };
    };
    const expected = async (): Promise<unknown> => ({
      shown: [(await readAll(scene.q, 'counted')).length],
      isExact: [true],
    });
    await expect.poll(async () => (await readAll(scene.q, 'counted')).length, { timeout: 10_000 }).toBeLessThan(20);
    // Cleaning may go on between the two questions.
    const isTrue = async (): Promise<boolean> => JSON.stringify(await numbers()) === JSON.stringify(await expected());
    await expect.poll(isTrue, { timeout: 10_000 }).toBe(true);
    await scene.restart();
    await expect.poll(isTrue, { timeout: 10_000 }).toBe(true);
  });

  it('S4 takes no record without a key', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('latest', { partitions: 1, config: { 'cleanup.policy': 'compact' } });
    await using producer = scene.q.producer();
    await expect(producer.send('latest', { value: 'no key' })).rejects.toMatchObject({ code: 'KEY_REQUIRED' });
    expect(await readValues(scene.q, 'latest')).toEqual([]);
  });
});

describe('the cap on total storage', () => {
  it('S4 refuses writes at the cap, takes them again when there is room, and serves reads throughout', async () => {
    await using scene = await Scene.start({ limits, storageMaxBytes: 256 * 1024 });
    await scene.q.admin.createTopic('capped', { partitions: 1, config: smallSegments });
    await using producer = scene.q.producer({ deliveryTimeoutMs: 300 });
    const fill = async (): Promise<void> => {
      for (let index = 0; index < 2000; index += 1) await producer.send('capped', { value: '.'.repeat(1000) });
    };
    await expect(fill()).rejects.toSatisfy((error) =>
      JSON.stringify([error.code, error.cause?.code]).includes('STORAGE_FULL'),
    );
    const stored = (await readAll(scene.q, 'capped')).length;
    expect(stored).toBeGreaterThan(10);
    await scene.q.admin.deleteRecords('capped', { 0: stored - 5 });
    await using later = scene.q.producer();
    await later.send('capped', { value: 'room again' });
    expect((await readValues(scene.q, 'capped')).at(-1)).toBe('room again');
  });

  it('S4 drops the oldest records instead, when told to', async () => {
    await using scene = await Scene.start({ limits, storageMaxBytes: 256 * 1024, whenFull: 'drop-oldest' });
    await scene.q.admin.createTopic('capped', { partitions: 1, config: smallSegments });
    await produceNumbers(scene, 'capped', 1500);
    expect(await startOffset(scene, 'capped')).toBeGreaterThan(0);
    const records = await readAll(scene.q, 'capped');
    expect(records.at(-1)).toMatchObject({ offset: 1499 });
    // Room is made beside the writes, so the last few of them may be ahead of it for a moment.
    await expect.poll(() => bytesOnDisk(scene.dataDir, 'capped')).toBeLessThanOrEqual(256 * 1024);
  });
});
