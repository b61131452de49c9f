import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { XxHash32, xxHash32 } from '../../src/checksum/xxhash32.ts';

describe('xxHash32', () => {
  it.each([
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('W3 gives the published sum of "%s"', (text, sum) => {
    expect(xxHash32(Buffer.from(text))).toBe(sum);
  });

  it('W3 is the same in whatever pieces the bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 8 }), (pieces) => {
        const hash = new XxHash32();
        for (const piece of pieces) hash.update(piece);
        expect(hash.digest()).toBe(xxHash32(Buffer.concat(pieces)));
      }),
    );
  });
});
