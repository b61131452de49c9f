import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/batch/encode.ts';
import { batchHeaderBytes } from '../../src/batch/layout.ts';
import { RecordCursor } from '../../src/batch/record-cursor.ts';
import { QError } from '../../src/errors.ts';

interface Fields {
  readonly timestampDelta: number;
  readonly offsetDelta: number;
  readonly keyLengthStart: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headersStart: number;
  readonly headerCount: number;
  readonly end: number;
}

/** What the cursor must find, by the plainest of means; null where the bytes are not `count` records. */
class PlainReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(count: number): Fields[] | null {
    try {
      const all = Array.from({ length: count }, () => this.#record());
      return this.#at === this.#bytes.length ? all : null;
    } catch {
      return null;
    }
  }

  #record(): Fields {
    const length = this.#varint(5);
    const end = this.#at + length;
    if (length < 6 || end > this.#bytes.length) throw new Error('length');
    this.#at += 1;
    const timestampDelta = this.#varint(10);
    if (!Number.isSafeInteger(timestampDelta)) throw new Error('timestamp');
    const offsetDelta = this.#varint(5);
    const keyLengthStart = this.#at;
    const [key, value] = [this.#field(end), this.#field(end)];
    const headerCount = this.#varint(5);
    if (headerCount < 0) throw new Error('headers');
    const headersStart = this.#at;
    for (let left = headerCount; left > 0; left -= 1) {
      if (this.#field(end) === null) throw new Error('header key');
      this.#field(end);
    }
    if (this.#at !== end) throw new Error('end');
    return { timestampDelta, offsetDelta, keyLengthStart, key, value, headersStart, headerCount, end };
  }

  #field(end: number): string | null {
    const length = this.#varint(5);
    if (length < -1 || this.#at + length > end) throw new Error('field');
    if (length < 0) return null;
    this.#at += length;
    return this.#bytes.toString('latin1', this.#at - length, this.#at);
  }

  #varint(bytesMax: number): number {
    let unsigned = 0n;
    for (let index = 0; ; index += 1) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || index === bytesMax) throw new Error('varint');
      this.#at += 1;
      unsigned |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) break;
    }
    if (bytesMax === 5 && unsigned > 0xffff_ffffn) throw new Error('varint');
    return Number((unsigned >> 1n) ^ -(unsigned & 1n));
  }
}

function walk(bytes: Buffer, count: number): Fields[] | null {
  const cursor = new RecordCursor(bytes, 0, bytes.length, count);
  const all: Fields[] = [];
  const text = (start: number, length: number): string | null =>
    length < 0 ? null : bytes.toString('latin1', start, start + length);
  try {
    while (cursor.next()) {
      const { timestampDelta, offsetDelta, keyLengthStart, headersStart, headerCount, recordEnd: end } = cursor;
      const key = text(cursor.keyStart, cursor.keyLength);
      all.push({
        timestampDelta,
        offsetDelta,
        keyLengthStart,
        key,
        value: text(cursor.valueStart, cursor.valueLength),
        headersStart,
        headerCount,
        end,
      });
    }
    return all;
  } catch (error) {
    if (QError.is(error) && error.code === 'INVALID_RECORD') return null;
    throw error;
  }
}

/** Lengths on both sides of where one more byte is needed, and small ones. */
const length = fc.oneof(fc.constantFrom(0, 1, 62, 63, 64, 65, 8_191, 8_192), fc.nat(40));
const field = fc.option(
  length.map((bytes) => Buffer.alloc(bytes, 'x')),
  { freq: 4 },
);
const record = fc.record({
  key: field,
  value: field,
  timestampMs: fc.constantFrom(0, 1, 63, 64, 8_191, 8_192, 2 ** 28, 2 ** 40),
  headers: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant([{ key: 'h', value: Buffer.from('x') }]) },
  ),
});

describe('RecordCursor', () => {
  it('finds the fields of every record, whatever their lengths', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 80 }), (records) => {
        const bytes = encodeBatch(records).subarray(batchHeaderBytes);
        const found = walk(bytes, records.length);
        expect(found).not.toBeNull();
        expect(found).toEqual(new PlainReader(bytes).read(records.length));
      }),
      { numRuns: 60 },
    );
  });

  it('takes what is damaged exactly where the plainest reader does', () => {
    const small = fc.array(
      fc.record({
        key: fc.option(fc.uint8Array({ maxLength: 3 })),
        value: fc.option(fc.uint8Array({ maxLength: 70 })),
      }),
      { minLength: 1, maxLength: 4 },
    );
    const change = fc.record({
      at: fc.nat(300),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff)),
    });
    let accepted = 0;
    fc.assert(
      fc.property(small, fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(2), (records, changes, cut) => {
        const inputs = records.map(({ key, value }) => ({
          key: key && Buffer.from(key),
          value: value && Buffer.from(value),
        }));
        const whole = Buffer.from(encodeBatch(inputs).subarray(batchHeaderBytes));
        for (const { at, byte } of changes) whole[at % whole.length] = byte;
        const bytes = whole.subarray(0, whole.length - cut);
        const found = walk(bytes, records.length);
        if (found !== null) accepted += 1;
        expect(found).toEqual(new PlainReader(bytes).read(records.length));
      }),
      { numRuns: 3_000 },
    );
    // Changed bytes of keys and values are nothing to a cursor.
    expect(accepted).toBeGreaterThan(300);
  });

  it('finds offsets that take one, two, three and four bytes', () => {
    const count = 20_000;
    const bytes = encodeBatch(Array.from({ length: count }, () => ({ value: 'v' }))).subarray(batchHeaderBytes);
    expect(walk(bytes, count)?.map(({ offsetDelta }) => offsetDelta)).toEqual(
      Array.from({ length: count }, (_, index) => index),
    );
    // 2^20 needs four bytes: attributes, timestamp delta 0, offset delta, null key, null value, no headers.
    const far = Buffer.from('12 00 00 80 80 80 01 01 01 00'.replaceAll(' ', ''), 'hex');
    expect(walk(far, 1)?.[0]).toMatchObject({ offsetDelta: 2 ** 20, key: null, value: null, end: 10 });
  });
});
