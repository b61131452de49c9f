import { decompress } from '../compression/codec.ts';
import { protocolLimits } from '../limits.ts';
import { batchCodec, batchRecordsCount } from './header.ts';
import { batchHeaderBytes } from './layout.ts';
import { RecordCursor } from './record-cursor.ts';

/**
 * A cursor over the records of `batch`, which must be exactly one batch. Compressed records are decompressed first, to at
 * most `uncompressedBytesMax` bytes; otherwise the cursor reads the batch itself.
 */
export function openRecords(batch: Buffer, uncompressedBytesMax: number = protocolLimits.uncompressedBytesMax): RecordCursor {
  const codec = batchCodec(batch);
  const count = batchRecordsCount(batch);
  const section = batch.subarray(batchHeaderBytes);
  // What compaction has emptied has no section, so nothing to decompress either.
  const bytes = section.length === 0 ? section : decompress(codec, section, uncompressedBytesMax);
  return new RecordCursor(bytes, 0, bytes.length, count);
}
