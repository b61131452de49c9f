import type { File } from '../ports/file-system.ts';
import type { readIndexFiles } from '../segment/index-cache.ts';
import { agreesWithLog, hasBatch } from '../segment/index-check.ts';
import type { OffsetIndexEntry } from '../segment/offset-index.ts';
import type { Segment } from '../segment/segment.ts';

type StoredIndexes = Awaited<ReturnType<typeof readIndexFiles>>;

/**
 * Keeps the entries that were saved before the recovery point moved; returns where the scan that adds the rest begins.
 */
export async function resumeIndexes(
  segment: Segment,
  o: { stored: StoredIndexes; recoveryPoint: number; file: File },
): Promise<number> {
  const { stored, recoveryPoint, file } = o;
  const { offsets, times } = stored;
  const before = { offsets: offsets.count, times: times.count };
  offsets.truncateTo(recoveryPoint);
  times.truncateTo(recoveryPoint);
  const isRight = stored.isWhole && (await agreesWithLog(file, stored));
  if (!isRight) {
    offsets.truncateTo(segment.baseOffset);
    times.truncateTo(segment.baseOffset);
  }
  segment.resumeFrom({ offsets, times, endOffset: segment.baseOffset, position: offsets.lastPosition });
  segment.firstAppendMs = times.firstTimestampMs;
  const isUnchanged = isRight && offsets.count === before.offsets && times.count === before.times;
  // Entries that no longer hold must not survive in the file: the next checkpoint writes all of it.
  if (!isUnchanged) segment.offsetEntriesSaved = segment.timeEntriesSaved = 0;
  return offsets.lastPosition;
}

/**
 * Where a replay begins that an index entry shortens, or a scan that begins before it anyway; at the start where the
 * index is wrong.
 */
export async function replayPosition(entry: OffsetIndexEntry | null, resumeAt: number, file: File): Promise<number> {
  if (entry === null) return 0;
  return entry.position >= resumeAt || (await hasBatch(file, entry)) ? entry.position : 0;
}
