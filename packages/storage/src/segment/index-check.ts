import {
  batchBaseOffset,
  batchHeaderBytes,
  batchLastOffsetDelta,
  batchMagic,
  batchMaxTimestamp,
  batchSize,
} from '@q/protocol';
import type { File } from '../ports/file-system.ts';
import type { OffsetIndexEntry } from './offset-index.ts';
import { hasSafeNumbers } from './segment-scan.ts';
import type { SegmentIndexes } from './segment.ts';

/*
 * Does the log say what its indexes say? An index file has no checksum, so whoever begins to read where it says asks
 * first: else a flipped bit in it would look like damage of the log, or hide records.
 */

/** Are the last entries of both true? From there, recovery goes on; the others are checked when they are used. */
export async function agreesWithLog(file: File, { offsets, times }: SegmentIndexes): Promise<boolean> {
  const [entry, latest] = [offsets.last, times.last];
  const header = entry === null ? null : await file.read(entry.position, batchHeaderBytes);
  if (header !== null && (!isHeader(header) || lastOffset(header) !== entry?.lastOffset)) return false;
  // -1 says that no record has a timestamp: there is no batch to look for.
  if (latest === null || latest.timestampMs === -1) return true;
  // As a rule both are about one batch.
  if (header !== null && latest.offset === lastOffset(header)) return batchMaxTimestamp(header) === latest.timestampMs;
  return (
    (await timeOfBatch(file, { offset: latest.offset, from: offsets.positionFor(latest.offset) }))
    === latest.timestampMs
  );
}

/** Does a batch begin at this position that ends with this offset? */
export async function hasBatch(file: File, entry: OffsetIndexEntry): Promise<boolean> {
  const header = await file.read(entry.position, batchHeaderBytes);
  return isHeader(header) && lastOffset(header) === entry.lastOffset;
}

/** The greatest timestamp of the batch that ends with `offset`, or null; it is looked for from a position on. */
async function timeOfBatch(file: File, o: { offset: number; from: number }): Promise<number | null> {
  for (let position = o.from; ;) {
    const header = await file.read(position, batchHeaderBytes);
    if (!isHeader(header) || lastOffset(header) > o.offset) return null;
    if (lastOffset(header) === o.offset) return batchMaxTimestamp(header);
    position += batchSize(header);
  }
}

function isHeader(bytes: Buffer): boolean {
  return (
    bytes.length >= batchHeaderBytes
    && batchMagic(bytes) === 2
    && batchSize(bytes) >= batchHeaderBytes
    && hasSafeNumbers(bytes, 0)
  );
}

function lastOffset(header: Buffer): number {
  return batchBaseOffset(header) + batchLastOffsetDelta(header);
}
