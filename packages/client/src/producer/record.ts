import { messageIdHeader } from '@q/protocol';
import type { RecordHeader } from '@q/protocol';

import { clientLimits } from '../limits.ts';
import { attachedBytes } from '../topic/serde.ts';
import type { Encoded } from '../topic/serde.ts';
import { SchemaIssues, schemaMismatch } from '../topic/schema-issues.ts';
import type { BytesIn, Topic } from '../topic/topic.ts';
import { checkFields, checkRecord, hasOtherFields, headersOf, messageIdBytes, notARecord } from './record-check.ts';

/** Headers of a record to be sent: an object, or a list where keys repeat. Strings are written as UTF-8. */
export type RecordHeaders = Readonly<Record<string, string | Uint8Array | null>> | readonly RecordHeader[];

interface RecordFields {
  readonly headers?: RecordHeaders | undefined;
  /** Chosen by the partitioner unless given. */
  readonly partition?: number | undefined;
  /** Milliseconds since 1970; default: now. */
  readonly timestampMs?: number | undefined;
  /**
   * Names this record for a topic with `dedup.window.ms`: a second record of the same name within the window is not
   * stored, and its result has the first one's offset and `duplicate: true`. Each partition knows its own: without a
   * partition and a key, the name chooses the partition, by the same hash. Such a record travels in a batch of its own.
   */
  readonly messageId?: string | undefined;
}

/**
 * A record to be sent to a topic with these types of key and value. A part may be left out if its type allows
 * undefined.
 */
export type ProducerRecord<K = BytesIn, V = BytesIn> = RecordFields
  & (undefined extends K ? { readonly key?: K } : { readonly key: K })
  & (undefined extends V ? { readonly value?: V } : { readonly value: V });

/** A record whose key and value are bytes, or strings that become bytes when they are written into their batch. */
export interface PlainRecord extends RecordFields {
  readonly key?: Encoded | undefined;
  readonly value?: Encoded | undefined;
}

/**
 * Key and value as bytes. For a topic without schemas that is the record itself, no matter how many are sent.
 *
 * @throws QError `INVALID_RECORD`, `SCHEMA_MISMATCH`; rejects with the latter if the schema is asynchronous.
 */
export function serialize<K, V>(
  topic: Topic<K, V, unknown, unknown>,
  record: ProducerRecord<K, V>,
): PlainRecord | Promise<PlainRecord> {
  const given = record as RecordFields & { key?: unknown; value?: unknown };
  const { keySerde, valueSerde } = topic;
  if (typeof given !== 'object' || given === null || given instanceof Promise) throw notARecord(given);
  if (keySerde === null && valueSerde === null) return given as PlainRecord;
  if (given.value === undefined || hasOtherFields(given)) checkFields(given);
  const key = keySerde === null ? attachedBytes('key', given.key) : keySerde.encode(given.key);
  const value = valueSerde === null ? attachedBytes('value', given.value) : valueSerde.encode(given.value);
  if (key instanceof Promise || value instanceof Promise) {
    // What does not depend on the schema is said at once.
    const fields = fieldsOf(given);
    checkRecord({ ...fields, key: null, value: null });
    // The call is over before the schema has said anything, and its buffers may be used again.
    const headers = detachedHeaders(fields.headers);
    const pending = Promise.all([ownBytes(key), ownBytes(value)]).then(([k, v]) =>
      encoded(topic.name, { ...fields, headers }, { key: k, value: v }),
    );
    // Another record, or the topic, may be refused before anyone waits for it.
    pending.catch(() => undefined);
    return pending;
  }
  return encoded(topic.name, given, { key, value });
}

function encoded(
  topic: string,
  fields: RecordFields,
  parts: { key: Encoded | SchemaIssues; value: Encoded | SchemaIssues },
): PlainRecord {
  if (parts.key instanceof SchemaIssues) throw schemaMismatch(parts.key, { topic });
  if (parts.value instanceof SchemaIssues) throw schemaMismatch(parts.value, { topic });
  return {
    key: parts.key,
    value: parts.value,
    headers: fields.headers,
    partition: fields.partition,
    timestampMs: fields.timestampMs,
    messageId: fields.messageId,
  };
}

/** One by one: those of a message, which may be sent on, are no fields of its own. */
function fieldsOf({ headers, partition, timestampMs, messageId }: RecordFields): RecordFields {
  return { headers, partition, timestampMs, messageId };
}

/** The headers as the batch takes them; undefined when there are none, which is what nearly every record has. */
export function encodeHeaders(record: PlainRecord): readonly RecordHeader[] | undefined {
  if (record.headers === undefined && record.messageId === undefined) return undefined;
  const headers: RecordHeader[] = [];
  for (const { key, value } of headersOf(record.headers))
    headers.push({ key, value: typeof value === 'string' ? Buffer.from(value) : value });
  if (record.messageId !== undefined) headers.push({ key: messageIdHeader, value: messageIdBytes(record.messageId) });
  return headers;
}

/** A record that waits keeps its own bytes, so that the caller may reuse buffers as soon as the call is over. */
export function detached(record: PlainRecord): PlainRecord {
  return {
    ...fieldsOf(record),
    key: ownBytes(record.key),
    value: ownBytes(record.value),
    headers: detachedHeaders(record.headers),
  };
}

function ownBytes<T>(part: T): T | Buffer {
  return part instanceof Uint8Array ? Buffer.from(part) : part;
}

function detachedHeaders(headers: RecordHeaders | undefined): RecordHeaders | undefined {
  if (headers === undefined) return undefined;
  return headersOf(headers).map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) }));
}

/** Roughly what a record that waits costs in memory. */
export function parkedBytes(record: PlainRecord): number {
  let bytes = clientLimits.parkedRecordOverheadBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const { key, value } of headersOf(record.headers)) bytes += key.length + (value?.length ?? 0);
  return bytes;
}
