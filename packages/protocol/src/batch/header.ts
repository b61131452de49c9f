import { getInt16, getInt32, getUint16, getUint32, put32, putInt16, putInt32, putUint16 } from '../big-endian.ts';
import { crc32cOfPart } from '../checksum/crc32c.ts';
import { codecName } from '../compression/codec.ts';
import type { CodecName } from '../compression/codec.ts';
import { QError } from '../errors.ts';
import { readInt64, writeInt64 } from './int64.ts';
import {
  attributesAt,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  batchHeaderBytes,
  batchPrefixBytes,
  codecMask,
  controlFlag,
  crcAt,
  deleteHorizonFlag,
  lastOffsetDeltaAt,
  leaderEpochAt,
  lengthAt,
  logAppendTimeFlag,
  magicAt,
  magicByte,
  maxTimestampAt,
  noTimestamp,
  producerEpochAt,
  producerIdAt,
  recordsCountAt,
  transactionalFlag,
} from './layout.ts';

/** Who stamps records: their producer, or the log when it stores them. */
export type TimestampType = 'CreateTime' | 'LogAppendTime';

/** Every field of a batch header, and what can be told from them. Offsets, ids and milliseconds as numbers. */
export interface BatchHeader {
  readonly baseOffset: number;
  /** `baseOffset + lastOffsetDelta`. */
  readonly lastOffset: number;
  /** Size of the whole batch, header included. */
  readonly sizeInBytes: number;
  readonly leaderEpoch: number;
  readonly magic: number;
  readonly crc: number;
  readonly attributes: number;
  readonly codec: CodecName;
  readonly timestampType: TimestampType;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  /** When tombstones and markers in this batch may go, in ms since the epoch; -1 when compaction has not set it. */
  readonly deleteHorizonMs: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordsCount: number;
}

/**
 * Reads the header of the batch at `position` into a plain object. Looks at the header alone: neither the CRC nor the
 * records are checked. Throws QError CORRUPT_BATCH when fewer than 61 bytes are there, the magic is not 2, or a field
 * is out of range, and UNSUPPORTED_CODEC for a codec number that is not known.
 */
export function readBatchHeader(buffer: Buffer, position = 0): BatchHeader {
  if (position + batchHeaderBytes > buffer.length) {
    throw new QError(
      'CORRUPT_BATCH',
      `a batch header takes ${batchHeaderBytes} bytes, ${buffer.length - position} are there`,
    );
  }
  const magic = batchMagic(buffer, position);
  if (magic !== magicByte)
    throw new QError('CORRUPT_BATCH', `the batch has magic ${magic}; only ${magicByte} is known`, {
      details: { magic },
    });
  const baseOffset = batchBaseOffset(buffer, position);
  const lastOffsetDelta = batchLastOffsetDelta(buffer, position);
  const attributes = batchAttributes(buffer, position);
  const baseTimestamp = batchBaseTimestamp(buffer, position);
  return {
    baseOffset,
    lastOffset: baseOffset + lastOffsetDelta,
    sizeInBytes: batchSize(buffer, position),
    leaderEpoch: batchLeaderEpoch(buffer, position),
    magic,
    crc: batchCrc(buffer, position),
    attributes,
    codec: codecName(attributes & codecMask),
    timestampType: (attributes & logAppendTimeFlag) === 0 ? 'CreateTime' : 'LogAppendTime',
    isTransactional: (attributes & transactionalFlag) !== 0,
    isControl: (attributes & controlFlag) !== 0,
    deleteHorizonMs: (attributes & deleteHorizonFlag) === 0 ? noTimestamp : baseTimestamp,
    lastOffsetDelta,
    baseTimestamp,
    maxTimestamp: batchMaxTimestamp(buffer, position),
    producerId: batchProducerId(buffer, position),
    producerEpoch: batchProducerEpoch(buffer, position),
    baseSequence: batchBaseSequence(buffer, position),
    recordsCount: batchRecordsCount(buffer, position),
  };
}

/*
 * Single fields, for paths that need one or two of them for every batch. `position` is where the batch begins; the
 * caller has made sure that a whole header is there.
 */

/** Size of the whole batch in bytes, header included, as its length field has it (not checked: may be anything). */
export function batchSize(buffer: Buffer, position = 0): number {
  return getInt32(buffer, position + lengthAt) + batchPrefixBytes;
}

/** Offset of the first record of the batch at `position`. Nothing is checked, here and in the functions below. */
export function batchBaseOffset(buffer: Buffer, position = 0): number {
  return readInt64(buffer, position + baseOffsetAt);
}

/** Offset of the last record that the batch had when it was made. */
export function batchLastOffset(buffer: Buffer, position = 0): number {
  return batchBaseOffset(buffer, position) + batchLastOffsetDelta(buffer, position);
}

