import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordCursor } from '../../src/batch/record-cursor.ts';
import { sizeOfLong, sizeOfUnsigned, writeLong, writeUnsigned, zigzag32 } from '../../src/batch/zigzag.ts';

const maxSafe = Number.MAX_SAFE_INTEGER;

describe('zigzag varints', () => {
  it.each([
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8001'],
    [-65, '8101'],
    [8191, 'fe7f'],
    [8192, '808001'],
    [2 ** 31 - 1, 'feffffff0f'],
    [-(2 ** 31), 'ffffffff0f'],
  ])('Z5 write %d as documented', (value, hex) => {
    expect(hexOf(writeUnsigned, zigzag32(value))).toBe(hex);
    expect(hexOf(writeLong, value)).toBe(hex);
    expect(sizeOfUnsigned(zigzag32(value))).toBe(hex.length / 2);
    expect(sizeOfLong(value)).toBe(hex.length / 2);
  });

  it('agree with 64-bit integers, size included', () => {
    const edges = [
      2 ** 30,
      -(2 ** 30),
      2 ** 30 - 1,
      -(2 ** 30) - 1,
      2 ** 31,
      2 ** 35,
      2 ** 42 - 1,
      2 ** 49,
      2 ** 52,
      maxSafe - 1,
      maxSafe,
      -maxSafe,
    ];
    const values = fc.oneof(
      fc.constantFrom(...edges),
      fc.maxSafeInteger(),
      fc.integer({ min: -1e13, max: 1e13 }),
      fc.integer(),
    );
    fc.assert(
      fc.property(values, (value) => {
        const hex = hexOf(writeLong, value);
        expect(hex).toBe(bigHex(value));
        expect(sizeOfLong(value)).toBe(hex.length / 2);
        expect(readBack(hex)).toBe(value);
      }),
      { numRuns: 200, examples: edges.map((edge) => [edge]) },
    );
  });
});

function hexOf(write: (buffer: Uint8Array, position: number, value: number) => number, value: number): string {
  const buffer = Buffer.alloc(16);
  return buffer.subarray(3, write(buffer, 3, value)).toString('hex');
}

/** The definition, in bigint. */
function bigHex(value: number): string {
  let unsigned = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  const bytes: number[] = [];
  for (; unsigned >= 0x80n; unsigned >>= 7n) bytes.push(Number(unsigned & 0x7fn) | 0x80);
  bytes.push(Number(unsigned));
  return Buffer.from(bytes).toString('hex');
}

/** Reads a varlong the way records are read: as the timestamp delta of one. */
function readBack(hex: string): number {
  const bodyBytes = 5 + hex.length / 2;
  const record = Buffer.from(`${(bodyBytes * 2).toString(16).padStart(2, '0')}00${hex}00010100`, 'hex');
  const cursor = new RecordCursor(record, 0, record.length, 1);
  cursor.next();
  return cursor.timestampDelta;
}
