import { deepStrictEqual } from 'node:assert';
import type { ReadRecord, WireRecord } from './operations.ts';

/** A day in 2026, so that no two records of a test have the same time, and none is in the future. */
const beginMs = Date.UTC(2026, 0, 15);

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function plainText({ value }: Pick<ReadRecord, 'value'>): string {
  return Buffer.from(value ?? '', 'base64').toString();
}

/** Plain records `name 0`, `name 1`, … of one partition, a second apart. Each alone is worth being compressed. */
export function someRecords(count: number, { name = 'record', partition = 0 } = {}): WireRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    partition,
    key: base64(`key-${index}`),
    value: base64(`${name} ${index} ${'abc'.repeat(40 + (index % 20))}`),
    headers: [],
    timestampMs: beginMs + index * 1000,
  }));
}

/** The time of the n-th of `someRecords`. */
export function timeOf(index: number): number {
  return beginMs + index * 1000;
}

/** Everything that a record may be: without key or value, empty, binary, not Latin, with headers, long. */
export function oddRecords(): WireRecord[] {
  const binary = Buffer.from([0, 255, 128, 10, 13, 0]).toString('base64');
  const odd: Pick<WireRecord, 'key' | 'value' | 'headers'>[] = [
    { key: base64('key'), value: base64('value'), headers: [] },
    { key: null, value: base64('no key'), headers: [] },
    { key: base64('no value'), value: null, headers: [] },
    { key: base64(''), value: base64(''), headers: [] },
    { key: binary, value: binary, headers: [['binary', binary]] },
    { key: base64('ключ'), value: base64('значение 値'), headers: [['имя', base64('é')]] },
    {
      key: base64('k'),
      value: base64('headers'),
      headers: [
        ['a', base64('1')],
        ['b', base64('')],
        ['c', base64('3')],
      ],
    },
    { key: base64('k'), value: base64('x'.repeat(100_000)), headers: [['long', base64('y'.repeat(5000))]] },
  ];
  return odd.map((record, index) => ({ partition: 0, timestampMs: beginMs + index * 7, ...record }));
}

/** The same records in the same order, whatever their offsets. */
export function expectSame(seen: readonly ReadRecord[], sent: readonly WireRecord[]): void {
  deepStrictEqual(seen.map(withoutOffset), sent.map(withoutOffset));
}

function withoutOffset({ partition, key, value, headers, timestampMs }: WireRecord): WireRecord {
  return { partition, key, value, headers, timestampMs };
}

export function expectOffsets(seen: readonly ReadRecord[], first: number, count: number): void {
  deepStrictEqual(
    seen.map(({ offset }) => offset),
    Array.from({ length: count }, (_, index) => first + index),
  );
}
