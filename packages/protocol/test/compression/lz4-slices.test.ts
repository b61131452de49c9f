import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xxHash32 } from '../../src/checksum/xxhash32.ts';
import { compressInPool, decompress, decompressInPool } from '../../src/compression/codec.ts';

interface Addon {
  compressFrameSync(input: Uint8Array, options?: { contentChecksum?: boolean; blockChecksums?: boolean }): Buffer;
  compressSync(input: Uint8Array, dictionary?: Uint8Array): Buffer;
}
const addon = createRequire(new URL('../../src/index.ts', import.meta.url))('lz4-napi') as Addon;

const windowBytes = 64 << 10;
const bytesMax = 16 << 20;
/** Matches of it reach from one block into the one before. */
const text = Buffer.from(
  Array.from({ length: 30_000 }, (_, index) => `"customer":${(index * 7_919) % 1_009},`).join(''),
);

describe('lz4 in slices', () => {
  it('P3 W3 reads what the addon writes: several blocks, with checksums and without', async () => {
    const plain = Buffer.alloc(9 << 20, text);
    for (const options of [
      {},
      { contentChecksum: true },
      { blockChecksums: true },
      { contentChecksum: true, blockChecksums: true },
    ]) {
      const frame = addon.compressFrameSync(plain, options);
      expect((await inSlices(frame)).equals(plain)).toBe(true);
    }
  });

  it('P3 W3 reads blocks that copy from those before them, stored ones between them, as the addon does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (sizes, withSize) => {
          const { frame, plain } = linkedFrame(sizes, withSize);
          expect(decompress('lz4', frame, bytesMax).equals(plain)).toBe(true);
          expect((await inSlices(frame)).equals(plain)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('W3 refuses what the addon refuses: a bit wrong anywhere in the frame', async () => {
    const { frame } = linkedFrame([120, 80, 40], true);
    const checked = addon.compressFrameSync(text.subarray(0, 200), { contentChecksum: true, blockChecksums: true });
    const different: number[] = [];
    for (const whole of [frame, checked]) {
      for (let bit = 0; bit < whole.length * 8; bit += 1) {
        const damaged = Buffer.from(whole);
        damaged[bit >>> 3]! ^= 1 << (bit & 7);
        const atOnce = await outcome(() => decompress('lz4', damaged, bytesMax));
        if ((await outcome(() => inSlices(damaged))) !== atOnce) different.push(bit);
      }
    }
    expect(different).toEqual([]);
  });

  it('W3 names the checksum that is wrong', async () => {
    const frame = addon.compressFrameSync(text.subarray(0, 500), { contentChecksum: true, blockChecksums: true });
    for (const [at, what] of [
      [6, 'of the frame header'],
      [20, 'of a block'],
      [frame.length - 1, 'of the content'],
    ] as const) {
      const damaged = Buffer.from(frame);
      damaged[at]! ^= 1;
      await expect(inSlices(damaged)).rejects.toMatchObject({
        code: 'CORRUPT_BATCH',
        message: expect.stringContaining(what),
      });
    }
  });

  it('W3 gives way between blocks, also when they are tiny', async () => {
    const blocks = Array.from({ length: 4_000 }, () => [sizeOf(2), Buffer.from([0x10, 0x61])]).flat();
    const frame = Buffer.concat([Buffer.from('04224d18604082', 'hex'), ...blocks, Buffer.alloc(4)]);
    const { pause, pauses } = counted();
    expect((await decompressInPool('lz4', frame, { bytesMax, pause })).toString()).toBe('a'.repeat(4_000));
    expect(pauses()).toBeGreaterThan(4);
  });

  it('S3 W3 what it compresses is a frame for others, of blocks that compress and blocks that do not', async () => {
    const noise = Buffer.from(
      Array.from({ length: 300_000 }, (_, index) => xxHash32(Buffer.from(String(index))) & 0xff),
    );
    const plain = Buffer.concat([text, noise, text, noise]);
    const { pause, pauses } = counted();
    const frame = await compressInPool('lz4', plain, { pause });
    expect(pauses()).toBeGreaterThan(4);
    expect(decompress('lz4', frame, bytesMax).equals(plain)).toBe(true);
    expect((await inSlices(frame)).equals(plain)).toBe(true);
    expect(frame.length).toBeLessThan(plain.length);
  });
});

/** As other writers make it: each block may copy from the 64 KiB before it. Every third is stored. */
function linkedFrame(sizes: readonly number[], withSize: boolean): { frame: Buffer; plain: Buffer } {
  const plain = text.subarray(
    0,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const descriptor = Buffer.alloc(withSize ? 10 : 2);
  descriptor[0] = withSize ? 0x48 : 0x40;
  descriptor[1] = 0x40;
  if (withSize) descriptor.writeBigUInt64LE(BigInt(plain.length), 2);
  const parts: Buffer[] = [
    Buffer.from('04224d18', 'hex'),
    descriptor,
    Buffer.from([(xxHash32(descriptor) >>> 8) & 0xff]),
  ];
  let at = 0;
  for (const [index, size] of sizes.entries()) {
    const data = plain.subarray(at, at + size);
    const made = addon.compressSync(data, plain.subarray(Math.max(0, at - windowBytes), at)).subarray(4);
    const isStored = index % 3 === 2 || made.length >= size;
    parts.push(sizeOf(isStored ? size + 0x8000_0000 : made.length), isStored ? data : made);
    at += size;
  }
  return { frame: Buffer.concat([...parts, Buffer.alloc(4)]), plain };
}

function sizeOf(bytes: number): Buffer {
  const word = Buffer.alloc(4);
  word.writeUInt32LE(bytes);
  return word;
}

function inSlices(frame: Buffer): Promise<Buffer> {
  return decompressInPool('lz4', frame, { bytesMax, pause: async () => undefined });
}

function counted(): { pause: () => Promise<void>; pauses: () => number } {
  let pauses = 0;
  return { pause: async () => void (pauses += 1), pauses: () => pauses };
}

async function outcome(run: () => Buffer | Promise<Buffer>): Promise<string> {
  try {
    return (await run()).toString('latin1');
  } catch (error) {
    return (error as { code: string }).code;
  }
}
