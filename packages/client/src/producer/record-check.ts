import { QError } from '@q/protocol';
import type { RecordHeader } from '@q/protocol';

import { clientLimits } from '../limits.ts';
import { isObject, partitionNumber, reading } from '../option-check.ts';
import { toQError } from '../retry.ts';
import { shown, shownThrown } from '../shown.ts';
import { attachedBytes, isAttached, lostBytes } from '../topic/serde.ts';
import type { Encoded } from '../topic/serde.ts';

/*
 * What a caller may have got wrong in a record. Types say it all, but most callers have none, or `any`. A record is
 * judged before anything of it is in a batch: a length that is no number would be the end of every record of that
 * batch.
 */

const fieldNames = ['key', 'value', 'headers', 'partition', 'timestampMs', 'messageId'] as const;
const knownNames: ReadonlySet<string> = new Set(fieldNames);

export function invalidRecord(field: string, problem: string): QError {
  return new QError('INVALID_RECORD', problem, { details: { field } });
}

/**
 * Whether to look at the record's fields with `checkFields`. Costs 2 ns, of the 50 that `enqueue` takes. So `enqueue`
 * asks only for a record without a value, which is what a misspelt `value` makes of it; records that have to wait are
 * all looked at, and the first ones of a producer do.
 */
export function hasOtherFields(record: object): boolean {
  for (const name in record) {
    if (
      name !== 'value'
      && name !== 'key'
      && name !== 'headers'
      && name !== 'partition'
      && name !== 'timestampMs'
      && name !== 'messageId'
    )
      return true;
  }
  return false;
}

/**
 * Refuses a field that no record has. An object of a class, such as a message that is sent on, has fields of its own
 * and is a record if it has a key or a value.
 *
 * @throws QError `INVALID_RECORD`.
 */
export function checkFields(record: object): void {
  if (!isPlain(record)) {
    if ('value' in record || 'key' in record) return;
    throw notARecord(record);
  }
  const unknown = Object.keys(record).find((name) => !knownNames.has(name));
  if (unknown !== undefined)
    throw invalidRecord(unknown, `A record has no field "${unknown}"; it knows ${fieldNames.join(', ')}`);
}

export function notARecord(given: unknown): QError {
  return invalidRecord(
    'record',
    `A record is ${shown(given)}; use an object with a value, and what else it is to have of ${fieldNames.join(', ')}`,
  );
}

/**
 * Everything about a record that can be told without its topic. @throws QError `INVALID_RECORD`, `INVALID_TIMESTAMP`.
 */
export function checkRecord(record: unknown): void {
  if (typeof record !== 'object' || record === null) throw notARecord(record);
  checkFields(record);
  checkParts(record);
}

export function checkParts(record: Fields): void {
  attachedBytes('key', record.key);
  attachedBytes('value', record.value);
  headersOf(record.headers);
  if (record.messageId !== undefined) messageIdBytes(record.messageId);
  if (record.timestampMs !== undefined) checkedTimestamp(record.timestampMs);
  if (record.partition !== undefined) checkPartition(record.partition);
}

/**
 * What was thrown while a record was taken, as a QError. Getters, proxies, and views whose bytes are gone throw errors
 * of their own: the record is looked at once more to name the field, which costs those that are right nothing.
 */
export function refusedRecord(thrown: unknown, record: unknown): QError {
  if (QError.is(thrown)) return thrown;
  const found = faultOf(record);
  if (found === null) return toQError(thrown, 'taking a record');
  if (QError.is(found.thrown))
    return new QError(found.thrown.code, found.thrown.message, { cause: thrown, details: found.thrown.details });
  const { field } = found;
  const what = field === 'record' ? 'A record' : `The ${field} of a record`;
  return new QError('INVALID_RECORD', `${what} cannot be read: ${shownThrown(thrown)}`, {
    cause: thrown,
    details: { field },
  });
}

/** Null: the record is right now. */
function faultOf(record: unknown): { field: string; thrown: unknown } | null {
  if (typeof record !== 'object' || record === null) return null;
  for (const name of fieldNames) {
    try {
      const part: unknown = Reflect.get(record, name);
      if (name === 'headers') checkOneByOne(part);
      checkParts({ [name]: part });
    } catch (thrown) {
      return { field: name, thrown };
    }
  }
  try {
    checkFields(record);
    return null;
  } catch (thrown) {
    return { field: 'record', thrown };
  }
}

