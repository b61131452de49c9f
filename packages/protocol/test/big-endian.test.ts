import { describe, expect, it } from 'vitest';
import { getInt16, getInt32, getUint16, getUint32, putInt16, putInt32, putUint16 } from '../src/big-endian.ts';

/* `Buffer` is the yardstick: the same bytes, the same numbers, and an error where it has one. */
const numbers = [
  0,
  1,
  -1,
  0x7f,
  0x80,
  0xff,
  0x7fff,
  0x8000,
  -0x8000,
  -0x8001,
  0xffff,
  0x1_0000,
  0x7fff_ffff,
  0x8000_0000,
  -0x8000_0000,
  -0x8000_0001,
  0xffff_ffff,
  2 ** 53,
  0.5,
  -0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];

describe('big-endian integers', () => {
  it.each([
    ['i32', putInt32, (bytes: Buffer, value: number) => bytes.writeInt32BE(value, 1)],
    ['i16', putInt16, (bytes: Buffer, value: number) => bytes.writeInt16BE(value, 1)],
    ['u16', putUint16, (bytes: Buffer, value: number) => bytes.writeUInt16BE(value, 1)],
  ] as const)('Z1 of %s are written as Buffer writes them; what does not fit changes nothing', (_, put, byBuffer) => {
    for (const value of numbers.filter(Number.isInteger)) {
      const [mine, theirs] = [Buffer.alloc(6, 7), Buffer.alloc(6, 7)];
      const fits = succeeds(() => byBuffer(theirs, value));
      expect(
        succeeds(() => put(mine, value, 1)),
        String(value),
      ).toBe(fits);
      expect(mine).toEqual(theirs);
    }
    for (const value of numbers.filter((each) => !Number.isInteger(each)))
      expect(() => put(Buffer.alloc(6), value, 1)).toThrow(RangeError);
  });

  it.each([
    ['i32', getInt32, (bytes: Buffer, at: number) => bytes.readInt32BE(at)],
    ['u32', getUint32, (bytes: Buffer, at: number) => bytes.readUInt32BE(at)],
    ['i16', getInt16, (bytes: Buffer, at: number) => bytes.readInt16BE(at)],
    ['u16', getUint16, (bytes: Buffer, at: number) => bytes.readUInt16BE(at)],
  ] as const)('Z1 of %s are read as Buffer reads them, and not behind the end', (_, get, byBuffer) => {
    for (const pattern of [0x00, 0x7f, 0x80, 0xff, 0x5a]) {
      for (let at = 0; at < 4; at += 1) {
        const bytes = Buffer.alloc(8, pattern);
        bytes[at] = 0x81;
        bytes[at + 1] = 0x02;
        expect(get(bytes, at)).toBe(byBuffer(bytes, at));
      }
    }
    for (const at of [7, 8, 100]) expect(() => get(Buffer.alloc(8), at)).toThrow(RangeError);
  });
});

function succeeds(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
