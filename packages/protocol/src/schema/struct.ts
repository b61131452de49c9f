import { SchemaFault } from './fault.ts';
import type { FieldCodec, FieldShape, Kind, StructShape } from './kind.ts';
import type { Reader } from './reader.ts';
import { describe } from './writer.ts';
import type { Writer } from './writer.ts';

/** One field of a struct. */
export interface Field<T> {
  readonly kind: Kind<T>;
  /** One sentence for the specification. */
  readonly doc: string;
  readonly since: number;
  readonly absent?: Absent<T>;
}

/** What holds for a field when the version of a message is older than the field. */
interface Absent<T> {
  /** The value that a reader sees. */
  readonly value: T;
  /** Whether a writer may leave the field out whatever its value; otherwise any other value is refused. */
  readonly ignorable: boolean;
}

/** The fields of a message, in the order of the wire; tied to its interface, so the type checker keeps both in step. */
export type Fields<T> = { readonly [Name in keyof T]-?: Field<T[Name]> };

/** A message or a part of one, declared once: codec, specification and vectors come from this declaration. */
export interface Struct<T> extends Kind<T> {
  readonly shape: StructShape;
  /** The codec for one version of the message. */
  codec(version: number): FieldCodec<T>;
}

export interface FieldOptions<T> extends Absent<T> {
  /** First version that has the field. */
  readonly since: number;
}

export function field<T>(kind: Kind<T>, doc: string, options?: FieldOptions<T>): Field<T> {
  return options === undefined ? { kind, doc, since: 0 } : { kind, doc, since: options.since, absent: options };
}

/**
 * A struct's codec written out, for one of which a message holds many: half of the time. It is used for versions that
 * have all fields. Where it throws, the declaration does the same again and says which field it is. A test compares the
 * two.
 */
export interface WrittenOut<T> {
  readonly encode: (writer: Writer, value: T) => void;
  readonly decode: (reader: Reader) => T;
}

/** Declares a struct. Fields follow one another on the wire with nothing between them. */
export function struct<T extends object>(name: string, fields: Fields<T>, writtenOut?: WrittenOut<T>): Struct<T> {
  const entries = Object.entries<Field<unknown>>(fields);
  const codecs = new Map<number, FieldCodec<T>>();
  return {
    shape: { type: 'struct', name, fields: entries.map(fieldShape) },
    codec: (version) => {
      let codec = codecs.get(version);
      if (codec === undefined) {
        codec = compile<T>(entries, version, writtenOut);
        codecs.set(version, codec);
      }
      return codec;
    },
  };
}

function fieldShape([name, { doc, since, kind }]: [string, Field<unknown>]): FieldShape {
  return { name, doc, since, kind: kind.shape };
}

interface CompiledField {
  readonly name: string;
  readonly codec: FieldCodec<unknown>;
}

type Body = Record<string, unknown>;

function compile<T extends object>(
  entries: readonly [string, Field<unknown>][],
  version: number,
  writtenOut?: WrittenOut<T>,
): FieldCodec<T> {
  const fields: CompiledField[] = [];
  const missing: [string, Field<unknown>][] = [];
  for (const [name, entry] of entries) {
    if (entry.since <= version) fields.push({ name, codec: entry.kind.codec(version) });
    else missing.push([name, entry]);
  }
  const declared: FieldCodec<T> = {
    bytesMin: fields.reduce((sum, { codec }) => sum + codec.bytesMin, 0),
    encode: (writer, value) => encodeFields(writer, value as Body, fields, missing),
    decode: (reader) => decodeFields(reader, fields, missing) as T,
  };
  return writtenOut === undefined || missing.length > 0 ? declared : withWords(writtenOut, declared);
}

function withWords<T>({ encode, decode }: WrittenOut<T>, declared: FieldCodec<T>): FieldCodec<T> {
  return {
    bytesMin: declared.bytesMin,
    encode: (writer, value) => {
      try {
        encode(writer, value);
      } catch (error) {
        declared.encode(writer, value);
        throw error;
      }
    },
    decode: (reader) => {
      const { position } = reader;
      try {
        return decode(reader);
      } catch {
        reader.goBack(position);
        return declared.decode(reader);
      }
    },
  };
}

function encodeFields(
  writer: Writer,
  value: Body,
  fields: readonly CompiledField[],
  missing: readonly [string, Field<unknown>][],
): void {
  if (typeof value !== 'object' || value === null) throw new SchemaFault(`${describe(value)} is not an object`);
  let name = '';
  try {
    for (const entry of fields) {
      name = entry.name;
      entry.codec.encode(writer, value[name]);
    }
    for (const [missingName, { absent, since }] of missing) {
      name = missingName;
      if (absent === undefined || absent.ignorable || isSame(value[name], absent.value)) continue;
      throw new SchemaFault(`the field needs version ${since}`);
    }
  } catch (error) {
    throw SchemaFault.within(error, `.${name}`);
  }
}

function decodeFields(
  reader: Reader,
  fields: readonly CompiledField[],
  missing: readonly [string, Field<unknown>][],
): Body {
  const value: Body = {};
  let name = '';
  try {
    for (const entry of fields) {
      name = entry.name;
      value[name] = entry.codec.decode(reader);
    }
  } catch (error) {
    throw SchemaFault.within(error, `.${name}`);
  }
  for (const [missingName, { absent }] of missing) value[missingName] = absent?.value;
  return value;
}

function isSame(value: unknown, absent: unknown): boolean {
  return value === absent || (Array.isArray(value) && Array.isArray(absent) && value.length + absent.length === 0);
}
