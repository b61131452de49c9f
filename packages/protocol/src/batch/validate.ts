import { codecNames } from '../compression/codec.ts';
import { hasLinkedBlocks } from '../compression/lz4-frame.ts';
import { QError } from '../errors.ts';
import { protocolLimits } from '../limits.ts';
import { batchAttributes, batchCrc, batchMagic, batchSize, computeBatchCrc, readBatchHeader } from './header.ts';
import type { BatchHeader } from './header.ts';
import { batchHeaderBytes, codecMask, magicByte, unknownAttributesMask } from './layout.ts';
import type { RecordCursor } from './record-cursor.ts';
import { openRecords, openRecordsInPool, releaseRecords } from './section.ts';
import type { SliceOptions } from './section.ts';
import { correctMaxTimestamp } from './stamp.ts';

/** What a batch may be. Sizes are in bytes. */
export interface ValidateBatchOptions {
  /** Largest batch as sent, header included. Not checked when missing. */
  readonly batchBytesMax?: number;
  /** Most bytes the records section may have once it is decompressed. */
  readonly uncompressedBytesMax: number;
  /** Largest single record as encoded: key, value, headers and a few bytes around them. */
  readonly recordBytesMax: number;
  readonly recordsMax?: number;
  /**
   * Where the batch comes from. A `producer` (the default) numbers its records 0..n-1 and leaves append time and delete
   * horizon to the log. A batch of the `log` may have holes or be empty after compaction, and may carry every flag.
   */
  readonly origin?: 'producer' | 'log';
  /** Accept a control batch from a producer. Default false. */
  readonly allowControl?: boolean;
  /**
   * Accept a transactional batch from a producer. Default false: nothing may open a transaction that nobody
   * coordinates.
   */
  readonly allowTransactional?: boolean;
  /** Refuse records without a key, as a compacted topic must. Default false. */
  readonly requireKeys?: boolean;
  /**
   * Put a greatest timestamp that is wrong right, in place and with a new CRC, instead of refusing the batch. Some
   * Kafka clients write such headers. Default false.
   */
  readonly correctsMaxTimestamp?: boolean;
}

/**
 * Checks everything about a batch that somebody sent: size field, magic, CRC, attributes, counts, decompressed size,
 * and every record. Uncompressed records are walked in place, with nothing allocated for a record.
 *
 * Returns the header as it is at the end, which is another one only with `correctsMaxTimestamp`.
 *
 * Throws QError CORRUPT_BATCH (damaged on the way: send again), INVALID_RECORD (made wrong), UNSUPPORTED_CODEC,
 * INVALID_TIMESTAMP, KEY_REQUIRED, RECORD_TOO_LARGE or BATCH_TOO_LARGE.
 */
export function validateBatch(batch: Buffer, options: ValidateBatchOptions): BatchHeader {
  const header = validateHeader(batch, options);
  const cursor = openRecords(batch, options.uncompressedBytesMax, options.recordBytesMax);
  try {
    const maxDelta = walkRecords(cursor, options, {
      maxDelta: Number.NEGATIVE_INFINITY,
      recordsMax: Number.POSITIVE_INFINITY,
    });
    checkEnd(cursor, header);
    if (options.origin !== 'log') checkReadableByAll(batch, header);
    return checkMaxTimestamp(batch, header, maxDelta, options);
  } finally {
    releaseRecords(cursor, batch);
  }
}

/**
 * As `validateBatch`, for batches that take long: decompressed in the thread pool or in slices, their records walked in
 * slices. `batch` must not change before the promise settles.
 */
export async function validateBatchInSlices(
  batch: Buffer,
  options: ValidateBatchOptions & SliceOptions,
): Promise<BatchHeader> {
  const header = validateHeader(batch, options);
  const cursor = await openRecordsInPool(batch, options);
  try {
    let maxDelta = Number.NEGATIVE_INFINITY;
    do {
      await options.pause();
      maxDelta = walkRecords(cursor, options, { maxDelta, recordsMax: protocolLimits.recordsPerSliceMax });
    } while (cursor.hasNext);
    checkEnd(cursor, header);
    if (options.origin !== 'log') checkReadableByAll(batch, header);
    return checkMaxTimestamp(batch, header, maxDelta, options);
  } finally {
    releaseRecords(cursor, batch);
  }
}

