import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/batch/encode.ts';
import {
  batchAttributes,
  batchBaseOffset,
  batchBaseSequence,
  batchBaseTimestamp,
  batchCodec,
  batchCrc,
  batchDeleteHorizonMs,
  batchIsControl,
  batchIsTransactional,
  batchLastOffset,
  batchLastOffsetDelta,
  batchLeaderEpoch,
  batchMagic,
  batchMaxTimestamp,
  batchProducerEpoch,
  batchProducerId,
  batchRecordsCount,
  batchSize,
  readBatchHeader,
} from '../../src/batch/header.ts';
import { assignAppendTime, assignOffsets, stampProducer } from '../../src/batch/stamp.ts';
import { iterateRecords } from '../../src/batch/records.ts';
import { validateBatch } from '../../src/batch/validate.ts';
import { errorOf } from '../error-of.ts';

const producer = { producerId: 2 ** 33, producerEpoch: 32_767, baseSequence: 77 };
const options = { codec: 'zstd', baseOffset: 2 ** 40, leaderEpoch: 9, ...producer, isTransactional: true } as const;
const batch = encodeBatch(
  [
    { value: 'a', timestampMs: 1_700_000_000_000 },
    { value: 'b', timestampMs: 1_700_000_000_500 },
  ],
  options,
);
const limits = { uncompressedBytesMax: 10_000, recordBytesMax: 10_000 };

describe('the header of a batch', () => {
  it('is the same read at once and field by field, at any position', () => {
    const buffer = Buffer.concat([Buffer.alloc(7, 0xee), batch]);
    const header = readBatchHeader(buffer, 7);
    expect(header).toEqual({
      baseOffset: batchBaseOffset(buffer, 7),
      lastOffset: batchLastOffset(buffer, 7),
      sizeInBytes: batchSize(buffer, 7),
      leaderEpoch: batchLeaderEpoch(buffer, 7),
      magic: batchMagic(buffer, 7),
      crc: batchCrc(buffer, 7),
      attributes: batchAttributes(buffer, 7),
      codec: batchCodec(buffer, 7),
      timestampType: 'CreateTime',
      isTransactional: batchIsTransactional(buffer, 7),
      isControl: batchIsControl(buffer, 7),
      deleteHorizonMs: batchDeleteHorizonMs(buffer, 7),
      lastOffsetDelta: batchLastOffsetDelta(buffer, 7),
      baseTimestamp: batchBaseTimestamp(buffer, 7),
      maxTimestamp: batchMaxTimestamp(buffer, 7),
      producerId: batchProducerId(buffer, 7),
      producerEpoch: batchProducerEpoch(buffer, 7),
      baseSequence: batchBaseSequence(buffer, 7),
      recordsCount: batchRecordsCount(buffer, 7),
    });
    expect(header).toMatchObject({
      ...options,
      lastOffset: 2 ** 40 + 1,
      recordsCount: 2,
      maxTimestamp: 1_700_000_000_500,
      attributes: 0x14,
    });
  });

  it('is refused when it is cut off, has another magic or a codec that is not known', () => {
    expect(errorOf(() => readBatchHeader(batch.subarray(0, 60))).code).toBe('CORRUPT_BATCH');
    expect(errorOf(() => readBatchHeader(batch, batch.length - 60)).code).toBe('CORRUPT_BATCH');
    const other = Buffer.from(batch);
    other[16] = 1;
    expect(errorOf(() => readBatchHeader(other)).code).toBe('CORRUPT_BATCH');
    other[16] = 2;
    other[22] = 0x17;
    expect(errorOf(() => readBatchHeader(other)).code).toBe('UNSUPPORTED_CODEC');
  });
});

describe('stamping in place', () => {
  it('Z1 assigns offsets without touching what the CRC covers', () => {
    const copy = Buffer.from(batch);
    assignOffsets(copy, { baseOffset: 3, leaderEpoch: 4 });
    expect(copy.subarray(17).equals(batch.subarray(17))).toBe(true);
    expect(readBatchHeader(copy)).toMatchObject({ baseOffset: 3, leaderEpoch: 4, crc: batchCrc(batch) });
  });

  it('log append time gives every record the time of the log', () => {
    const copy = Buffer.from(batch);
    assignAppendTime(copy, 1_800_000_000_000);
    expect(validateBatch(copy, { ...limits, origin: 'log' })).toMatchObject({
      timestampType: 'LogAppendTime',
      maxTimestamp: 1_800_000_000_000,
    });
    expect(Array.from(iterateRecords(copy), ({ timestampMs }) => timestampMs)).toEqual([
      1_800_000_000_000, 1_800_000_000_000,
    ]);
  });

  it('P4 re-stamps the producer with a true CRC', () => {
    const copy = Buffer.from(batch);
    stampProducer(copy, { producerId: 5, producerEpoch: 6, baseSequence: 7 });
    expect(validateBatch(copy, { ...limits, allowTransactional: true })).toMatchObject({
      producerId: 5,
      producerEpoch: 6,
      baseSequence: 7,
    });
  });
});
