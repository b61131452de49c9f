/**
 * The kinds of values without parts, as the Kafka protocol has them. Lengths are compact in a flexible layout:
 *
 *   string   i16 length, -1 = null │ UTF-8        compact: varint length + 1, 0 = null │ UTF-8
 *   bytes    i32 length, -1 = null │ bytes        compact: varint length + 1, 0 = null │ bytes
 *   records  as bytes: whole record batches, one after another
 */
import { WireFault } from './fault.ts';
import type { Codec, Kind, Layout, NullableKind } from './layout.ts';
import type { WireReader } from './reader.ts';
import type { WireWriter } from './writer.ts';

function fixed<T>(codec: Codec<T>, blank: T): Kind<T> {
  return { blank, codec: () => codec };
}

export const bool: Kind<boolean> = fixed(
  { bytesMin: 1, read: (reader) => reader.bool(), write: (writer, value) => writer.bool(value) },
  false,
);
export const int8: Kind<number> = fixed(
  { bytesMin: 1, read: (reader) => reader.int8(), write: (writer, value) => writer.int8(value) },
  0,
);
export const int16: Kind<number> = fixed(
  { bytesMin: 2, read: (reader) => reader.int16(), write: (writer, value) => writer.int16(value) },
  0,
);
export const uint16: Kind<number> = fixed(
  { bytesMin: 2, read: (reader) => reader.uint16(), write: (writer, value) => writer.uint16(value) },
  0,
);
export const int32: Kind<number> = fixed(
  { bytesMin: 4, read: (reader) => reader.int32(), write: (writer, value) => writer.int32(value) },
  0,
);
/** Within ±(2^53-1). */
export const int64: Kind<number> = fixed(
  { bytesMin: 8, read: (reader) => reader.int64(), write: (writer, value) => writer.int64(value) },
  0,
);
/** The same, but what a client sends beyond that is read as the nearest number within: no offset or time is there. */
export const int64Clamped: Kind<number> = fixed(
  { bytesMin: 8, read: (reader) => reader.int64Clamped(), write: (writer, value) => writer.int64(value) },
  0,
);
export const float64: Kind<number> = fixed(
  { bytesMin: 8, read: (reader) => reader.float64(), write: (writer, value) => writer.float64(value) },
  0,
);

/** No topic has it. */
export const noUuid = '00000000-0000-0000-0000-000000000000';

/** As text, in lower case with dashes. */
export const uuid: Kind<string> = fixed(
  { bytesMin: 16, read: (reader) => reader.uuid(), write: (writer, value) => writer.uuid(value) },
  noUuid,
);

interface LengthCodec {
  readonly bytes: number;
  /** -1: null. */
  read(reader: WireReader): number;
  write(writer: WireWriter, length: number): void;
}

export const compactLength: LengthCodec = {
  bytes: 1,
  read: (reader) => reader.varint() - 1,
  write: (writer, length) => writer.varint(length + 1),
};
export const int16Length: LengthCodec = {
  bytes: 2,
  read: (reader) => reader.int16(),
  write: (writer, length) => writer.int16(length),
};
export const int32Length: LengthCodec = {
  bytes: 4,
  read: (reader) => reader.int32(),
  write: (writer, length) => writer.int32(length),
};

export type { LengthCodec };

/** A value behind its length. */
function behindLength<T>(
  plain: LengthCodec,
  {
    blank,
    lengthOf,
    read,
    write,
  }: {
    readonly blank: T;
    readonly lengthOf: (value: T) => number;
    readonly read: (reader: WireReader, length: number) => T;
    readonly write: (writer: WireWriter, value: T, length: number) => void;
  },
): NullableKind<T> {
  const nullableCodec = ({ isFlexible }: Layout): Codec<T | null> => {
    const lengths = isFlexible ? compactLength : plain;
    return {
      bytesMin: lengths.bytes,
      read: (reader) => {
        const length = lengths.read(reader);
        if (length >= 0) return read(reader, length);
        if (length === -1) return null;
        throw new WireFault(`a length of ${length} is neither a length nor null`);
      },
      write: (writer, value) => {
        if (value === null) {
          lengths.write(writer, -1);
          return;
        }
        const length = lengthOf(value);
        lengths.write(writer, length);
        write(writer, value, length);
      },
    };
  };
  return { blank, nullableCodec, codec: (layout) => neverNull(nullableCodec(layout)) };
}

/** The same for values that may not be null. */
export function neverNull<Out, In>(codec: Codec<Out | null, In | null>): Codec<Out, In> {
  const steps = codec.steps?.bind(codec);
  return {
    ...(steps !== undefined && { steps }),
    bytesMin: codec.bytesMin,
    read: (reader) => {
      const value = codec.read(reader);
      if (value === null) throw new WireFault('null is not allowed here');
      return value;
    },
    write: (writer, value) => {
      if (value === null) throw new WireFault('null is not allowed here');
      codec.write(writer, value);
    },
  };
}

export const string: NullableKind<string> = behindLength<string>(int16Length, {
  blank: '',
  lengthOf: (value) => Buffer.byteLength(value),
  read: (reader, length) => reader.text(length),
  write: (writer, value, length) => writer.text(value, length),
});

/** What is read is a view of the frame. What is written is sent by reference when it is long. */
export const bytes: NullableKind<Buffer> = behindLength<Buffer>(int32Length, {
  blank: Buffer.alloc(0),
  lengthOf: (value) => value.length,
  read: (reader, length) => reader.raw(length),
  write: (writer, value) => writer.raw(value),
});

/** Record batches as a gather list; what is read is one view of the frame. */
export const records: NullableKind<readonly Buffer[]> = behindLength<readonly Buffer[]>(int32Length, {
  blank: [],
  lengthOf: (buffers) => buffers.reduce((sum, { length }) => sum + length, 0),
  read: (reader, length) => [reader.raw(length)],
  write: (writer, buffers) => {
    for (const buffer of buffers) writer.raw(buffer);
  },
});
