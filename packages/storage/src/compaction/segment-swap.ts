import { isOutOfFiles } from '../errors.ts';
import { writeFileFrom } from '../files/durable-file.ts';
import { cleanedSuffix, offsetFileName, swapSuffix } from '../files/file-names.ts';
import type { DroppedSegments } from '../log/dropped-segments.ts';
import type { LogCore } from '../log/log-core.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentRewrite } from './segment-rewrite.ts';
import { abortedEntryBytes } from '../transactions/aborted-transactions.ts';

/*
 * Puts a rewritten segment in the place of its sources.
 *
 *   1  .cleaned (whole and synced) becomes .swap; the folder is synced: from here on a restart finishes the job
 *   2  the files of the sources, indexes included, are set aside as .deleted; the folder is synced
 *   3  .swap becomes .log; the folder is synced
 *   4  its indexes are saved, that of aborted transactions first; without them they would be made again from the log
 *
 * The sync between 2 and 3 keeps a crash from leaving the new log beside an index of the old one. Readers that were
 * under way start over, because the log's version changes; those that come meanwhile wait for the end of the move.
 */

/** What of the log the move is about. */
interface SwappedLog {
  readonly core: LogCore;
  readonly dropped: DroppedSegments;
}

/** False, and nothing has changed, when the sources are no longer a run of closed segments of an open log. */
export async function putInPlace(
  { core, dropped }: SwappedLog,
  { sources, segment, markersGone }: Pick<SegmentRewrite, 'sources' | 'segment' | 'markersGone'>,
): Promise<boolean> {
  return await core.turns.run(async () => {
    if (!areReplaceable(core, sources)) return false;
    const { fileSystem, openFiles, indexCache, cap } = core.context;
    await fileSystem.rename(segment.path + cleanedSuffix, segment.path + swapSuffix);
    const { promise: moved, resolve: endMove } = Promise.withResolvers<void>();
    core.moving = moved;
    try {
      await fileSystem.syncDirectory(core.directory);
      core.version += 1;
      core.segmentList.replace(sources, segment);
      core.transactions.aborted.remove(markersGone);
      cap.add(segment.sizeBytes);
      await dropped.retire(sources);
      await fileSystem.syncDirectory(core.directory);
      await fileSystem.rename(segment.path + swapSuffix, segment.path);
      await fileSystem.syncDirectory(core.directory);
      await saveIndexes(core, segment).catch(unlessOutOfFiles);
    } catch (error) {
      // The disk may show the old segments, the new one, or both: only a restart can tell.
      throw core.context.queue.fail(error);
    } finally {
      // Whoever opened one of the names meanwhile got a file that is no longer the right one.
      openFiles.forget(segment.path);
      indexCache.forget(segment.path);
      core.version += 1;
      core.moving = null;
      endMove();
    }
    return true;
  });
}

/**
 * They stay in memory then, until the next checkpoint saves them; where they are missing they are made again from the
 * log.
 */
function unlessOutOfFiles(error: unknown): void {
  if (!isOutOfFiles(error)) throw error;
}

/** A segment that has the file of offsets has that of aborted transactions, if there are any (load-log.ts). */
async function saveIndexes(
  { context: { fileSystem }, directory, transactions }: LogCore,
  segment: Segment,
): Promise<void> {
  const { indexes } = segment;
  if (indexes === null) return;
  const aborted = transactions.aborted.bytesOf(segment);
  const path = (kind: 'index' | 'timeindex' | 'txnindex'): string =>
    `${segment.directory}/${offsetFileName(segment.baseOffset, kind)}`;
  if (aborted.length > 0) {
    await writeFileFrom(fileSystem, path('txnindex'), { position: 0, bytes: aborted });
    // A crash must not leave the file of offsets without this one.
    await fileSystem.syncDirectory(directory);
  }
  segment.abortedSaved = aborted.length / abortedEntryBytes;
  await writeFileFrom(fileSystem, path('index'), { position: 0, bytes: indexes.offsets.bytes() });
  await writeFileFrom(fileSystem, path('timeindex'), { position: 0, bytes: indexes.times.bytes() });
  segment.offsetEntriesSaved = indexes.offsets.count;
  segment.timeEntriesSaved = indexes.times.count;
  segment.indexes = null;
}

function areReplaceable(core: LogCore, sources: readonly Segment[]): boolean {
  if (core.state !== 'open' || core.pins > 0) return false;
  const all = core.segmentList.all;
  const at = all.indexOf(sources[0] as Segment);
  return at >= 0 && at + sources.length < all.length && sources.every((source, index) => all[at + index] === source);
}
