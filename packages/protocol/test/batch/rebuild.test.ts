import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/batch/encode.ts';
import { readBatchHeader } from '../../src/batch/header.ts';
import { rebuildBatch, recompressBatch } from '../../src/batch/rebuild.ts';
import { iterateRecords } from '../../src/batch/records.ts';
import { assignAppendTime } from '../../src/batch/stamp.ts';
import { validateBatch } from '../../src/batch/validate.ts';
import { codecNames } from '../../src/compression/codec.ts';
import { errorOf } from '../error-of.ts';
import { plainBytes, records } from './arbitrary.ts';

const limits = { uncompressedBytesMax: 1 << 20, recordBytesMax: 1 << 20, origin: 'log' } as const;
const producer = { producerId: 8, producerEpoch: 2, baseSequence: 40 };
const abc = encodeBatch(
  [
    { key: 'a', value: '1', timestampMs: 10 },
    { key: 'b', value: '2', timestampMs: 30 },
    { key: 'c', value: null, timestampMs: 20 },
  ],
  { ...producer, baseOffset: 500, leaderEpoch: 3 },
);

function contents(batch: Buffer): unknown[] {
  return Array.from(iterateRecords(batch), (record) => [
    record.offset,
    record.timestampMs,
    plainBytes(record.key),
    plainBytes(record.value),
    record.headers,
  ]);
}

describe('recompressBatch', () => {
  it('S3 changes the codec and nothing else, between any two', () => {
    fc.assert(
      fc.property(records, fc.constantFrom(...codecNames), fc.constantFrom(...codecNames), (input, from, to) => {
        const batch = encodeBatch(input, { ...producer, codec: from, baseOffset: 7, leaderEpoch: 1 });
        const again = recompressBatch(batch, to);
        const { crc: _crc, sizeInBytes: _size, attributes: _attributes, ...kept } = readBatchHeader(batch);
        expect(validateBatch(again, limits)).toMatchObject({ ...kept, codec: to });
        expect(contents(again)).toEqual(contents(batch));
      }),
      { numRuns: 60 },
    );
  });

  it('returns the same buffer when there is nothing to do', () => {
    expect(recompressBatch(abc, 'none')).toBe(abc);
  });

  it('is bounded', () => {
    const bomb = encodeBatch([{ value: Buffer.alloc(1 << 20) }], { codec: 'zstd' });
    expect(errorOf(() => recompressBatch(bomb, 'none', { uncompressedBytesMax: 1 << 19 })).code).toBe(
      'BATCH_TOO_LARGE',
    );
  });
});

describe('rebuildBatch', () => {
  it.each(codecNames)('S4 keeps what is wanted at its offset, with codec %s', (codec) => {
    fc.assert(
      fc.property(records, fc.nat(), (input, mask) => {
        const batch = encodeBatch(input, { ...producer, codec, baseOffset: 1000 });
        const keep = (offset: number): boolean => ((mask >>> ((offset - 1000) % 31)) & 1) === 1;
        const rebuilt = rebuildBatch(batch, ({ offset }) => keep(offset));
        const wanted = contents(batch).filter((record) => keep((record as [number])[0]));
        expect(rebuilt === null).toBe(wanted.length === 0);
        if (rebuilt === null) return;
        const { lastOffset, baseOffset, lastOffsetDelta } = readBatchHeader(batch);
        expect(validateBatch(rebuilt, limits)).toMatchObject({
          ...producer,
          codec,
          lastOffset,
          baseOffset,
          lastOffsetDelta,
        });
        expect(contents(rebuilt)).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  it('S4 sets a delete horizon without moving any timestamp', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 0, max: 2_000_000_000_000 }), (input, deleteHorizonMs) => {
        const batch = encodeBatch(input);
        const rebuilt = rebuildBatch(batch, () => true, { deleteHorizonMs }) as Buffer;
        expect(validateBatch(rebuilt, limits)).toMatchObject({
          deleteHorizonMs,
          maxTimestamp: readBatchHeader(batch).maxTimestamp,
        });
        expect(contents(rebuilt)).toEqual(contents(batch));
        expect(rebuildBatch(rebuilt, () => true, { deleteHorizonMs })).toBe(rebuilt);
        expect(rebuildBatch(rebuilt, () => true)).toBe(rebuilt);
      }),
      { numRuns: 60 },
    );
  });

  it('takes the greatest timestamp of what is left', () => {
    const rebuilt = rebuildBatch(abc, ({ offset }) => offset !== 501) as Buffer;
    expect(readBatchHeader(rebuilt)).toMatchObject({
      maxTimestamp: 20,
      recordsCount: 2,
      lastOffset: 502,
      leaderEpoch: 3,
    });
  });

  it('keeps log append time', () => {
    const stamped = Buffer.from(abc);
    assignAppendTime(stamped, 9999);
    const rebuilt = rebuildBatch(stamped, ({ offset }) => offset === 500, { deleteHorizonMs: 77 }) as Buffer;
    expect(validateBatch(rebuilt, limits)).toMatchObject({
      timestampType: 'LogAppendTime',
      maxTimestamp: 9999,
      deleteHorizonMs: 77,
    });
    expect(Array.from(iterateRecords(rebuilt), ({ timestampMs }) => timestampMs)).toEqual([9999]);
  });

  it('returns the same buffer when everything stays', () => {
    expect(rebuildBatch(abc, () => true)).toBe(abc);
  });

  it('P4 vanishes when nothing is left, or keeps the header for the producer', () => {
    expect(rebuildBatch(abc, () => false)).toBeNull();
    const empty = rebuildBatch(abc, () => false, { keepEmpty: true }) as Buffer;
    expect(empty).toHaveLength(61);
    expect(validateBatch(empty, limits)).toMatchObject({
      ...producer,
      baseOffset: 500,
      lastOffset: 502,
      recordsCount: 0,
      maxTimestamp: 30,
    });
    expect(contents(empty)).toEqual([]);
    expect(contents(rebuildBatch(empty, () => false, { keepEmpty: true }) as Buffer)).toEqual([]);
  });

  it('keeps the header of a compressed batch uncompressed, for there is nothing to compress', () => {
    const batch = encodeBatch([{ key: 'a', value: '1' }], { codec: 'lz4' });
    const empty = rebuildBatch(batch, () => false, { keepEmpty: true }) as Buffer;
    expect(validateBatch(empty, limits)).toMatchObject({ codec: 'none', recordsCount: 0 });
  });
});
