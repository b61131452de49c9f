import { decompress, decompressInPool } from '../compression/codec.ts';
import { returnOutput } from '../compression/output-memory.ts';
import { protocolLimits } from '../limits.ts';
import { batchCodec, batchRecordsCount } from './header.ts';
import { batchHeaderBytes } from './layout.ts';
import { RecordCursor } from './record-cursor.ts';

/** Smaller outputs may lie in a pool that others use too, and are not worth the trouble. */
const releasedBytesMin = 256 * 1024;

/**
 * A cursor over the records of `batch`, which must be exactly one batch. Compressed records are decompressed first, to
 * at most `uncompressedBytesMax` bytes; otherwise the cursor reads the batch itself. It refuses records above
 * `recordBytesMax`.
 */
export function openRecords(
  batch: Buffer,
  uncompressedBytesMax: number = protocolLimits.uncompressedBytesMax,
  recordBytesMax?: number,
): RecordCursor {
  const codec = batchCodec(batch);
  const sectionBytes = batch.length - batchHeaderBytes;
  // What compaction has emptied has no section, so nothing to decompress either.
  if (sectionBytes === 0 || (codec === 'none' && sectionBytes <= uncompressedBytesMax)) {
    return new RecordCursor(batch, batchHeaderBytes, batch.length, batchRecordsCount(batch), recordBytesMax);
  }
  const bytes = decompress(codec, batch.subarray(batchHeaderBytes), uncompressedBytesMax);
  return new RecordCursor(bytes, 0, bytes.length, batchRecordsCount(batch), recordBytesMax);
}

/** How work on a large batch gives way to others. `uncompressedBytesMax` bounds what it may decompress to, in bytes. */
export interface SliceOptions {
  readonly uncompressedBytesMax?: number;
  /** Gives way to others: called between two pieces of work, each of a fraction of a millisecond. */
  readonly pause: () => Promise<void>;
}

/** As `openRecords`, decompressing in the thread pool or in slices. */
export async function openRecordsInPool(
  batch: Buffer,
  options: SliceOptions & { recordBytesMax?: number },
): Promise<RecordCursor> {
  const { uncompressedBytesMax = protocolLimits.uncompressedBytesMax, pause, recordBytesMax } = options;
  const section = batch.subarray(batchHeaderBytes);
  const bytes =
    section.length === 0
      ? section
      : await decompressInPool(batchCodec(batch), section, { bytesMax: uncompressedBytesMax, pause });
  return new RecordCursor(bytes, 0, bytes.length, batchRecordsCount(batch), recordBytesMax);
}

/**
 * Gives the memory of decompressed records back at once, when nothing of them is used any more: `cursor` and its views
 * must not be used from now on. The collector would wait until a multiple of what lives has gathered, and a few
 * kilobytes on the wire can become 64 MiB here: whoever sends such batches could make the process as large as they
 * like.
 */
export function releaseRecords(cursor: RecordCursor, batch: Buffer): void {
  const { bytes } = cursor;
  if (bytes === batch || returnOutput(bytes)) return;
  const isOwn = bytes.buffer !== batch.buffer && bytes.length >= releasedBytesMin;
  // Only what has the memory to itself, and nearly all of it.
  if (isOwn && bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength < bytes.length * 2)
    bytes.buffer.transfer(0);
}
