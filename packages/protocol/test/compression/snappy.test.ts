import { describe, expect, it } from 'vitest';
import { compress, decompress } from '../../src/compression/codec.ts';
import { errorOf } from '../error-of.ts';

const header = Buffer.from('82534e41505059000000000100000001', 'hex');
const text = Buffer.from('the quick brown fox jumps over the lazy dog; '.repeat(20));
const bytesMax = 10_000;

describe('xerial framing of snappy', () => {
  it('P3 C3 is read, in any number of blocks', () => {
    for (const cuts of [[0], [0, 1], [0, 100, 400], [0, 10, 20, 30, 899]]) {
      const blocks = cuts.map((cut, index) => text.subarray(cut, cuts[index + 1] ?? text.length));
      expect(decompress('snappy', xerial(blocks), bytesMax).equals(text)).toBe(true);
    }
    expect(decompress('snappy', header, bytesMax)).toHaveLength(0);
  });

  it('bounds the sum of its blocks before any is decompressed', () => {
    const framed = xerial([text, text]);
    expect(decompress('snappy', framed, text.length * 2)).toHaveLength(text.length * 2);
    expect(errorOf(() => decompress('snappy', framed, text.length * 2 - 1))).toMatchObject({ code: 'BATCH_TOO_LARGE' });
  });

  it('is refused when it is cut off or of a later version', () => {
    const framed = xerial([text, text]);
    for (let length = 8; length < framed.length; length += 1) {
      // Cut at the end of a whole block, it is a shorter stream and cannot be told from one.
      if (length === header.length || length === header.length + (framed.length - header.length) / 2) continue;
      expect(errorOf(() => decompress('snappy', framed.subarray(0, length), bytesMax)).code).toBe('CORRUPT_BATCH');
    }
    const later = Buffer.from(framed);
    later.writeInt32BE(2, 12);
    expect(errorOf(() => decompress('snappy', later, bytesMax)).code).toBe('CORRUPT_BATCH');
  });
});

describe('raw snappy', () => {
  it('is what we write', () => {
    const compressed = compress('snappy', text);
    expect(compressed.subarray(0, 8).equals(header.subarray(0, 8))).toBe(false);
    expect(compressed[0]).toBe((text.length & 0x7f) | 0x80);
  });

  it('cannot claim more than its bytes can hold, nor have an overlong length', () => {
    expect(errorOf(() => decompress('snappy', Buffer.from('ffff7f0061', 'hex'), 1 << 30)).code).toBe('CORRUPT_BATCH');
    expect(errorOf(() => decompress('snappy', Buffer.from('8080808080800161', 'hex'), 1 << 30)).code).toBe(
      'CORRUPT_BATCH',
    );
  });
});

function xerial(blocks: readonly Buffer[]): Buffer {
  const framed = blocks.flatMap((block) => {
    const compressed = compress('snappy', block);
    const length = Buffer.alloc(4);
    length.writeInt32BE(compressed.length);
    return [length, compressed];
  });
  return Buffer.concat([header, ...framed]);
}