/** So that the error says which of the headers it is. */
function checkOneByOne(headers: unknown): void {
  if (!Array.isArray(headers)) return;
  for (let at = 0; at < headers.length; at += 1) {
    const header: unknown = headers[at];
    const field = `headers[${at}].value`;
    reading(
      { what: `${field} of a record`, code: 'INVALID_RECORD', details: { field } },
      () => isObject(header) && Reflect.get(header, 'value') instanceof Uint8Array,
    );
  }
}

interface Fields {
  readonly key?: unknown;
  readonly value?: unknown;
  readonly headers?: unknown;
  readonly partition?: unknown;
  readonly timestampMs?: unknown;
  readonly messageId?: unknown;
}

/** Headers as a list, whichever way they were given. @throws QError `INVALID_RECORD`. */
export function headersOf(headers: unknown): readonly { readonly key: string; readonly value: Encoded }[] {
  if (headers === undefined) return [];
  if (Array.isArray(headers)) {
    for (let at = 0; at < headers.length; at += 1) checkHeader(headers[at], at);
    return headers as RecordHeader[];
  }
  // A Map, a promise, a string: what they hold are no fields, and would be lost.
  if (typeof headers !== 'object' || headers === null || !isPlain(headers)) {
    throw invalidRecord(
      'headers',
      `The headers of a record are ${shown(headers)}; use a plain object, or a list of { key, value }`,
    );
  }
  return Object.entries(headers).map(([key, value]: [string, unknown]) => ({
    key,
    value: headerValue(`headers.${key}`, value),
  }));
}

/**
 * The record with these headers behind its own. It is copied: it may be sent again, and be anybody's. One that is wrong
 * stays wrong in the same way.
 */
export function withHeaders<R extends object>(record: R, added: readonly RecordHeader[]): R {
  if (added.length === 0) return record;
  const { key, value, headers, partition, timestampMs, messageId } = record as Fields;
  const all = { headers: [...headersOf(headers), ...added] };
  if (isPlain(record)) return { ...record, ...all };
  if (!('value' in record) && !('key' in record)) return record;
  return { key, value, partition, timestampMs, messageId, ...all } as unknown as R;
}

function checkHeader(header: unknown, at: number): void {
  const { key, value } = (typeof header === 'object' && header !== null ? header : {}) as {
    key?: unknown;
    value?: unknown;
  };
  if (typeof key !== 'string')
    throw invalidRecord(
      `headers[${at}]`,
      `headers[${at}] of a record is ${shown(header)}; use { key, value } with a text for the key`,
    );
  headerValue(`headers[${at}].value`, value);
}

function headerValue(field: string, value: unknown): Encoded {
  if (value === null || typeof value === 'string') return value;
  if (value instanceof Uint8Array) {
    if (isAttached(value)) return value;
    throw lostBytes(field);
  }
  throw invalidRecord(field, `${field} of a record is ${shown(value)}; use bytes, a string or null`);
}

export function messageIdBytes(messageId: unknown): Buffer {
  if (typeof messageId !== 'string')
    throw invalidRecord('messageId', `The messageId of a record is ${shown(messageId)}; use a text`);
  const bytes = Buffer.from(messageId);
  if (bytes.length > 0 && bytes.length <= clientLimits.messageIdBytesMax) return bytes;
  throw invalidRecord(
    'messageId',
    `A message id has 1 to ${clientLimits.messageIdBytesMax} bytes, this one has ${bytes.length}`,
  );
}

export function checkedTimestamp(timestampMs: unknown): number {
  if (Number.isSafeInteger(timestampMs) && (timestampMs as number) >= 0) return timestampMs as number;
  throw new QError(
    'INVALID_TIMESTAMP',
    `The timestampMs of a record is ${shown(timestampMs)}; use whole milliseconds since 1970`,
    { details: { field: 'timestampMs' } },
  );
}

/** A number of a partition, there or not. */
export function checkPartition(partition: unknown): void {
  const allowed = partitionNumber(partition);
  if (allowed !== null)
    throw invalidRecord('partition', `The partition of a record is ${shown(partition)}; use ${allowed}`);
}

/** Made by `{ … }`, in whichever realm: its prototype, if it has one, is the last. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
