/**
 * Structs: fields one after another, each in the versions that have it. A struct of a flexible layout ends with its
 * tagged fields:
 *
 *   varint count │ { varint tag │ varint size │ value } …      tags ascend; a field that is blank is left out
 *
 * A nullable struct begins with an int8: -1 = null, 1 = it follows.
 */
import { isDeepStrictEqual } from 'node:util';
import { WireFault } from './fault.ts';
import type { Codec, Kind, Layout, NullableKind } from './layout.ts';
import { wireLimits } from './limits.ts';
import type { WireReader } from './reader.ts';
import { WireWriter } from './writer.ts';

export interface FieldOptions<Out> {
  /** First version that has the field. Default: all have it. */
  readonly since?: number;
  /** Last version that has the field. */
  readonly until?: number;
  /** What a reader sees where the version does not have it. A writer may leave a field that has one out. */
  readonly blank?: Out;
  /** Makes it a tagged field, from `since` on. */
  readonly tag?: number;
}

/** A field of a struct. `IsOptional`: a writer may leave it out. */
export interface Field<Out, In, IsOptional extends boolean> {
  readonly kind: Kind<Out, In>;
  readonly since: number;
  readonly until: number;
  readonly blank: Out;
  readonly tag: number | null;
  readonly isOptional: IsOptional;
}

/** A field that a writer must give, in the versions that have it and in the others. */
export function field<Out, In>(kind: Kind<Out, In>, o: Omit<FieldOptions<Out>, 'blank'>): Field<Out, In, false>;
/** A field that a writer may leave out. */
export function field<Out, In>(
  kind: Kind<Out, In>,
  o: FieldOptions<Out> & { readonly blank: Out },
): Field<Out, In, true>;
export function field<Out, In>(kind: Kind<Out, In>, o: FieldOptions<Out>): Field<Out, In, boolean> {
  const { since = 0, until = Infinity, blank = kind.blank, tag = null } = o;
  return { kind, since, until, blank, tag, isOptional: 'blank' in o };
}

/** The kind, or null from version `since` on. Its blank is null unless a field says otherwise. */
export function nullable<Out, In>(
  kind: NullableKind<Out, In>,
  { since = 0 }: { readonly since?: number } = {},
): Kind<Out | null, In | null> {
  return {
    blank: null,
    codec: (layout) => (layout.version >= since ? kind.nullableCodec(layout) : kind.codec(layout)),
  };
}

type Entry = Kind<unknown> | Field<unknown, unknown, boolean>;
export type Fields = Readonly<Record<string, Entry>>;

type OutOf<E> =
  E extends Field<infer Out, infer _In, infer _IsOptional> ? Out : E extends Kind<infer Out, infer _In> ? Out : never;
type InOf<E> =
  E extends Field<infer _Out, infer In, infer _IsOptional> ? In : E extends Kind<infer _Out, infer In> ? In : never;
type OptionalKeys<F extends Fields> = {
  [Name in keyof F]: F[Name] extends Field<infer _Out, infer _In, true> ? Name : never;
}[keyof F];

/** What is read: every field, blank where the version has none. */
export type Read<F extends Fields> = { readonly [Name in keyof F]: OutOf<F[Name]> };
/** What may be written. */
export type Written<F extends Fields> = { readonly [Name in Exclude<keyof F, OptionalKeys<F>>]: InOf<F[Name]> } & {
  readonly [Name in OptionalKeys<F>]?: InOf<F[Name]>;
};

export function struct<F extends Fields>(fields: F): NullableKind<Read<F>, Written<F>> {
  const entries = Object.entries(fields).map(([name, entry]) => [name, asField(entry)] as const);
  const blank = Object.fromEntries(entries.map(([name, entry]) => [name, entry.blank])) as Read<F>;
  const codecs = new Map<string, StructCodec>();
  const codec = (layout: Layout): Codec<Read<F>, Written<F>> => {
    const id = `${layout.version} ${layout.isFlexible}`;
    let made = codecs.get(id);
    if (made === undefined) codecs.set(id, (made = new StructCodec(entries, layout)));
    return made as Codec<unknown> as Codec<Read<F>, Written<F>>;
  };
  return { blank, codec, nullableCodec: (layout) => orNull(codec(layout)) };
}

function asField(entry: Entry): Field<unknown, unknown, boolean> {
  return 'kind' in entry
    ? entry
    : { kind: entry, since: 0, until: Infinity, blank: entry.blank, tag: null, isOptional: false };
}