function validateHeader(batch: Buffer, options: ValidateBatchOptions): BatchHeader {
  checkEnvelope(batch, options);
  const header = readBatchHeader(batch);
  checkCounts(header, options);
  if (options.origin !== 'log') checkProducerFlags(header, options);
  checkProducerStamp(header);
  return header;
}

/** Length, magic and CRC: whether these are the bytes that the sender meant. */
function checkEnvelope(batch: Buffer, options: ValidateBatchOptions): void {
  if (batch.length < batchHeaderBytes) throw corrupt(`${batch.length} bytes are fewer than a header has`);
  const sizeInBytes = batchSize(batch);
  if (sizeInBytes !== batch.length)
    throw corrupt(`its length field says ${sizeInBytes} bytes, ${batch.length} were sent`);
  const batchBytesMax = options.batchBytesMax ?? Number.MAX_SAFE_INTEGER;
  if (batch.length > batchBytesMax) {
    throw new QError('BATCH_TOO_LARGE', `a batch of ${batch.length} bytes passes the limit of ${batchBytesMax}`, {
      details: { bytes: batch.length, bytesMax: batchBytesMax },
    });
  }
  const magic = batchMagic(batch);
  if (magic !== magicByte) throw corrupt(`its magic is ${magic}, only ${magicByte} is known`);
  const computedCrc = computeBatchCrc(batch, 0, batch.length);
  if (computedCrc !== batchCrc(batch))
    throw corrupt(`its CRC-32C is ${hex(computedCrc)}, the header says ${hex(batchCrc(batch))}`);
  const attributes = batchAttributes(batch);
  if ((attributes & codecMask) >= codecNames.length) {
    throw new QError('UNSUPPORTED_CODEC', `no compression codec has the number ${attributes & codecMask}`, {
      details: { codec: attributes & codecMask },
    });
  }
  if ((attributes & unknownAttributesMask) !== 0)
    throw invalid(`attribute bits ${hex(attributes & unknownAttributesMask)} have no meaning`);
}

function checkCounts(header: BatchHeader, options: ValidateBatchOptions): void {
  const { recordsCount, lastOffsetDelta } = header;
  const recordsMax = options.recordsMax ?? protocolLimits.recordsPerBatchMax;
  if (recordsCount > recordsMax) {
    throw new QError('BATCH_TOO_LARGE', `a batch of ${recordsCount} records passes the limit of ${recordsMax}`, {
      details: { recordsCount, recordsMax },
    });
  }
  const counted = lastOffsetDelta + 1;
  const fits =
    options.origin === 'log'
      ? recordsCount >= 0 && lastOffsetDelta >= 0 && recordsCount <= counted
      : recordsCount >= 1 && recordsCount === counted;
  if (!fits) throw invalid(`it counts ${recordsCount} records with a last offset delta of ${lastOffsetDelta}`);
}

function checkProducerFlags(header: BatchHeader, options: ValidateBatchOptions): void {
  if (header.isControl && options.allowControl !== true)
    throw invalid('control batches are written by the broker alone');
  if (header.isTransactional && options.allowTransactional !== true)
    throw invalid('it is transactional, and no transaction is open');
  if (header.deleteHorizonMs >= 0) throw invalid('a delete horizon is set by compaction alone');
  if (header.timestampType === 'LogAppendTime')
    throw new QError('INVALID_TIMESTAMP', 'a producer sends create times; append times are set by the log');
}

/**
 * Our decoder takes blocks that refer to the ones before them, Kafka's for Java does not: one such batch would stop
 * every Java consumer of its partition.
 */
