import { batchIsControl } from '@q/protocol';
import type { LogConfig } from '../config.ts';
import { encodeLeaderEpochCheckpoint } from '../epochs/leader-epoch-checkpoint.ts';
import type { LeaderEpoch } from '../epochs/leader-epochs.ts';
import { removeIfThere } from '../files/durable-file.ts';
import { offsetFileName, segmentFileKinds } from '../files/file-names.ts';
import { inParallel } from '../concurrency/in-parallel.ts';
import type { JournalPiece } from '../journal/journal-item.ts';
import type { LogId } from '../ports/log-store.ts';
import type { ScannedBatch } from '../segment/segment-scan.ts';
import { SegmentList } from '../segment/segment-list.ts';
import { Segment } from '../segment/segment.ts';
import type { LoadedLog, MessageIdsOnDisk } from './loaded-log.ts';
import type { LogContext } from './log-context.ts';
import { appendOwed } from './owed-at-start.ts';
import type { OwedBatches } from './owed-batches.ts';
import { tidyDirectory } from './partition-directory.ts';
import { recoverSegments } from './recover-segments.ts';
import { replayOwedIds, restoreMessageIds } from './replay-message-ids.ts';
import { loadSavedState, replayFrom, replayInto } from './saved-state.ts';
import type { SavedState } from './saved-state.ts';

const noMessageIds: MessageIdsOnDisk = Object.freeze({ offset: null, bytes: 0, bytesBehind: 0 });

export interface LoadOptions {
  readonly id: LogId;
  readonly directory: string;
  readonly config: LogConfig;
  /** From the store's checkpoints: what lies below was synced. */
  readonly recoveryPoint: number;
  readonly startOffset: number;
  /** False when the store's checkpoint of start offsets was unreadable. */
  readonly isStartKnown: boolean;
  /** What the journal has and the segments had no room for. */
  readonly owed: readonly JournalPiece[];
}

/**
 * Reads what a partition's folder holds and brings it into a state to go on from (formats.md, "Recovery"). After a
 * clean shutdown the recovery point is the end: nothing is verified then, and little more than the last index entry is
 * looked at.
 */
export async function loadLog(context: LogContext, o: LoadOptions): Promise<LoadedLog> {
  const { id, directory, config, recoveryPoint, startOffset, isStartKnown } = o;
  const now = context.clock.monotonic();
  const content = await tidyDirectory(context.fileSystem, directory, context.limits.readBlockBytes);
  const bases = await dropSegmentsBelow(context, { directory, startOffset, bases: content.segments });
  const isContiguous = !content.wasCompacted && !config.cleanupPolicy.compact;
  const segments = await statSegments(context, { directory, bases, isContiguous });
  const saved = await loadSavedState(context, { directory, config, content, segments, recoveryPoint });
  const { dedup, transactions, epochs } = saved;
  const replay = new Replay(saved, { segments, marked: content.abortedIndexes, now });
  const { onBatch } = replay;
  const found = await recoverSegments(context, {
    id,
    segments,
    recoveryPoint,
    startOffset,
    isStartKnown,
    isContiguous,
    isSyncPromised: config.durability === 'fsync',
    indexIntervalBytes: config.indexIntervalBytes,
    replayFrom: replayFrom(saved),
    onBatch,
  });
  const list = new SegmentList({
    directory,
    segments: found.segments,
    startOffset: Math.max(startOffset, found.endOffset),
  });
  const owed = found.damage
    ? []
    : appendOwed(list, { pieces: o.owed, indexIntervalBytes: config.indexIntervalBytes, onBatch });
  if (replay.hasMarkers || !isContiguous) for (const segment of list.all) segment.forgetGaps();
  const { endOffset } = list.active;
  const isHeadMissing = found.damage !== null && found.damage.fromOffset < list.first.baseOffset;
  const logStartOffset = isHeadMissing ? startOffset : Math.max(startOffset, list.first.baseOffset);
  transactions.settle(endOffset);
  epochs.truncateEnd(endOffset);
  epochs.truncateStart(logStartOffset);
  const messageIds = found.damage
    ? noMessageIds
    : await restoreMessageIds(context, {
        directory,
        files: content.messageIds,
        segments: list,
        dedup,
        config,
        recoveryPoint,
      });
  await replayOwedIds(context, dedup, owed);
  return {
    id,
    directory,
    segments: list,
    dedup,
    transactions,
    epochs,
    logStartOffset,
    dataEndOffset: dataEndOf(owed, found),
    damage: found.damage,
    owed,
    checkpoint: {
      recoveryPoint: Math.min(recoveryPoint, endOffset),
      uncoveredBytes: found.bytesAboveRecoveryPoint + owed.reduce((sum, { batch }) => sum + batch.length, 0),
      snapshotOffsets: saved.snapshotOffsets,
      messageIds,
      areEpochsSaved: isSame(saved.storedEpochs, epochs.entries),
    },
  };
}

