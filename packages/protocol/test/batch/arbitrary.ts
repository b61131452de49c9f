import * as fc from 'fast-check';
import type { RecordInput } from '../../src/batch/record.ts';

/** A record as it must come out again. */
export interface PlainRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestampMs: number;
  readonly headers: readonly { key: string; value: string | null }[];
}

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array | null> =>
  fc.option(fc.uint8Array({ maxLength }), { nil: null });

const header = fc.record({ key: fc.string({ maxLength: 20, unit: 'binary' }), value: bytes(20) });

const timestampMs = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  fc.constant(-1),
  fc.maxSafeNat().map((value) => Math.floor(value / 2)),
);

/** Records of every shape: null and empty parts, text and bytes, repeated headers, timestamps near and far. */
export const records: fc.Arbitrary<(RecordInput & { timestampMs: number })[]> = fc.array(
  fc.record({
    key: fc.oneof(bytes(30), fc.string({ maxLength: 30, unit: 'binary' })),
    value: fc.oneof(
      bytes(300),
      fc.string({ maxLength: 120, unit: 'binary' }),
      fc.string({ minLength: 60, maxLength: 200 }),
    ),
    headers: fc.array(header, { maxLength: 3 }),
    timestampMs,
  }),
  { minLength: 1, maxLength: 30 },
);

/** What a reader must get for `record`. */
export function plainInput(record: RecordInput): PlainRecord {
  return {
    key: plainBytes(record.key ?? null),
    value: plainBytes(record.value ?? null),
    timestampMs: record.timestampMs ?? -1,
    headers: (record.headers ?? []).map(({ key, value }) => ({
      key: Buffer.from(key).toString(),
      value: plainBytes(value),
    })),
  };
}

export function plainBytes(value: Uint8Array | string | null): string | null {
  return value === null ? null : Buffer.from(value as Uint8Array).toString('hex');
}