function orNull<Out, In>(codec: Codec<Out, In>): Codec<Out | null, In | null> {
  return {
    bytesMin: 1,
    read: (reader) => (reader.int8() < 0 ? null : codec.read(reader)),
    write: (writer, value) => {
      writer.int8(value === null ? -1 : 1);
      if (value !== null) codec.write(writer, value);
    },
  };
}

interface PlainField {
  readonly name: string;
  readonly blank: unknown;
  readonly codec: Codec<unknown>;
}

interface TaggedField extends PlainField {
  readonly tag: number;
}

type Value = Record<string, unknown>;

class StructCodec implements Codec<Value> {
  readonly bytesMin: number;
  readonly #isFlexible: boolean;
  readonly #plain: readonly PlainField[];
  readonly #tagged: readonly TaggedField[];
  /** Fields that this version does not have, and what a reader sees of them. */
  readonly #missing: readonly (readonly [string, unknown])[];

  constructor(entries: readonly (readonly [string, Field<unknown, unknown, boolean>])[], layout: Layout) {
    const plain: PlainField[] = [];
    const tagged: TaggedField[] = [];
    const missing: [string, unknown][] = [];
    for (const [name, { kind, since, until, blank, tag }] of entries) {
      const isThere = layout.version >= since && layout.version <= until && (tag === null || layout.isFlexible);
      if (!isThere || tag !== null) missing.push([name, blank]);
      if (!isThere) continue;
      const compiled = { name, blank, codec: kind.codec(layout) };
      if (tag === null) plain.push(compiled);
      else tagged.push({ ...compiled, tag });
    }
    this.#isFlexible = layout.isFlexible;
    this.#plain = plain;
    this.#tagged = tagged.sort((left, right) => left.tag - right.tag);
    this.#missing = missing;
    this.bytesMin = plain.reduce((sum, { codec }) => sum + codec.bytesMin, layout.isFlexible ? 1 : 0);
  }

  read(reader: WireReader): Value {
    const value: Value = {};
    let at = '';
    try {
      for (const { name, codec } of this.#plain) {
        at = name;
        value[name] = codec.read(reader);
      }
    } catch (error) {
      throw WireFault.within(error, `.${at}`);
    }
    for (const [name, blank] of this.#missing) value[name] = blank;
    if (this.#isFlexible) this.#readTagged(reader, value);
    return value;
  }

  write(writer: WireWriter, value: Value): void {
    let at = '';
    try {
      for (const { name, blank, codec } of this.#plain) {
        at = name;
        const given = value[name];
        codec.write(writer, given === undefined ? blank : given);
      }
    } catch (error) {
      throw WireFault.within(error, `.${at}`);
    }
    if (this.#isFlexible) this.#writeTagged(writer, value);
  }

  /** A step for each element of its arrays. */
  *steps(writer: WireWriter, value: Value): Iterable<void> {
    for (const { name, blank, codec } of this.#plain) {
      const given = value[name];
      if (codec.steps === undefined || given === undefined) codec.write(writer, given === undefined ? blank : given);
      else yield* codec.steps(writer, given);
    }
    if (this.#isFlexible) this.#writeTagged(writer, value);
  }

  #readTagged(reader: WireReader, value: Value): void {
    const count = reader.varint();
    if (count === 0) return;
    if (count > wireLimits.taggedFieldsMax) throw new WireFault(`${count} tagged fields are too many`);
    let last = -1;
    for (let index = 0; index < count; index += 1) {
      const tag = reader.varint();
      if (tag <= last) throw new WireFault(`tag ${tag} comes behind tag ${last}`);
      last = tag;
      const size = reader.varint();
      const end = reader.position + size;
      const known = this.#tagged.find((each) => each.tag === tag);
      // A newer client's field is passed over: that is what tags are for.
      if (known === undefined) reader.skip(size);
      else value[known.name] = known.codec.read(reader);
      if (reader.position !== end) throw new WireFault(`the field of tag ${tag} does not have the size ${size}`);
    }
  }

  #writeTagged(writer: WireWriter, value: Value): void {
    if (this.#tagged.every(({ name }) => value[name] === undefined)) {
      writer.varint(0);
      return;
    }
    const present = this.#tagged.filter(({ name, blank }) => {
      const given = value[name];
      return given !== undefined && !isDeepStrictEqual(given, blank);
    });
    writer.varint(present.length);
    for (const { name, tag, codec } of present) {
      const inner = new WireWriter();
      codec.write(inner, value[name]);
      writer.varint(tag);
      writer.varint(inner.bytesWritten);
      for (const part of inner.finish()) writer.raw(part);
    }
  }
}
