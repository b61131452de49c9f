import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesSaid,
  codecNames,
  compress,
  compressInPool,
  decompress,
  decompressInPool,
} from '../../src/compression/codec.ts';
import type { CodecName } from '../../src/compression/codec.ts';

const compressing = codecNames.filter((name) => name !== 'none');
const text = Buffer.from('the quick brown fox jumps over the lazy dog; '.repeat(500));
const xerialHeader = Buffer.from('82534e41505059000000000100000001', 'hex');

describe.each(codecNames)('codec %s in the thread pool', (codec) => {
  it('W3 gives back what it compressed, large and small, up to the limit', async () => {
    for (const length of [0, 1, 100, 300_000, 3 << 20]) {
      const bytes = Buffer.alloc(length, text);
      const compressed = await compressInPool(codec, bytes, { pause: async () => undefined });
      expect((await inPool(codec, compressed, length)).equals(bytes)).toBe(true);
      expect(decompress(codec, compressed, length).equals(bytes)).toBe(true);
      if (length > 0)
        await expect(inPool(codec, compressed, length - 1)).rejects.toMatchObject({ code: 'BATCH_TOO_LARGE' });
    }
  });
});

describe.each(compressing)('untrusted %s data in the thread pool', (codec) => {
  const whole = compress(codec, text);

  it('comes to the same end as at once: cut off, lengthened and damaged', async () => {
    const damages = fc.oneof(
      fc.nat(whole.length).map((length) => whole.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 12 }).map((tail) => Buffer.concat([whole, tail])),
      fc
        .record({ at: fc.nat(whole.length - 1), mask: fc.integer({ min: 1, max: 255 }) })
        .map(({ at, mask }) => flipped(whole, at, mask)),
    );
    await fc.assert(
      fc.asyncProperty(damages, fc.constantFrom(text.length, text.length - 1, 1 << 20), async (bytes, bytesMax) => {
        const expected = outcome(() => decompress(codec, bytes, bytesMax));
        expect(await inPool(codec, bytes, bytesMax).then(described, describedError)).toBe(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('W3 says no less than it becomes', () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const bytes = flipped(whole, at, mask);
        let output: Buffer;
        try {
          output = decompress(codec, bytes, 1 << 20);
        } catch {
          return;
        }
        expect(bytesSaid(codec, bytes)).toBeGreaterThanOrEqual(output.length);
      }),
      { numRuns: 150 },
    );
    expect(bytesSaid(codec, whole)).toBeGreaterThanOrEqual(text.length);
    expect(bytesSaid(codec, whole.subarray(0, 3))).toBe(0);
  });
});

describe('gzip that says less than it becomes', () => {
  it.each([0, 10, 1 << 20])('W3 is stopped at the %d bytes that it says', async (said) => {
    const bomb = gzipSync(Buffer.alloc(32 << 20));
    bomb.writeUInt32LE(said, bomb.length - 4);
    await expect(inPool('gzip', bomb, 64 << 20)).rejects.toMatchObject({
      code: 'CORRUPT_BATCH',
      message: expect.stringContaining(`more than the ${said} bytes`),
    });
    expect(() => decompress('gzip', bomb, 64 << 20)).toThrow(`more than the ${said} bytes`);
  });
});

describe('many small pieces', () => {
  it('W3 zstd: more frames than a writer makes are refused, at once and in the pool', async () => {
    const frame = compress('zstd', Buffer.from('x'));
    const frames = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => frame));
    expect(decompress('zstd', frames(1024), 2000)).toHaveLength(1024);
    expect((await inPool('zstd', frames(64), 2000)).toString()).toBe('x'.repeat(64));
    expect(() => decompress('zstd', frames(1025), 2000)).toThrow('more than 1024 frames');
    await expect(inPool('zstd', frames(1025), 2000)).rejects.toMatchObject({ code: 'BATCH_TOO_LARGE' });
    expect(bytesSaid('zstd', frames(100))).toBeGreaterThan(1 << 20);
  });

  it('W3 snappy: blocks of xerial framing give way between them, and count more than their bytes', async () => {
    const block = compress('snappy', Buffer.from('y'));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    const framed = Buffer.concat([xerialHeader, ...Array.from({ length: 2000 }, () => [length, block]).flat()]);
    let pauses = 0;
    const pause = async (): Promise<void> => void (pauses += 1);
    expect((await decompressInPool('snappy', framed, { bytesMax: 2000, pause })).toString()).toBe('y'.repeat(2000));
    expect(pauses).toBeGreaterThan(2);
    expect(bytesSaid('snappy', framed)).toBeGreaterThan(1 << 20);
    const large = Buffer.alloc(1 << 20, text);
    const largeBlock = compress('snappy', large);
    length.writeUInt32BE(largeBlock.length);
    expect(
      (
        await decompressInPool('snappy', Buffer.concat([xerialHeader, length, largeBlock]), {
          bytesMax: 1 << 20,
          pause,
        })
      ).equals(large),
    ).toBe(true);
  });
});

function inPool(codec: CodecName, bytes: Buffer, bytesMax: number): Promise<Buffer> {
  return decompressInPool(codec, bytes, { bytesMax, pause: async () => undefined });
}

function flipped(bytes: Buffer, at: number, mask: number): Buffer {
  const damaged = Buffer.from(bytes);
  damaged[at]! ^= mask;
  return damaged;
}

function outcome(run: () => Buffer): string {
  try {
    return described(run());
  } catch (error) {
    return describedError(error);
  }
}

function described(output: Buffer): string {
  return output.toString('latin1');
}

function describedError(error: unknown): string {
  const { code } = error as { code: string };
  // Data may be too long and damaged, of which one or the other is seen first.
  return code === 'BATCH_TOO_LARGE' ? 'CORRUPT_BATCH' : code;
}
