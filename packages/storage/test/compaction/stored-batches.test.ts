import { encodeBatch } from '@q/protocol';
import { MemoryFileSystem } from '@q/storage';
import type { File } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { storedBatches } from '../../src/compaction/stored-batches.ts';

const batches = [10, 500, 3_000, 40].map((bytes, index) =>
  encodeBatch([{ value: 'x'.repeat(bytes) }], { baseOffset: index * 2 }),
);
const whole = Buffer.concat(batches);

async function fileOf(bytes: Buffer): Promise<File> {
  const file = await new MemoryFileSystem().open('/f', 'create');
  await file.write([bytes], 0);
  return file;
}

async function readAll(bytes: Buffer, blockBytes: number): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const batch of storedBatches({
    file: await fileOf(bytes),
    path: '/f',
    to: bytes.length,
    baseOffset: 0,
    endOffset: 7,
    blockBytes,
  }))
    found.push(batch);
  return found;
}

describe('storedBatches', () => {
  it.each([61, 100, 700, 4_000, 1 << 20])('S4 yields every batch whole with blocks of %d bytes', async (blockBytes) => {
    expect(await readAll(whole, blockBytes)).toEqual(batches);
  });

  it('S2 refuses a flipped bit, a cut, and batches in the wrong order', async () => {
    for (const at of [0, 3, 7, 8, 16, 20, 30, 70, 1_000, whole.length - 1]) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0x40;
      await expect(readAll(damaged, 700)).rejects.toMatchObject({ code: 'CORRUPT_LOG', details: { file: '/f' } });
    }
    for (const length of [1, 61, whole.length - 1]) {
      await expect(readAll(whole.subarray(0, length), 700)).rejects.toMatchObject({ code: 'CORRUPT_LOG' });
    }
    const swapped = Buffer.concat([batches[1]!, batches[0]!]);
    await expect(readAll(swapped, 700)).rejects.toMatchObject({
      code: 'CORRUPT_LOG',
      details: { check: 'bad-offset' },
    });
  });
});
