import { strict as assert } from 'node:assert';
import { SchemaFault } from './fault.ts';
import type { FieldCodec, Kind } from './kind.ts';
import type { Reader } from './reader.ts';
import { describe } from './writer.ts';
import type { Writer } from './writer.ts';

//   array(X)           count varint | X | X | …
//   nullableArray(X)   count + 1 varint (0 = null) | X | X | …

/** `array(element)`: count varint | elements. */
export function array<T>(element: Kind<T>): Kind<readonly T[]> {
  return {
    shape: { type: 'array', element: element.shape },
    codec: (version) => {
      const items = element.codec(version);
      checkElement(items);
      return {
        bytesMin: 1,
        encode: (writer, value) => encodeItems(writer, value, items, 0),
        decode: (reader) => decodeItems(reader, items, reader.varint()),
      };
    },
  };
}

/** `nullableArray(element)`: count + 1 varint (0 = null) | elements. */
export function nullableArray<T>(element: Kind<T>): Kind<readonly T[] | null> {
  return {
    shape: { type: 'nullableArray', element: element.shape },
    codec: (version) => {
      const items = element.codec(version);
      checkElement(items);
      return {
        bytesMin: 1,
        encode: (writer, value) => (value === null ? writer.varint(0) : encodeItems(writer, value, items, 1)),
        decode: (reader) => {
          const prefix = reader.varint();
          return prefix === 0 ? null : decodeItems(reader, items, prefix - 1);
        },
      };
    },
  };
}

/** An element of no bytes would let a count of any size pass the check against the bytes that remain. */
function checkElement(items: FieldCodec<unknown>): void {
  assert(items.bytesMin > 0, 'an array element takes at least one byte');
}

function encodeItems<T>(writer: Writer, value: readonly T[], items: FieldCodec<T>, nullable: 0 | 1): void {
  if (!Array.isArray(value)) throw new SchemaFault(`${describe(value)} is not an array`);
  writer.varint(value.length + nullable);
  let index = 0;
  try {
    for (; index < value.length; index++) items.encode(writer, value[index] as T);
  } catch (error) {
    throw SchemaFault.within(error, `[${index}]`);
  }
}

function decodeItems<T>(reader: Reader, items: FieldCodec<T>, count: number): T[] {
  reader.checkCount(count, items.bytesMin);
  const values: T[] = [];
  try {
    while (values.length < count) values.push(items.decode(reader));
  } catch (error) {
    throw SchemaFault.within(error, `[${values.length}]`);
  }
  return values;
}
