import { decompress } from '../compression/codec.ts';
import { protocolLimits } from '../limits.ts';
import { batchCodec, batchRecordsCount } from './header.ts';
import { batchHeaderBytes } from './layout.ts';
import { RecordCursor } from './record-cursor.ts';

/** Smaller outputs may lie in a pool that others use too, and are not worth the trouble. */
const releasedBytesMin = 256 * 1024;

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

/**
 * Gives the memory of decompressed records back at once, when nothing of them is used any more: `cursor` and its views are
 * empty from now on. The collector would wait until a multiple of what lives has gathered, and a few kilobytes on the wire
 * can become 64 MiB here: whoever sends such batches could make the process as large as they like.
 */
export function releaseRecords(cursor: RecordCursor, batch: Buffer): void {
  const { bytes } = cursor;
  const isOwn = bytes.buffer !== batch.buffer && bytes.length >= releasedBytesMin;
  // Only what has the memory to itself, and nearly all of it.
  if (isOwn && bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength < bytes.length * 2) bytes.buffer.transfer(0);
}
