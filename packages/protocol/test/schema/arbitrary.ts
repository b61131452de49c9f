import * as fc from 'fast-check';
import type { KindShape, ScalarName, StructShape } from '../../src/index.ts';

const safe = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };
const text = fc.string({ unit: 'binary', maxLength: 200 });
const raw = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes));

const scalars: Readonly<Record<ScalarName, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  i8: fc.integer({ min: -0x80, max: 0x7f }),
  i16: fc.integer({ min: -0x8000, max: 0x7fff }),
  i32: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  i64: fc.maxSafeInteger(),
  u16: fc.integer({ min: 0, max: 0xffff }),
  u32: fc.integer({ min: 0, max: 0xffff_ffff }),
  string: text,
  bytes: raw,
  uuid: fc.uuid(),
  nullableString: fc.option(text),
  nullableBytes: fc.option(raw),
};

/** Any value of a kind: property tests cover every message, those declared later included. */
export function arbitraryOf(shape: KindShape): fc.Arbitrary<unknown> {
  switch (shape.type) {
    case 'struct':
      return arbitraryStruct(shape);
    case 'array':
      return fc.array(arbitraryOf(shape.element), { maxLength: 4 });
    case 'nullableArray':
      return fc.option(fc.array(arbitraryOf(shape.element), { maxLength: 4 }));
    default:
      return scalars[shape.type];
  }
}

function arbitraryStruct(shape: StructShape): fc.Arbitrary<unknown> {
  return fc.record(Object.fromEntries(shape.fields.map(({ name, kind }) => [name, arbitraryOf(kind)])), {
    noNullPrototype: true,
  });
}

/** The edges of i64 as this protocol carries it, and of the 32-bit halves it is written in. */
export const i64Edges: readonly number[] = [
  0,
  1,
  -1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  -(2 ** 32),
  -(2 ** 32) - 1,
  safe.max,
  safe.min,
];
