import { protocolLimits } from '../limits.ts';
import { SchemaFault } from './fault.ts';
import type { FieldCodec, Kind, ScalarName } from './kind.ts';
import { describe } from './writer.ts';
import type { Writer } from './writer.ts';

// All numbers are big-endian.
//
//   bool           1 byte, 0 or 1
//   i8 … u32       1, 2 or 4 bytes
//   i64            8 bytes, within ±(2^53-1)
//   string         length varint | UTF-8
//   bytes          length varint | bytes
//   uuid           16 bytes
//   nullableX      length + 1 varint (0 = null) | content
//   varint         unsigned LEB128, at most 32 bits, shortest form

function scalar<T>(type: ScalarName, codec: FieldCodec<T>): Kind<T> {
  return { shape: { type }, codec: () => codec };
}

export const bool: Kind<boolean> = scalar('bool', {
  bytesMin: 1,
  encode: (writer, value) => writer.bool(value),
  decode: (reader) => reader.bool(),
});

export const i8: Kind<number> = scalar('i8', {
  bytesMin: 1,
  encode: (writer, value) => writer.i8(value),
  decode: (reader) => reader.i8(),
});

export const i16: Kind<number> = scalar('i16', {
  bytesMin: 2,
  encode: (writer, value) => writer.i16(value),
  decode: (reader) => reader.i16(),
});

export const i32: Kind<number> = scalar('i32', {
  bytesMin: 4,
  encode: (writer, value) => writer.i32(value),
  decode: (reader) => reader.i32(),
});

export const i64: Kind<number> = scalar('i64', {
  bytesMin: 8,
  encode: (writer, value) => writer.i64(value),
  decode: (reader) => reader.i64(),
});

export const u16: Kind<number> = scalar('u16', {
  bytesMin: 2,
  encode: (writer, value) => writer.u16(value),
  decode: (reader) => reader.u16(),
});

export const u32: Kind<number> = scalar('u32', {
  bytesMin: 4,
  encode: (writer, value) => writer.u32(value),
  decode: (reader) => reader.u32(),
});

export const string: Kind<string> = scalar('string', {
  bytesMin: 1,
  encode: (writer, value) => encodeText(writer, value, 0),
  decode: (reader) => reader.text(reader.varint()),
});

export const nullableString: Kind<string | null> = scalar('nullableString', {
  bytesMin: 1,
  encode: (writer, value) => (value === null ? writer.varint(0) : encodeText(writer, value, 1)),
  decode: (reader) => {
    const prefix = reader.varint();
    return prefix === 0 ? null : reader.text(prefix - 1);
  },
});

/** Decoded values are views of the frame; long values are sent by reference. */
export const bytes: Kind<Buffer> = scalar('bytes', {
  bytesMin: 1,
  encode: (writer, value) => encodeBytes(writer, value, 0),
  decode: (reader) => reader.raw(reader.varint()),
});

/** Decoded values are views of the frame; long values are sent by reference. */
export const nullableBytes: Kind<Buffer | null> = scalar('nullableBytes', {
  bytesMin: 1,
  encode: (writer, value) => (value === null ? writer.varint(0) : encodeBytes(writer, value, 1)),
  decode: (reader) => {
    const prefix = reader.varint();
    return prefix === 0 ? null : reader.raw(prefix - 1);
  },
});

/** `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`; decoded in lower case. */
export const uuid: Kind<string> = scalar('uuid', {
  bytesMin: 16,
  encode: (writer, value) => writer.uuid(value),
  decode: (reader) => reader.uuid(),
});

function encodeText(writer: Writer, value: string, nullable: 0 | 1): void {
  if (typeof value !== 'string') throw new SchemaFault(`${describe(value)} is not a string`);
  const length = Buffer.byteLength(value);
  if (length > protocolLimits.stringBytesMax) {
    throw new SchemaFault(`a string of ${length} bytes is longer than ${protocolLimits.stringBytesMax}`);
  }
  // UTF-8 has no form for half a surrogate pair; Node would send a replacement character in its place, unasked.
  if (!value.isWellFormed()) throw new SchemaFault('the string has half a surrogate pair');
  writer.varint(length + nullable);
  writer.text(value, length);
}

function encodeBytes(writer: Writer, value: Uint8Array, nullable: 0 | 1): void {
  if (!(value instanceof Uint8Array)) throw new SchemaFault(`${describe(value)} is not a buffer`);
  writer.varint(value.length + nullable);
  writer.raw(value);
}
