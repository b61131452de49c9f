import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readWide, writeWide } from '../../src/journal/wide-number.ts';

it('S1 numbers of the journal are read as they were written, up to 2^53', () => {
  const bytes = Buffer.alloc(16);
  const check = (value: number): void => {
    expect(writeWide(bytes, value, 3)).toBe(11);
    expect(readWide(bytes, 3)).toBe(value);
    expect(bytes.readBigInt64BE(3)).toBe(BigInt(value));
  };
  for (const value of [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 33 + 2 ** 31 + 5, Number.MAX_SAFE_INTEGER])
    check(value);
  fc.assert(fc.property(fc.maxSafeNat(), check));
});