function checkReadableByAll(batch: Buffer, { codec }: BatchHeader): void {
  if (codec === 'lz4' && hasLinkedBlocks(batch, batchHeaderBytes))
    throw invalid('its lz4 blocks are linked, which not every consumer can read; independent blocks are taken');
}

/** An idempotent batch names its epoch and sequence; a control batch has no sequence. */
function checkProducerStamp(header: BatchHeader): void {
  if (header.producerId < 0) return;
  const hasSequence = header.isControl || header.baseSequence >= 0;
  if (header.producerEpoch < 0 || !hasSequence) {
    throw invalid(
      `producer ${header.producerId} has epoch ${header.producerEpoch} and sequence ${header.baseSequence}`,
    );
  }
}

/**
 * The walk proves the lengths; here come the offsets, keys and timestamps. Ends with the last record, or after
 * `recordsMax` of them, headers counted as well. Takes the greatest timestamp delta so far, and returns it.
 */
function walkRecords(
  cursor: RecordCursor,
  options: ValidateBatchOptions,
  from: { maxDelta: number; recordsMax: number },
): number {
  const { requireKeys = false } = options;
  const { recordsMax } = from;
  const isDense = options.origin !== 'log';
  let { maxDelta } = from;
  let previousDelta = cursor.index < 0 ? -1 : cursor.offsetDelta;
  for (let walked = 0; walked < recordsMax && cursor.next(); walked += 1 + cursor.headerCount) {
    const { offsetDelta } = cursor;
    if (isDense ? offsetDelta !== previousDelta + 1 : offsetDelta <= previousDelta)
      throw wrongOffset(cursor, previousDelta);
    previousDelta = offsetDelta;
    if (requireKeys && cursor.keyLength < 0) throw keyRequired(cursor);
    if (cursor.timestampDelta > maxDelta) maxDelta = cursor.timestampDelta;
  }
  return maxDelta;
}

/** Behind the last record: whether anything follows it, and whether the header says what the records do. */
function checkEnd(cursor: RecordCursor, header: BatchHeader): void {
  cursor.next();
  const lastDelta = cursor.index < 0 ? -1 : cursor.offsetDelta;
  if (lastDelta > header.lastOffsetDelta)
    throw invalid(`its last record has offset delta ${lastDelta}, past ${header.lastOffsetDelta}`);
}

function checkMaxTimestamp(
  batch: Buffer,
  header: BatchHeader,
  maxDelta: number,
  { correctsMaxTimestamp = false }: ValidateBatchOptions,
): BatchHeader {
  const hasCreateTimes = header.timestampType === 'CreateTime' && header.recordsCount > 0;
  const maxTimestamp = header.baseTimestamp + maxDelta;
  if (!hasCreateTimes || maxTimestamp === header.maxTimestamp) return header;
  if (!correctsMaxTimestamp || !Number.isSafeInteger(maxTimestamp)) {
    throw new QError(
      'INVALID_TIMESTAMP',
      `the greatest record timestamp is ${maxTimestamp}, the header says ${header.maxTimestamp}`,
    );
  }
  correctMaxTimestamp(batch, maxTimestamp);
  return { ...header, maxTimestamp, crc: batchCrc(batch) };
}

function corrupt(reason: string): QError {
  return new QError('CORRUPT_BATCH', `the batch is damaged: ${reason}`);
}

function invalid(reason: string): QError {
  return new QError('INVALID_RECORD', `the batch is invalid: ${reason}`);
}

function wrongOffset(cursor: RecordCursor, previousDelta: number): QError {
  const { index, offsetDelta } = cursor;
  return new QError(
    'INVALID_RECORD',
    `record ${index} of the batch has offset delta ${offsetDelta} after ${previousDelta}`,
    { details: { record: index } },
  );
}

function keyRequired(cursor: RecordCursor): QError {
  return new QError('KEY_REQUIRED', `record ${cursor.index} of the batch has no key`, {
    details: { record: cursor.index },
  });
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
