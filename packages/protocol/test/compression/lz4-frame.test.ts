import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compress, decompress } from '../../src/compression/codec.ts';
import { checkLz4Frame } from '../../src/compression/lz4-frame.ts';
import { errorOf } from '../error-of.ts';

/** "hello hello hello hello hello hello hello hello hello" with block and content checksums. */
const withChecksums = Buffer.from(
  '04224d187440bd110000006f68656c6c6f20060016602068656c6c6f6c96ad610000000043af1bea',
  'hex',
);
const bytesMax = 1 << 20;

describe('lz4 frame', () => {
  it('accepts block and content checksums', () => {
    expect(decompress('lz4', withChecksums, bytesMax).toString()).toBe(Array(9).fill('hello').join(' '));
  });

  it('refuses a wrong block checksum, content checksum and header checksum', () => {
    for (const at of [withChecksums.length - 1, withChecksums.length - 9, 6]) {
      const damaged = Buffer.from(withChecksums);
      damaged[at] = (damaged[at] as number) ^ 1;
      const error = errorOf(() => decompress('lz4', damaged, bytesMax));
      expect(error.code).toBe('CORRUPT_BATCH');
      expect(error.cause).toBeInstanceOf(Error);
    }
  });

  it('refuses a match that reaches before the beginning, with the cause', () => {
    const frame = frameOf(Buffer.from([0x10, 0x61, 0x05, 0x00, 0x10, 0x62]));
    const error = errorOf(() => decompress('lz4', frame, bytesMax));
    expect(error.code).toBe('CORRUPT_BATCH');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each([
    ['another magic', 0, 0x05],
    ['another version', 4, 0x20],
    ['a dictionary', 4, 0x61],
    ['a reserved flag', 4, 0x62],
    ['a block size below 64 KiB', 5, 0x30],
    ['a reserved block bit', 5, 0xc0],
  ])('refuses %s', (_what, at, byte) => {
    const damaged = Buffer.from(frameOf(Buffer.from([0x10, 0x61])));
    damaged[at] = byte;
    expect(errorOf(() => checkLz4Frame(damaged, bytesMax)).code).toBe('CORRUPT_BATCH');
  });

  it('refuses a declared content size over the limit, before anything is decompressed', () => {
    const header = Buffer.from('04224d18684000000000010000000000', 'hex');
    const frame = Buffer.concat([header.subarray(0, 15), Buffer.alloc(4)]);
    expect(errorOf(() => checkLz4Frame(frame, 0xffff)).code).toBe('BATCH_TOO_LARGE');
    expect(checkLz4Frame(frame, 0xffff_ffff_ffff)).toMatchObject({ declaredBytes: 0x1_0000_0000_00 / 256 });
  });

  it('knows the exact size of blocks that are far below their maximum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 1, max: 40 }), (part, times) => {
        const bytes = Buffer.concat(Array.from({ length: times }, () => part));
        const frame = compress('lz4', bytes);
        expect(checkLz4Frame(frame, bytes.length).declaredBytes).toBeNull();
        if (bytes.length > 0)
          expect(errorOf(() => checkLz4Frame(frame, bytes.length - 1)).code).toBe('BATCH_TOO_LARGE');
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a block that holds more than the frame allows for one', () => {
    const block = (extension: number): Buffer =>
      Buffer.concat([Buffer.from('1f610100', 'hex'), Buffer.alloc(extension, 0xff), Buffer.from([0, 0x10, 0x62])]);
    expect(errorOf(() => checkLz4Frame(frameOf(block(256)), 0xff00)).code).toBe('BATCH_TOO_LARGE');
    expect(errorOf(() => checkLz4Frame(frameOf(block(257)), 0xff00)).code).toBe('CORRUPT_BATCH');
  });

  it('refuses lengths that run out of their block', () => {
    for (const block of ['ff', 'f0ffff', '1f610500ff', '40616263', '1061ff']) {
      const frame = frameOf(Buffer.from(block, 'hex'));
      expect(errorOf(() => checkLz4Frame(frame, 0)).code).toBe('CORRUPT_BATCH');
    }
  });
});

/** A frame of one compressed block of at most 64 KiB, without checksums. */
function frameOf(block: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(block.length);
  return Buffer.concat([Buffer.from('04224d18604082', 'hex'), length, block, Buffer.alloc(4)]);
}
