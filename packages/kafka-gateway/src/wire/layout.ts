/** Which layout of a message is meant. */
export interface Layout {
  readonly version: number;
  /** Compact lengths, and tagged fields at the end of each struct (KIP-482). */
  readonly isFlexible: boolean;
}

/** How values of one kind are read and written in one layout. `In` is what may be written: blanks may be missing. */
export interface Codec<Out, In = Out> {
  /** Fewest bytes that a value takes: counts are checked with it before anything is allocated. */
  readonly bytesMin: number;
  /** @throws WireFault */
  read(reader: WireReader): Out;
  /** @throws WireFault */
  write(writer: WireWriter, value: In): void;
  /** Of what has many parts: the same, with a step for each part, so that whoever writes may stop in between. */
  steps?(writer: WireWriter, value: In): Iterable<void>;
}

/** A kind of value. `codec` is asked once for each layout, not for each value. */
export interface Kind<Out, In = Out> {
  /** What a field of this kind has where its version of the message does not have the field. */
  readonly blank: Out;
  codec(layout: Layout): Codec<Out, In>;
}

/** A kind that the wire has a null for. */
export interface NullableKind<Out, In = Out> extends Kind<Out, In> {
  nullableCodec(layout: Layout): Codec<Out | null, In | null>;
}

import type { WireReader } from './reader.ts';
import type { WireWriter } from './writer.ts';