/** A crash may have come between the moving of the start offset and the removal of the files below it. */
async function dropSegmentsBelow(
  context: LogContext,
  o: { directory: string; startOffset: number; bases: readonly number[] },
): Promise<readonly number[]> {
  const isBelow = (next: number | undefined): boolean => next !== undefined && next <= o.startOffset;
  const doomed = o.bases.filter((_, index) => isBelow(o.bases[index + 1]));
  for (const baseOffset of doomed) {
    for (const kind of segmentFileKinds)
      await removeIfThere(context.fileSystem, `${o.directory}/${offsetFileName(baseOffset, kind)}`);
  }
  return o.bases.slice(doomed.length);
}

async function statSegments(
  context: LogContext,
  o: { directory: string; bases: readonly number[]; isContiguous: boolean },
): Promise<Segment[]> {
  const segments = o.bases.map((baseOffset) => new Segment({ directory: o.directory, baseOffset }));
  await inParallel(segments, 4, async (segment) => {
    const { sizeBytes } = await context.fileSystem.stat(segment.path);
    segment.sizeBytes = segment.writtenBytes = segment.syncedBytes = sizeBytes;
  });
  for (const [index, segment] of segments.entries()) {
    segment.isCreated = true;
    // A process that was killed may have made the file and not synced its folder. With bytes in it, recovery syncs
    // both.
    segment.isNameDurable = segment.sizeBytes > 0;
    segment.mayHaveGaps = !o.isContiguous;
    segment.isTimeKnown = false;
    segment.indexes = null;
    segment.endOffset = segments[index + 1]?.baseOffset ?? Number.MAX_SAFE_INTEGER;
  }
  return segments;
}

/** What is read again, and whether there are markers of transactions in the log. */
class Replay {
  /** Segments of a folder of an earlier version do not say it, but producers and what is read again do. */
  hasMarkers: boolean;
  readonly onBatch: (batch: ScannedBatch) => void;

  constructor(saved: SavedState, o: { segments: readonly Segment[]; marked: readonly number[]; now: number }) {
    const marked = new Set(o.marked);
    for (const segment of o.segments) segment.hasMarkers = segment.areMarkersNoted = marked.has(segment.baseOffset);
    this.hasMarkers = marked.size > 0 || saved.dedup.producers.haveMarkers;
    const replay = replayInto(saved, o.now);
    this.onBatch = (batch) => {
      this.hasMarkers ||= batchIsControl(batch.buffer, batch.at);
      replay(batch);
    };
  }
}

/** What the journal has comes behind what the files have. */
function dataEndOf(owed: readonly OwedBatches[], { dataEndOffset }: { dataEndOffset: number }): number {
  const last = owed.findLast(({ batch }) => !batchIsControl(batch));
  return last === undefined ? dataEndOffset : last.lastOffset + 1;
}

function isSame(a: readonly LeaderEpoch[], b: readonly LeaderEpoch[]): boolean {
  return encodeLeaderEpochCheckpoint(a) === encodeLeaderEpochCheckpoint(b);
}
