import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/batch/encode.ts';
import { encodeEndMarker, readEndMarker } from '../../src/batch/end-marker.ts';
import type { RecordView } from '../../src/batch/record-view.ts';
import { iterateRecords } from '../../src/batch/records.ts';
import { validateBatch } from '../../src/batch/validate.ts';
import { errorOf } from '../error-of.ts';

function onlyRecord(batch: Buffer): RecordView {
  const [record] = iterateRecords(batch);
  if (record === undefined) throw new Error('no record');
  return record;
}

describe('end-of-transaction markers', () => {
  it.each(['abort', 'commit'] as const)('%s is one control record', (outcome) => {
    const marker = encodeEndMarker({
      outcome,
      coordinatorEpoch: 11,
      producerId: 5,
      producerEpoch: 1,
      timestampMs: 123,
    });
    const header = validateBatch(marker, { uncompressedBytesMax: 1000, recordBytesMax: 1000, origin: 'log' });
    expect(header).toMatchObject({
      isControl: true,
      isTransactional: true,
      recordsCount: 1,
      producerId: 5,
      producerEpoch: 1,
      baseSequence: -1,
    });
    expect(readEndMarker(onlyRecord(marker))).toEqual({ outcome, coordinatorEpoch: 11 });
  });

  it('leaves control records of other kinds alone and refuses cut-off ones', () => {
    const control = (key: string | null, value: string | null): RecordView =>
      onlyRecord(
        encodeBatch([
          {
            key: key === null ? null : Buffer.from(key, 'hex'),
            value: value === null ? null : Buffer.from(value, 'hex'),
          },
        ]),
      );
    expect(readEndMarker(control('00000002', null))).toBeNull();
    for (const record of [
      control(null, null),
      control('0000', null),
      control('00000001', null),
      control('00000001', '0000'),
    ]) {
      expect(errorOf(() => readEndMarker(record)).code).toBe('CORRUPT_BATCH');
    }
  });
});
