import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchSize } from '../../src/batch/header.ts';
import { encodeBatch } from '../../src/batch/encode.ts';
import type { RecordView } from '../../src/batch/record-view.ts';
import { iterateRecords } from '../../src/batch/records.ts';
import { validateBatch } from '../../src/batch/validate.ts';
import { codecNames } from '../../src/compression/codec.ts';
import { QError } from '../../src/errors.ts';
import { errorOf } from '../error-of.ts';
import { plainBytes, plainInput, records } from './arbitrary.ts';
import type { PlainRecord } from './arbitrary.ts';

const limits = { uncompressedBytesMax: 1 << 20, recordBytesMax: 1 << 20 };

describe.each(codecNames)('batches with codec %s', (codec) => {
  it('P2 P3 C3 give back every record as it was sent', () => {
    fc.assert(
      fc.property(records, fc.nat(1_000_000), (input, baseOffset) => {
        const batch = encodeBatch(input, { codec, baseOffset });
        const header = validateBatch(batch, limits);
        expect(header).toMatchObject({ codec, baseOffset, recordsCount: input.length, sizeInBytes: batch.length });
        expect(header.maxTimestamp).toBe(Math.max(...input.map(({ timestampMs }) => timestampMs)));
        const output = [...iterateRecords(batch)];
        expect(output.map(plainView)).toEqual(input.map(plainInput));
        expect(output.map(({ offset }) => offset)).toEqual(input.map((_, index) => baseOffset + index));
      }),
      { numRuns: 60 },
    );
  });

  it('are refused when any byte after the magic is changed', () => {
    const batch = encodeBatch(
      [{ key: 'k', value: 'some value', headers: [{ key: 'h', value: null }] }, { value: 'x'.repeat(200) }],
      { codec },
    );
    for (let at = 17; at < batch.length; at += 1) {
      for (const mask of [0x01, 0x80]) {
        batch[at] = (batch[at] as number) ^ mask;
        expect(errorOf(() => validateBatch(batch, limits)).code).toBe('CORRUPT_BATCH');
        batch[at] = (batch[at] as number) ^ mask;
      }
    }
    expect(validateBatch(batch, limits).recordsCount).toBe(2);
  });

  it('never crash a reader with anything but a QError, whatever their bytes', () => {
    fc.assert(
      fc.property(
        records,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (input, changes) => {
          const batch = encodeBatch(input, { codec });
          for (const [at, byte] of changes) batch[at % batch.length] = byte;
          expect(failure(() => validateBatch(batch, limits))).toMatch(/^QError|nothing$/);
          expect(failure(() => Array.from(iterateRecords(batch), plainView))).toMatch(/^QError|nothing$/);
        },
      ),
      { numRuns: 100 },
    );
  });
});

it('P2 random bytes never crash a reader with anything but a QError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 61, maxLength: 300 }), fc.boolean(), (bytes, plausible) => {
      const batch = Buffer.from(bytes);
      // Past the checks of the envelope, where the walk over the records begins.
      if (plausible)
        batch
          .fill(Buffer.from([0, 0, 0, 2]), 57, 61)
          .fill(0, 21, 23)
          .fill(2, 16, 17);
      expect(failure(() => validateBatch(batch, limits))).toMatch(/^QError/);
      expect(failure(() => Array.from(iterateRecords(batch), plainView))).toMatch(/^QError|nothing$/);
    }),
    { numRuns: 200 },
  );
});

it('Z5 a 100-byte record takes nine bytes of framing, and a batch 61', () => {
  const batch = encodeBatch(
    Array.from({ length: 10 }, () => ({ value: Buffer.alloc(100), timestampMs: 1_700_000_000_000 })),
  );
  expect(batchSize(batch)).toBe(61 + 10 * (100 + 9));
});

function plainView(record: RecordView): PlainRecord {
  return {
    key: plainBytes(record.key),
    value: plainBytes(record.value),
    timestampMs: record.timestampMs,
    headers: record.headers.map(({ key, value }) => ({ key, value: plainBytes(value) })),
  };
}

function failure(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return QError.is(error) ? `QError ${error.code}` : String(error);
  }
  return 'nothing';
}
