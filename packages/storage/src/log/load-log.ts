import { batchLeaderEpoch } from '@q/protocol';
import type { LogConfig } from '../config.ts';
import { Deduplication } from '../dedup/deduplication.ts';
import { decodeLeaderEpochCheckpoint, encodeLeaderEpochCheckpoint } from '../epochs/leader-epoch-checkpoint.ts';
import { LeaderEpochs } from '../epochs/leader-epochs.ts';
import type { LeaderEpoch } from '../epochs/leader-epochs.ts';
import { isUnreadable } from '../errors.ts';
import { readFileIfThere, removeIfThere } from '../files/durable-file.ts';
import { leaderEpochCheckpointName, offsetFileName, segmentFileKinds } from '../files/file-names.ts';
import { inParallel } from '../concurrency/in-parallel.ts';
import type { JournalPiece } from '../journal/journal-item.ts';
import type { LogId } from '../ports/log-store.ts';
import { decodeProducerSnapshot } from '../producers/producer-snapshot.ts';
import { SegmentList } from '../segment/segment-list.ts';
import type { ScannedBatch } from '../segment/segment-scan.ts';
import { Segment } from '../segment/segment.ts';
import type { LoadedLog, MessageIdsOnDisk } from './loaded-log.ts';
import type { LogContext } from './log-context.ts';
import { appendOwed } from './owed-at-start.ts';
import { tidyDirectory } from './partition-directory.ts';
import { recoverSegments } from './recover-segments.ts';
import { replayOwedIds, restoreMessageIds } from './replay-message-ids.ts';

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
  const dedup = new Deduplication({ limits: context.limits, dedupWindowMs: config.dedupWindowMs });
  const storedEpochs = await readEpochs(context, directory);
  const snapshots = await dropSnapshotsAbove(context, { directory, recoveryPoint, snapshots: content.snapshots });
  const snapshotOffset = await loadSnapshot(context, { directory, dedup, snapshots });
  const epochs = new LeaderEpochs(storedEpochs ?? []);
  const onBatch = replayInto({ dedup, epochs, snapshotOffset, now });
  const found = await recoverSegments(context, {
    id,
    segments,
    recoveryPoint,
    startOffset,
    isStartKnown,
    isContiguous,
    isSyncPromised: config.durability === 'fsync',
    indexIntervalBytes: config.indexIntervalBytes,
    // Without a history of epochs every batch is asked for its own.
    replayFrom: storedEpochs ? snapshotOffset : 0,
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
  const { endOffset } = list.active;
  const isHeadMissing = found.damage !== null && found.damage.fromOffset < list.first.baseOffset;
  const logStartOffset = isHeadMissing ? startOffset : Math.max(startOffset, list.first.baseOffset);
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
    epochs,
    logStartOffset,
    damage: found.damage,
    owed,
    checkpoint: {
      recoveryPoint: Math.min(recoveryPoint, endOffset),
      uncoveredBytes: found.bytesAboveRecoveryPoint + owed.reduce((sum, { batch }) => sum + batch.length, 0),
      snapshotOffsets: snapshots,
      messageIds,
      areEpochsSaved: isSame(storedEpochs ?? [], epochs.entries),
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
    segment.gaps = o.isContiguous ? 0 : null;
    segment.isTimeKnown = false;
    segment.indexes = null;
    segment.endOffset = segments[index + 1]?.baseOffset ?? Number.MAX_SAFE_INTEGER;
  }
  return segments;
}

async function readEpochs(context: LogContext, directory: string): Promise<readonly LeaderEpoch[] | null> {
  const bytes = await readFileIfThere(context.fileSystem, `${directory}/${leaderEpochCheckpointName}`);
  if (!bytes) return null;
  try {
    return decodeLeaderEpochCheckpoint(bytes.toString('utf8'));
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    context.log.warn(
      { event: 'partition.epochs_rebuilt', directory, err: error },
      'leader epochs are unreadable; they are rebuilt from the log',
    );
    return null;
  }
}

/**
 * A snapshot above the recovery point may speak of bytes that a crash took away; what it knows is replayed from the
 * log.
 */
async function dropSnapshotsAbove(
  context: LogContext,
  o: { directory: string; recoveryPoint: number; snapshots: readonly number[] },
): Promise<number[]> {
  for (const offset of o.snapshots) {
    if (offset > o.recoveryPoint)
      await removeIfThere(context.fileSystem, `${o.directory}/${offsetFileName(offset, 'snapshot')}`);
  }
  return o.snapshots.filter((offset) => offset <= o.recoveryPoint);
}

/** Loads the newest snapshot that is intact. Returns its offset: the log from there on is to be replayed. */
async function loadSnapshot(
  context: LogContext,
  o: { directory: string; dedup: Deduplication; snapshots: readonly number[] },
): Promise<number> {
  for (const offset of o.snapshots.toReversed()) {
    const bytes = await context.fileSystem.readFile(`${o.directory}/${offsetFileName(offset, 'snapshot')}`);
    try {
      const now = context.clock.monotonic();
      o.dedup.producers.load(decodeProducerSnapshot(bytes, now), now);
      return offset;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      context.log.warn(
        { event: 'partition.snapshot_unreadable', directory: o.directory, offset, err: error },
        'a producer snapshot is unreadable; an older one is used',
      );
    }
  }
  return 0;
}

function replayInto(o: {
  dedup: Deduplication;
  epochs: LeaderEpochs;
  snapshotOffset: number;
  now: number;
}): (batch: ScannedBatch) => void {
  let isFirst = true;
  return ({ buffer, at, baseOffset, lastOffset }) => {
    // What the history says of the part that is read now is said anew.
    if (isFirst) o.epochs.truncateEnd(baseOffset);
    isFirst = false;
    o.epochs.assign(batchLeaderEpoch(buffer, at), baseOffset);
    if (lastOffset >= o.snapshotOffset) o.dedup.replayProducer(buffer.subarray(at), o.now);
  };
}

function isSame(a: readonly LeaderEpoch[], b: readonly LeaderEpoch[]): boolean {
  return encodeLeaderEpochCheckpoint(a) === encodeLeaderEpochCheckpoint(b);
}
