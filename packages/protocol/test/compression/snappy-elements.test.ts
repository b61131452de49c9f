import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compress, compressInPool, decompress, decompressInPool } from '../../src/compression/codec.ts';
import { SnappyElements } from '../../src/compression/snappy-elements.ts';

const words = fc.array(
  fc.constantFrom('order', 'invoice', '"price":', '12345', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'),
  { maxLength: 300 },
);
const texts = fc.oneof(
  fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
  words.map((each) => Buffer.from(each.join(''))),
);
const pause = async (): Promise<void> => undefined;

describe('elements of raw snappy', () => {
  it('P3 W3 become what the addon makes of them, in steps of any size', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 5_000 }), (plain, workBytes) => {
        expect(outcome(compress('snappy', plain), plain.length, workBytes)).toBe(plain.toString('latin1'));
      }),
    );
  });

  it('W3 are refused where the addon refuses them: cut off, lengthened, and with bits wrong', () => {
    const damages = fc
      .tuple(texts, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('flip', 'cut', 'add'))
      .map(([plain, place, mask, what]) => damagedElements(plain, { place, mask, what }));
    fc.assert(
      fc.property(damages, ({ whole, length }) => {
        let expected = 'CORRUPT_BATCH';
        try {
          expected = decompress('snappy', whole, 1 << 20).toString('latin1');
        } catch {
          // Whatever the addon says of it.
        }
        expect(outcome(whole, length, 100)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['a length in one byte', 'f003 61626364', 'abcd'],
    ['a length in two bytes', 'f40300 61626364', 'abcd'],
    ['a length in three bytes', 'f8030000 61626364', 'abcd'],
    ['a length in four bytes', 'fc03000000 61626364', 'abcd'],
    ['an offset in two bytes, and a copy of itself', '0061 1a0100', 'aaaaaaaa'],
    ['an offset in four bytes', '046162 0f02000000', 'ababab'],
    ['an offset of eleven bits', '046162 0502', 'abababa'],
  ])('P3 have %s', (_what, hex, text) => {
    const elements = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const whole = Buffer.concat([Buffer.from([text.length]), elements]);
    expect(decompress('snappy', whole, 100).toString()).toBe(text);
    expect(outcome(whole, text.length, 1)).toBe(text);
  });

  it('P3 W3 of large data give way, and copy from far back', async () => {
    const plain = Buffer.alloc(
      5 << 20,
      compress('gzip', Buffer.from(Array.from({ length: 20_000 }, (_, index) => String(index * 7_919)).join(''))),
    );
    let pauses = 0;
    const options = { bytesMax: plain.length, pause: async () => void (pauses += 1) };
    const compressed = await compressInPool('snappy', plain, options);
    expect(pauses).toBeGreaterThan(5);
    expect(decompress('snappy', compressed, plain.length).equals(plain)).toBe(true);
    pauses = 0;
    expect((await decompressInPool('snappy', compressed, options)).equals(plain)).toBe(true);
    expect((await decompressInPool('snappy', compress('snappy', plain), options)).equals(plain)).toBe(true);
    expect(pauses).toBeGreaterThan(10);
    await expect(
      decompressInPool('snappy', compressed.subarray(0, -1), { bytesMax: plain.length, pause }),
    ).rejects.toMatchObject({ code: 'CORRUPT_BATCH' });
  });
});

/** Behind the size, which stays as it is: `length`. */
function damagedElements(
  plain: Buffer,
  { place, mask, what }: { place: number; mask: number; what: string },
): { whole: Buffer; length: number } {
  const whole = Buffer.from(compress('snappy', plain));
  const first = whole.findIndex((byte) => byte < 0x80) + 1;
  const at = first + (place % Math.max(1, whole.length - first));
  if (what === 'cut') return { whole: whole.subarray(0, at), length: plain.length };
  if (what === 'add') return { whole: Buffer.concat([whole, Buffer.from([mask])]), length: plain.length };
  if (at < whole.length) whole[at]! ^= mask;
  return { whole, length: plain.length };
}

function outcome(whole: Buffer, length: number, workBytes: number): string {
  const output = Buffer.alloc(length);
  const elements = new SnappyElements(whole, whole.findIndex((byte) => byte < 0x80) + 1, output);
  try {
    while (!elements.run(workBytes));
    return output.toString('latin1');
  } catch (error) {
    return (error as { code: string }).code;
  }
}
