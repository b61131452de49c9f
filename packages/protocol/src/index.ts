// ── Record batches: one layout on the wire, on disk and in memory
export { BatchBuilder } from './batch/builder.ts';
export type { BatchBuilderOptions } from './batch/builder.ts';
export { assertBatch, checkBatch, iterateBatches } from './batch/check.ts';
export type { BatchCheck, IterateBatchesOptions } from './batch/check.ts';
export { encodeBatch } from './batch/encode.ts';
export type { EncodeBatchOptions } from './batch/encode.ts';
export { encodeEndMarker, readEndMarker } from './batch/end-marker.ts';
export type { EndMarker, EndMarkerOptions } from './batch/end-marker.ts';
export {
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
} from './batch/header.ts';
export type { BatchHeader, TimestampType } from './batch/header.ts';
export { batchHeaderBytes, batchPrefixBytes } from './batch/layout.ts';
export { messageIdHeader, messageIdOf, peekMessageIds } from './batch/message-ids.ts';
export { rebuildBatch, recompressBatch } from './batch/rebuild.ts';
export type { RebuildOptions, RecompressOptions } from './batch/rebuild.ts';
export type { RecordHeader, RecordInput, RecordViewHeader } from './batch/record.ts';
export { RecordCursor } from './batch/record-cursor.ts';
export type { RecordView } from './batch/record-view.ts';
export { iterateRecords } from './batch/records.ts';
export type { IterateRecordsOptions } from './batch/records.ts';
export { openRecords } from './batch/section.ts';
export { assignAppendTime, assignOffsets, stampProducer } from './batch/stamp.ts';
export type { ProducerStamp } from './batch/stamp.ts';
export { validateBatch } from './batch/validate.ts';
export type { ValidateBatchOptions } from './batch/validate.ts';

// ── Compression and checksum
export { Codec, codecName, codecNames, compress, decompress } from './compression/codec.ts';
export type { CodecName } from './compression/codec.ts';
export { crc32c } from './checksum/crc32c.ts';
