import type { KindShape, ScalarName } from '../src/index.ts';

/** A corner of every kind: a decoder that reads all three reads what lies between. */
export type Edge = 'empty' | 'lowest' | 'highest';

/** Takes more than 127 bytes in UTF-8, so its length takes two bytes, and has characters of one to four bytes. */
const longText = `aé€😀${'0123456789'.repeat(13)}`;
const longBytes = Buffer.from(Array.from({ length: 200 }, (_, index) => index));
const nothing = Buffer.alloc(0);
const nil = '00000000-0000-0000-0000-000000000000';

const scalars: Readonly<Record<ScalarName, Readonly<Record<Edge, unknown>>>> = {
  bool: { empty: false, lowest: false, highest: true },
  i8: { empty: 0, lowest: -(2 ** 7), highest: 2 ** 7 - 1 },
  i16: { empty: 0, lowest: -(2 ** 15), highest: 2 ** 15 - 1 },
  i32: { empty: 0, lowest: -(2 ** 31), highest: 2 ** 31 - 1 },
  i64: { empty: 0, lowest: Number.MIN_SAFE_INTEGER, highest: Number.MAX_SAFE_INTEGER },
  u16: { empty: 0, lowest: 0, highest: 2 ** 16 - 1 },
  u32: { empty: 0, lowest: 0, highest: 2 ** 32 - 1 },
  string: { empty: '', lowest: '\0', highest: longText },
  bytes: { empty: nothing, lowest: Buffer.alloc(1), highest: longBytes },
  uuid: { empty: nil, lowest: '00000000-0000-0000-0000-000000000001', highest: 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
  nullableString: { empty: null, lowest: '', highest: longText },
  nullableBytes: { empty: null, lowest: nothing, highest: longBytes },
};

const elements: Readonly<Record<Edge, number>> = { empty: 0, lowest: 1, highest: 2 };

export function edgeValue(shape: KindShape, edge: Edge): unknown {
  switch (shape.type) {
    case 'struct':
      return Object.fromEntries(shape.fields.map(({ name, kind }) => [name, edgeValue(kind, edge)]));
    case 'nullableArray':
      if (edge === 'empty') return null;
      if (edge === 'lowest') return [];
      return edgeArray(shape.element, edge);
    case 'array':
      return edgeArray(shape.element, edge);
    default:
      return scalars[shape.type][edge];
  }
}

function edgeArray(element: KindShape, edge: Edge): unknown[] {
  return Array.from({ length: elements[edge] }, () => edgeValue(element, edge));
}
