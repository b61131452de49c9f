import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** How the values of one kind are written and read, for one version of a message. */
export interface FieldCodec<T> {
  /** Fewest bytes that a value takes; array counts are checked with it before anything is allocated. */
  readonly bytesMin: number;
  /** Appends the value. Throws a fault that names the place when the value does not fit. */
  encode(writer: Writer, value: T): void;
  /** Reads one value. Throws a fault that names the place when the bytes hold none. */
  decode(reader: Reader): T;
}

/** The kinds of values that have no parts. */
export type ScalarName =
  | 'bool'
  | 'i8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'u16'
  | 'u32'
  | 'string'
  | 'bytes'
  | 'uuid'
  | 'nullableString'
  | 'nullableBytes';

/** What a kind is, as data: the specification, the vectors and tools are made from it. */
export type KindShape =
  | { readonly type: ScalarName }
  | { readonly type: 'array' | 'nullableArray'; readonly element: KindShape }
  | StructShape;

/** A struct, for the specification. */
export interface StructShape {
  readonly type: 'struct';
  readonly name: string;
  readonly fields: readonly FieldShape[];
}

/** A field of a struct, for the specification. */
export interface FieldShape {
  readonly name: string;
  readonly doc: string;
  /** First version of the API whose messages have the field. */
  readonly since: number;
  readonly kind: KindShape;
}

/** A kind of field. `codec` is asked once per version when a message is first used, not per value. */
export interface Kind<T> {
  readonly shape: KindShape;
  /** The codec for one version of the message. */
  codec(version: number): FieldCodec<T>;
}