/** Epoch of the leader that stored the batch; -1 before it is stored. */
export function batchLeaderEpoch(buffer: Buffer, position = 0): number {
  return getInt32(buffer, position + leaderEpochAt);
}

/** Version of the batch format; 2 is the only one known. */
export function batchMagic(buffer: Buffer, position = 0): number {
  return buffer.readInt8(position + magicAt);
}

/** The CRC-32C that the header names, as an unsigned number. */
export function batchCrc(buffer: Buffer, position = 0): number {
  return getUint32(buffer, position + crcAt);
}

/** The attribute bits as an unsigned number. */
export function batchAttributes(buffer: Buffer, position = 0): number {
  return getUint16(buffer, position + attributesAt);
}

/** Throws QError UNSUPPORTED_CODEC when the number names no codec. */
export function batchCodec(buffer: Buffer, position = 0): CodecName {
  return codecName(batchAttributes(buffer, position) & codecMask);
}

/** Whether the log has stamped the records with the time of their append. */
export function batchHasAppendTime(buffer: Buffer, position = 0): boolean {
  return (batchAttributes(buffer, position) & logAppendTimeFlag) !== 0;
}

/** Whether the batch belongs to a transaction. */
export function batchIsTransactional(buffer: Buffer, position = 0): boolean {
  return (batchAttributes(buffer, position) & transactionalFlag) !== 0;
}

/** Whether the batch holds a marker of a transaction, and no records of an application. */
export function batchIsControl(buffer: Buffer, position = 0): boolean {
  return (batchAttributes(buffer, position) & controlFlag) !== 0;
}

/** When tombstones and markers in this batch may go, in ms since the epoch; -1 when compaction has not set it. */
export function batchDeleteHorizonMs(buffer: Buffer, position = 0): number {
  return (batchAttributes(buffer, position) & deleteHorizonFlag) === 0
    ? noTimestamp
    : batchBaseTimestamp(buffer, position);
}

/** Last offset less base offset. */
export function batchLastOffsetDelta(buffer: Buffer, position = 0): number {
  return getInt32(buffer, position + lastOffsetDeltaAt);
}

/** Timestamp that those of the records are relative to, in ms since the epoch. */
export function batchBaseTimestamp(buffer: Buffer, position = 0): number {
  return readInt64(buffer, position + baseTimestampAt);
}

/** Latest timestamp of its records, in ms since the epoch. */
export function batchMaxTimestamp(buffer: Buffer, position = 0): number {
  return readInt64(buffer, position + maxTimestampAt);
}

/** Id of the producer; -1 without an idempotent one. */
export function batchProducerId(buffer: Buffer, position = 0): number {
  return readInt64(buffer, position + producerIdAt);
}

/** Epoch of the producer; -1 without an idempotent one. */
export function batchProducerEpoch(buffer: Buffer, position = 0): number {
  return getInt16(buffer, position + producerEpochAt);
}

/** Sequence number of the first record; -1 without an idempotent producer. */
export function batchBaseSequence(buffer: Buffer, position = 0): number {
  return getInt32(buffer, position + baseSequenceAt);
}

/** Number of records in the batch. */
export function batchRecordsCount(buffer: Buffer, position = 0): number {
  return getInt32(buffer, position + recordsCountAt);
}

/** The CRC-32C that the batch at `position` of `sizeInBytes` bytes should carry. */
export function computeBatchCrc(buffer: Buffer, position: number, sizeInBytes: number): number {
  return crc32cOfPart(buffer, position + attributesAt, position + sizeInBytes);
}

/** The fields a new header is written from; size and CRC follow from the buffer. */
export interface BatchFields {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordsCount: number;
}

/** Writes the header of `batch`, whose records are in place behind it; the CRC last. */
export function writeBatchHeader(batch: Buffer, fields: BatchFields): void {
  writeInt64(batch, fields.baseOffset, baseOffsetAt);
  putInt32(batch, batch.length - batchPrefixBytes, lengthAt);
  putInt32(batch, fields.leaderEpoch, leaderEpochAt);
  batch[magicAt] = magicByte;
  putUint16(batch, fields.attributes, attributesAt);
  putInt32(batch, fields.lastOffsetDelta, lastOffsetDeltaAt);
  writeInt64(batch, fields.baseTimestamp, baseTimestampAt);
  writeInt64(batch, fields.maxTimestamp, maxTimestampAt);
  writeInt64(batch, fields.producerId, producerIdAt);
  putInt16(batch, fields.producerEpoch, producerEpochAt);
  putInt32(batch, fields.baseSequence, baseSequenceAt);
  putInt32(batch, fields.recordsCount, recordsCountAt);
  sealBatch(batch);
}

/** Recomputes the CRC of `batch`, which must be exactly one batch. */
export function sealBatch(batch: Buffer): void {
  put32(batch, computeBatchCrc(batch, 0, batch.length), crcAt);
}
