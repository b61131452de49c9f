/** Which records a reader wants to see. */
import type { RecordView } from '@q/protocol';
import type { ReadQuery } from './record-schemas.ts';

export type RecordFilter = (record: RecordView) => boolean;

/** Null: all of them, so that nothing of a record is looked at. */
export function recordFilter({ key, keyPrefix, contains, header }: Filters): RecordFilter | null {
  const filters: RecordFilter[] = [];
  if (key !== undefined) filters.push(hasKey(Buffer.from(key)));
  if (keyPrefix !== undefined) filters.push(keyBegins(Buffer.from(keyPrefix)));
  if (contains !== undefined) filters.push(valueHas(Buffer.from(contains)));
  if (header !== undefined) filters.push(hasHeader(header));
  if (filters.length === 0) return null;
  return (record) => filters.every((passes) => passes(record));
}

type Filters = Pick<ReadQuery, 'key' | 'keyPrefix' | 'contains' | 'header'>;

function hasKey(wanted: Buffer): RecordFilter {
  return (record) => record.keyBytes === wanted.length && (record.key?.equals(wanted) ?? false);
}

function keyBegins(wanted: Buffer): RecordFilter {
  return (record) =>
    record.keyBytes >= wanted.length && (record.key?.subarray(0, wanted.length).equals(wanted) ?? false);
}

function valueHas(wanted: Buffer): RecordFilter {
  return (record) => record.valueBytes >= wanted.length && (record.value?.includes(wanted) ?? false);
}

function hasHeader(text: string): RecordFilter {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  const value = at < 0 ? null : Buffer.from(text.slice(at + 1));
  return ({ headers }) =>
    headers.some((header) => header.key === name && (value === null || (header.value?.equals(value) ?? false)));
}
