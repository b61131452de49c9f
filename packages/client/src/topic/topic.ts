import type { StandardSchemaV1 } from '@standard-schema/spec';
import { QError } from '@q/protocol';

import {
  checkArgument,
  checkOptions,
  checkTopic,
  flag,
  isObject,
  oneOf,
  readingArgument,
  readingOption,
} from '../option-check.ts';
import type { OptionCheck } from '../option-check.ts';
import { shown } from '../shown.ts';
import { Serde } from './serde.ts';
import type { Codec } from './serde.ts';

/** What may be sent where no schema says otherwise. Strings are written as UTF-8. */
export type BytesIn = Uint8Array | string | null | undefined;
/**
 * What is received where no schema says otherwise: a view of the fetched batch. Copy it to keep it longer than the
 * batch.
 */
export type BytesOut = Buffer | null;

/**
 * What a consumer does with a record that does not match its schema:
 * `'fail'` (default) - the loop throws `SCHEMA_MISMATCH`, with the record's place; the position stays at the record;
 * `'skip'` - it is left out, and counted in `consumer.skipped`;
 * `'raw'` - it is delivered with its bytes as key and value, and `invalid` saying what is wrong;
 * `{ deadLetter: topic }` - it is sent, bytes and headers unchanged, to that topic, and then left out. The topic has to
 * be there: the loop throws `UNKNOWN_TOPIC` otherwise.
 */
export type InvalidPolicy = 'fail' | 'skip' | 'raw' | { readonly deadLetter: string };

/**
 * A topic as an application sees it: a name, and how keys and values become bytes. A plain description, without a
 * connection: make it once, at the top of a module, and share it between producers and consumers.
 */
export interface Topic<KeyIn = BytesIn, ValueIn = BytesIn, KeyOut = BytesOut, ValueOut = BytesOut> {
  readonly name: string;
  /** Null: keys are bytes. */
  readonly keySerde: Serde | null;
  /** Null: values are bytes. */
  readonly valueSerde: Serde | null;
  readonly onInvalid: InvalidPolicy;
  /** Never set; carries the types. */
  readonly '~types'?: {
    readonly keyIn: KeyIn;
    readonly valueIn: ValueIn;
    readonly keyOut: KeyOut;
    readonly valueOut: ValueOut;
  };
}

/** Schemas and codecs of a typed topic, and what becomes of records that do not match. */
export interface TopicOptions<
  K extends StandardSchemaV1 | undefined,
  V extends StandardSchemaV1 | undefined,
  KC extends Codec | undefined,
  VC extends Codec | undefined,
  P extends InvalidPolicy | undefined,
  T extends boolean | undefined,
> {
  /** Schema of the key: any Standard Schema (zod, valibot, arktype, …), synchronous or not. */
  readonly key?: K;
  /** Schema of the value. */
  readonly value?: V;
  /** Default, with a schema: `'string'`, so that other clients find the key's own bytes. */
  readonly keyCodec?: KC;
  /** Default, with a schema: `'json'`. */
  readonly valueCodec?: VC;
  readonly onInvalid?: P;
  /**
   * True: a null value is a tombstone (it deletes its key from a compacted topic) and is not shown to the schema.
   * Default false.
   */
  readonly tombstones?: T;
}

type In<S, C> = S extends StandardSchemaV1
  ? StandardSchemaV1.InferInput<S>
  : C extends 'string'
    ? string | undefined
    : C extends 'json'
      ? unknown
      : BytesIn;
type Out<S, C> = S extends StandardSchemaV1
  ? StandardSchemaV1.InferOutput<S>
  : C extends 'string'
    ? string | null
    : C extends 'json'
      ? unknown
      : BytesOut;
type Tombstone<T> = T extends true ? null : never;
type Raw<P> = P extends 'raw' ? BytesOut : never;

/** Topic of plain bytes. */
export function topic(name: string): Topic;
/**
 * Topic whose keys and values are typed, and checked on both ends.
 *
 * @example const Orders = topic('orders', { key: z.string(), value: Order });
 */
