import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Child } from '../abuse/child.ts';
import type { LeftBehind } from './left-loops.ts';
import { Scene } from './scene.ts';

const mebibyte = 1 << 20;
const program = fileURLToPath(new URL('left-loops.ts', import.meta.url));

describe('loops over consumers', () => {
  it('B6 Z4 leave nothing behind when they are left: the memory of ten thousand is that of one', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('watched', { partitions: 1 });
    await using producer = scene.q.producer({ batchBytesMax: 64 << 10 });
    // Two batches whose frame lies in memory that is lent.
    await producer.sendBatch(
      'watched',
      Array.from({ length: 120 }, () => ({ value: Buffer.alloc(1_000, 1) })),
    );
    await using child = new Child(program, [scene.broker.url, 'watched']);
    const before = await child.ask<LeftBehind>('few');
    const after = await child.ask<LeftBehind>('many');
    const held = await child.ask<LeftBehind>('held');
    expect([before.listeners, after.listeners, held.listeners]).toEqual([0, 0, 0]);
    expect(after.usedBytes - before.usedBytes).toBeLessThan(8 * mebibyte);
    expect(after.bufferBytes - before.bufferBytes).toBeLessThan(8 * mebibyte);
    expect(after.residentBytes - before.residentBytes).toBeLessThan(160 * mebibyte);
    // Whoever keeps the consumer to go on later keeps no buffers with it.
    expect(held.bufferBytes - before.bufferBytes).toBeLessThan(8 * mebibyte);
  }, 120_000);
});
