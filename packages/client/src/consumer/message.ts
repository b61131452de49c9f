import { readRecords } from '@q/protocol';
import type { RecordReader, RecordSource, RecordView, RecordViewHeader } from '@q/protocol';

import { clientLimits } from '../limits.ts';
import { SchemaIssues } from '../topic/schema-issues.ts';
import type { BytesOut, Topic } from '../topic/topic.ts';

/** A header as received. Keys may repeat. The value is a view of the fetched batch. */
export type MessageHeader = RecordViewHeader;

/**
 * A record as received. Buffers are views of the fetched batch: copy them (`Buffer.from(buffer)`) to keep them for
 * long, or else each keeps its whole batch in memory.
 */
export interface Message<K = BytesOut, V = BytesOut> {
  /** The topic that it was read from. */
  readonly topic: string;
  /** The partition that it was read from. */
  readonly partition: number;
  /** Its place in the partition. */
  readonly offset: number;
  /** Milliseconds since 1970; -1 if the producer set none. */
  readonly timestampMs: number;
  /** Null without a key. As the topic's schema gives it, or bytes: a view. */
  readonly key: K;
  /** Null for a tombstone. As the topic's schema gives it, or bytes: a view. */
  readonly value: V;
  /** In the order in which they were sent. */
  readonly headers: readonly MessageHeader[];
  /** Why key or value do not match their schema. Only with `onInvalid: 'raw'`; key and value are bytes then. */
  readonly invalid?: SchemaIssues | undefined;
}

/** A message that does not match its schema, as bytes. */
export class InvalidMessage implements Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly invalid: SchemaIssues;
  readonly #record: RecordView;

  constructor(source: RecordSource, record: RecordView, invalid: SchemaIssues) {
    this.topic = source.topic;
    this.partition = source.partition;
    this.offset = record.offset;
    this.invalid = invalid;
    this.#record = record;
  }

  get timestampMs(): number {
    return this.#record.timestampMs;
  }

  get key(): Buffer | null {
    return this.#record.key;
  }

  get value(): Buffer | null {
    return this.#record.value;
  }

  get headers(): readonly MessageHeader[] {
    return this.#record.headers;
  }
}

/** A message whose parts went through their schemas. */
class TypedMessage<K, V> implements Message<K, V> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: K;
  readonly value: V;
  readonly #record: RecordView;

  constructor(source: RecordSource, record: RecordView, parts: { key: K; value: V }) {
    this.topic = source.topic;
    this.partition = source.partition;
    this.offset = record.offset;
    this.key = parts.key;
    this.value = parts.value;
    this.#record = record;
  }

  get timestampMs(): number {
    return this.#record.timestampMs;
  }

  get headers(): readonly MessageHeader[] {
    return this.#record.headers;
  }
}

/** What came of decoding a record: the message, or what its schema has against it. */
export type Decoded<K, V> = Message<K, V> | SchemaIssues;

/** Decodes a record of a topic that has a schema or a codec; a promise only if a schema is asynchronous. */
export function decodeRecord<K, V>(
  topic: Topic<unknown, unknown, K, V>,
  source: RecordSource,
  record: RecordView,
): Decoded<K, V> | Promise<Decoded<K, V>> {
  const { keySerde, valueSerde } = topic;
  const key = keySerde === null ? record.key : keySerde.decode(record.key);
  const value = valueSerde === null ? record.value : valueSerde.decode(record.value);
  if (key instanceof Promise || value instanceof Promise) {
    return Promise.all([key, value]).then(([k, v]) => joined<K, V>(source, record, { key: k, value: v }));
  }
  return joined(source, record, { key, value });
}

function joined<K, V>(
  source: RecordSource,
  record: RecordView,
  parts: { key: unknown; value: unknown },
): Decoded<K, V> {
  if (parts.key instanceof SchemaIssues) return parts.key;
  if (parts.value instanceof SchemaIssues) return parts.value;
  return new TypedMessage<K, V>(source, record, parts as { key: K; value: V });
}

/**
 * The records of a batch from `fromOffset` on. Of a topic of plain bytes they are the messages: one object for each
 * record, which cuts its parts out of the batch when they are asked for. Throws as `iterateRecords`.
 */
export function readMessages(batch: Buffer, o: { source: RecordSource; fromOffset: number }): RecordReader {
  return readRecords(batch, { ...o, uncompressedBytesMax: clientLimits.uncompressedBytesMax });
}