export function topic<
  K extends StandardSchemaV1 | undefined = undefined,
  V extends StandardSchemaV1 | undefined = undefined,
  KC extends Codec | undefined = undefined,
  VC extends Codec | undefined = undefined,
  P extends InvalidPolicy | undefined = undefined,
  T extends boolean | undefined = undefined,
>(
  name: string,
  options: TopicOptions<K, V, KC, VC, P, T>,
): Topic<In<K, KC>, In<V, VC> | Tombstone<T>, Out<K, KC> | Raw<P>, Out<V, VC> | Tombstone<T> | Raw<P>>;
/** @throws QError `INVALID_TOPIC_NAME`, `INVALID_CONFIG`. */
export function topic(
  name: string,
  options: TopicOptions<
    StandardSchemaV1 | undefined,
    StandardSchemaV1 | undefined,
    Codec | undefined,
    Codec | undefined,
    InvalidPolicy | undefined,
    boolean | undefined
  > = {},
): Topic {
  checkTopic(name);
  checkOptions('topic', options, {
    key: standardSchema,
    value: standardSchema,
    keyCodec: oneOf(['json', 'string']),
    valueCodec: oneOf(['json', 'string']),
    onInvalid: null,
    tombstones: flag,
  });
  const { onInvalid = 'fail' } = options;
  readingOption('topic', 'onInvalid', () => checkInvalidPolicy(onInvalid));
  return Object.freeze({
    name,
    keySerde: serde('key', { schema: options.key, codec: options.keyCodec, codecDefault: 'string', tombstones: false }),
    valueSerde: serde('value', {
      schema: options.value,
      codec: options.valueCodec,
      codecDefault: 'json',
      tombstones: options.tombstones ?? false,
    }),
    onInvalid,
  });
}

function serde(
  part: 'key' | 'value',
  o: { schema: StandardSchemaV1 | undefined; codec: Codec | undefined; codecDefault: Codec; tombstones: boolean },
): Serde | null {
  if (o.schema === undefined && o.codec === undefined) return null;
  return new Serde({ part, codec: o.codec ?? o.codecDefault, schema: o.schema ?? null, tombstones: o.tombstones });
}

/** What the specification of Standard Schema asks for. Schemas may be functions. */
const standardSchema: OptionCheck = (value) => {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  const standard: unknown = isHolder ? Reflect.get(value, '~standard') : undefined;
  return isObject(standard) && typeof Reflect.get(standard, 'validate') === 'function'
    ? null
    : 'a Standard Schema, such as those of zod, valibot or arktype';
};

function checkInvalidPolicy(policy: InvalidPolicy): void {
  if (!isObject(policy))
    return checkArgument('topic.onInvalid', policy, oneOf(['fail', 'skip', 'raw']), 'INVALID_CONFIG');
  checkOptions('topic.onInvalid', policy, { deadLetter: null });
  checkTopic(policy.deadLetter, 'topic.onInvalid.deadLetter');
}

/**
 * Producers, consumers and admin accept a name where they accept a topic: keys and values are bytes then.
 *
 * @throws QError `INVALID_TOPIC_NAME`, also for what is neither.
 */
export function asTopic<KI, VI, KO, VO>(topicOrName: Topic<KI, VI, KO, VO> | string): Topic<KI, VI, KO, VO> {
  if (typeof topicOrName === 'string') return topic(topicOrName) as unknown as Topic<KI, VI, KO, VO>;
  checkTyped(topicOrName);
  return topicOrName;
}

/** By what it can do: a topic may come from another copy of this package. */
export function checkTyped(given: unknown): asserts given is Topic {
  if (readingArgument('topic', () => isTyped(given), 'INVALID_TOPIC_NAME')) return;
  throw new QError('INVALID_TOPIC_NAME', `The topic is ${shown(given)}; use a name, or what topic() has made`, {
    details: { argument: 'topic' },
  });
}

function isTyped(given: unknown): boolean {
  const { name, keySerde, valueSerde, onInvalid } = (
    typeof given === 'object' && given !== null ? given : {}
  ) as Partial<Topic>;
  return typeof name === 'string' && onInvalid !== undefined && isSerde(keySerde) && isSerde(valueSerde);
}

function isSerde(given: Serde | null | undefined): boolean {
  return given === null || (typeof given?.encode === 'function' && typeof given.decode === 'function');
}
