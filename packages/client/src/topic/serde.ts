import type { StandardSchemaV1 } from '@standard-schema/spec';
import { QError } from '@q/protocol';

import { shown } from '../shown.ts';
import { SchemaIssues } from './schema-issues.ts';
import type { RecordPart } from './schema-issues.ts';

/** How a value that is not bytes becomes bytes. */
export type Codec = 'json' | 'string';

type Verdict = StandardSchemaV1.Result<unknown> | SchemaIssues;

/** What the batch takes: bytes, or a string that it writes as UTF-8. Null is a record without that part. */
export type Encoded = Uint8Array | string | null;

/**
 * Turns one part of a record into bytes and back, checking it against a schema on both ways.
 *
 * The bytes hold what the caller gave (the schema's input), not what the schema made of it. So the consumer's schema
 * gets the same input as the producer's did, and schemas that transform or fill in defaults work from end to end.
 *
 * `undefined` stands for a part that is absent, if the schema accepts it. With `tombstones`, null does so without the
 * schema being asked.
 */
export class Serde {
  readonly #part: RecordPart;
  readonly #codec: Codec;
  readonly #schema: StandardSchemaV1 | null;
  readonly #tombstones: boolean;

  constructor(o: { part: RecordPart; codec: Codec; schema: StandardSchemaV1 | null; tombstones: boolean }) {
    this.#part = o.part;
    this.#codec = o.codec;
    this.#schema = o.schema;
    this.#tombstones = o.tombstones;
  }

  /** The bytes of a value, or what its schema has against it; a promise only if the schema is asynchronous. */
  encode(input: unknown): Encoded | SchemaIssues | Promise<Encoded | SchemaIssues> {
    if (input === null && this.#tombstones) return null;
    if (this.#schema === null) return this.#write(input);
    const result = this.#validate(this.#schema, input);
    if (result instanceof SchemaIssues) return result;
    if (result instanceof Promise)
      return result.then((settled) => (settled instanceof SchemaIssues ? settled : this.#checked(settled, input)));
    return this.#checked(result, input);
  }

  /** The value of stored bytes, or what its schema has against them; a promise only if the schema is asynchronous. */
  decode(bytes: Buffer | null): unknown {
    if (bytes === null && this.#tombstones) return null;
    const input = bytes === null ? undefined : this.#read(bytes);
    if (input instanceof SchemaIssues) return input;
    if (this.#schema === null) return input === undefined ? null : input;
    const result = this.#validate(this.#schema, input);
    if (result instanceof SchemaIssues) return result;
    if (result instanceof Promise)
      return result.then((settled) => (settled instanceof SchemaIssues ? settled : this.#decoded(settled)));
    return this.#decoded(result);
  }

  /** A schema that throws, or gives no result, has found something wrong as well. */
  #validate(schema: StandardSchemaV1, input: unknown): Verdict | Promise<Verdict> {
    try {
      const result: unknown = schema['~standard'].validate(input);
      if (!isThenable(result)) return this.#verdict(result);
      // Also one of another library's kind, which would otherwise pass for a result without issues.
      return Promise.resolve(result).then(
        (settled: unknown) => this.#verdict(settled),
        (thrown: unknown) => this.#issue('its schema failed', thrown),
      );
    } catch (thrown) {
      return this.#issue('its schema failed', thrown);
    }
  }

  #verdict(result: unknown): Verdict {
    return typeof result === 'object' && result !== null
      ? (result as StandardSchemaV1.Result<unknown>)
      : this.#issue(`its schema gave ${shown(result)} for a result`);
  }

  #checked(result: StandardSchemaV1.Result<unknown>, input: unknown): Encoded | SchemaIssues {
    return result.issues === undefined ? this.#write(input) : new SchemaIssues(this.#part, result.issues);
  }

  #decoded(result: StandardSchemaV1.Result<unknown>): unknown {
    return result.issues === undefined ? result.value : new SchemaIssues(this.#part, result.issues);
  }

  #write(input: unknown): Encoded | SchemaIssues {
    if (input === undefined) return null;
    if (this.#codec === 'string') {
      if (typeof input === 'string') return input;
      return this.#issue(
        `the string codec writes text, not a value of type ${input === null ? 'null' : typeof input}; set ${this.#part}Codec: "json"`,
      );
    }
    try {
      const text = JSON.stringify(input) as string | undefined;
      return text ?? this.#issue(`a value of type ${typeof input} cannot be written as JSON`);
    } catch (error) {
      return this.#issue('the value cannot be written as JSON', error);
    }
  }

  #read(bytes: Buffer): unknown {
    const text = bytes.toString('utf8');
    if (this.#codec === 'string') return text;
    try {
      return JSON.parse(text);
    } catch (error) {
      return this.#issue(`the stored ${this.#part} is not JSON`, error);
    }
  }

  #issue(message: string, cause?: unknown): SchemaIssues {
    return new SchemaIssues(this.#part, [{ message }], { cause });
  }
}

/** The bytes of a part that has no serde. */
export function plainBytes(part: RecordPart, input: unknown): Encoded {
  if (input === undefined || input === null) return null;
  if (typeof input === 'string' || input instanceof Uint8Array) return input;
  throw new QError(
    'INVALID_RECORD',
    `The ${part} of a record must be bytes or a string, not ${shown(input)}; give the topic a schema to send other values`,
    { details: { field: part } },
  );
}

/**
 * As `plainBytes`, and the bytes are there. For what is looked at before it is encoded: encoding finds out by itself.
 */
export function attachedBytes(part: RecordPart, input: unknown): Encoded {
  const bytes = plainBytes(part, input);
  if (typeof bytes !== 'string' && bytes !== null && !isAttached(bytes)) throw lostBytes(part);
  return bytes;
}

const nowhere = new Uint8Array(0);

/**
 * Whether a view has its bytes still: it has not when their buffer was transferred, as `postMessage` does, or was made
 * too short for the view. Such a view has no length, and cannot be copied from.
 */
export function isAttached(view: Uint8Array): boolean {
  if (view.length > 0) return true;
  try {
    nowhere.set(view);
    return true;
  } catch {
    return false;
  }
}

export function lostBytes(field: string, cause?: unknown): QError {
  const problem = `The bytes of ${field} of a record are gone: their buffer was transferred or made shorter; keep it as it is until the record is sent`;
  return new QError('INVALID_RECORD', problem, { ...(cause === undefined ? {} : { cause }), details: { field } });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function';
}
