import {
  batchIsControl,
  batchIsTransactional,
  batchLeaderEpoch,
  batchProducerEpoch,
  batchProducerId,
  batchSize,
} from '@q/protocol';
import type { LogConfig } from '../config.ts';
import { Deduplication } from '../dedup/deduplication.ts';
import { decodeLeaderEpochCheckpoint } from '../epochs/leader-epoch-checkpoint.ts';
import { LeaderEpochs } from '../epochs/leader-epochs.ts';
import type { LeaderEpoch } from '../epochs/leader-epochs.ts';
import { isUnreadable } from '../errors.ts';
import { readFileIfThere, removeIfThere } from '../files/durable-file.ts';
import { leaderEpochCheckpointName, offsetFileName } from '../files/file-names.ts';
import type { ProducerEntry } from '../producers/producer-entry.ts';
import { decodeProducerSnapshot } from '../producers/producer-snapshot.ts';
import type { ScannedBatch } from '../segment/segment-scan.ts';
import type { Segment } from '../segment/segment.ts';
import { LogTransactions } from '../transactions/log-transactions.ts';
import type { OpenTransaction } from '../transactions/log-transactions.ts';
import { readMarker } from '../transactions/marker.ts';
import { loadAborted } from './load-aborted.ts';
import type { LogContext } from './log-context.ts';
import type { DirectoryContent } from './partition-directory.ts';

/*
 * What the files beside the segments say of a log: its producers, transactions and leader epochs. What they do not say
 * is made again from the batches behind (`replayInto`).
 */

/** From which offsets on the log is asked. */
interface ReplayStarts {
  readonly producers: number;
  readonly transactions: number;
  readonly epochs: number;
}

export interface SavedState {
  readonly dedup: Deduplication;
  readonly transactions: LogTransactions;
  readonly epochs: LeaderEpochs;
  /** As the file has them. */
  readonly storedEpochs: readonly LeaderEpoch[];
  /** Snapshots on disk, ascending. */
  readonly snapshotOffsets: readonly number[];
  readonly replay: ReplayStarts;
}

interface SavedStateOptions {
  readonly directory: string;
  readonly config: LogConfig;
  readonly content: DirectoryContent;
  readonly segments: readonly Segment[];
  readonly recoveryPoint: number;
}

export async function loadSavedState(context: LogContext, o: SavedStateOptions): Promise<SavedState> {
  const { directory, content, segments, recoveryPoint } = o;
  const dedup = new Deduplication({ limits: context.limits, dedupWindowMs: o.config.dedupWindowMs });
  const transactions = new LogTransactions();
  const storedEpochs = await readEpochs(context, directory);
  const snapshots = await dropSnapshotsAbove(context, { directory, recoveryPoint, snapshots: content.snapshots });
  const isAbortedKnown =
    !isSwapUnfinished(content, segments)
    && (await loadAborted(context, { transactions, segments, bases: content.abortedIndexes }));
  const firstOffset = segments[0]?.baseOffset ?? 0;
  const snapshotOffset = await loadSnapshot(context, { directory, dedup, transactions, snapshots, firstOffset });
  if (!isAbortedKnown) transactions.clear();
  // What a process that was killed wrote behind the snapshot may not be synced: it is written again.
  for (const segment of segments) segment.abortedSaved = transactions.aborted.countIn(segment);
  return {
    dedup,
    transactions,
    epochs: new LeaderEpochs(storedEpochs ?? []),
    storedEpochs: storedEpochs ?? [],
    snapshotOffsets: snapshots,
    replay: {
      producers: snapshotOffset,
      transactions: isAbortedKnown ? snapshotOffset : 0,
      // Without a history of epochs every batch is asked for its own.
      epochs: storedEpochs ? snapshotOffset : 0,
    },
  };
}

/** Batches that reach this offset are to be replayed. */
export function replayFrom({ replay }: SavedState): number {
  return Math.min(replay.producers, replay.transactions, replay.epochs);
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

/**
 * A crash came after compaction had put a segment in place, and before it had saved what goes with it: what was aborted
 * in it only the log knows.
 */
function isSwapUnfinished({ wasCompacted, indexes }: DirectoryContent, segments: readonly Segment[]): boolean {
  return wasCompacted && segments.slice(0, -1).some(({ baseOffset }) => !indexes.includes(baseOffset));
}

/** Loads the newest snapshot that is intact. Returns its offset: the log from there on is to be replayed. */
async function loadSnapshot(
  context: LogContext,
  o: {
    directory: string;
    dedup: Deduplication;
    transactions: LogTransactions;
    snapshots: readonly number[];
    /** Where the log begins. */
    firstOffset: number;
  },
): Promise<number> {
  for (const offset of o.snapshots.toReversed()) {
    const bytes = await context.fileSystem.readFile(`${o.directory}/${offsetFileName(offset, 'snapshot')}`);
    try {
      const now = context.clock.monotonic();
      const producers = decodeProducerSnapshot(bytes, now);
      o.dedup.producers.load(producers, now);
      // Between an old snapshot and the log's beginning there may have been markers. Of what was open then, and has
      // nothing in the log any more, nothing is held back; whatever has will be seen in the log.
      o.transactions.load(offset < o.firstOffset ? [] : openTransactionsOf(producers));
      o.transactions.aborted.truncateEnd(offset);
      return offset;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      context.log.warn(
        { event: 'partition.snapshot_unreadable', directory: o.directory, offset, err: error },
        'a producer snapshot is unreadable; an older one is used',
      );
    }
  }
  o.transactions.clear();
  return 0;
}

function openTransactionsOf(producers: readonly ProducerEntry[]): OpenTransaction[] {
  return producers.flatMap(({ producerId, epoch: producerEpoch, currentTransactionFirstOffset: firstOffset }) =>
    firstOffset < 0 ? [] : [{ producerId, producerEpoch, firstOffset }],
  );
}

/** Takes what a batch of the log says, in the order of their offsets. */
export function replayInto(
  { dedup, transactions, epochs, replay }: SavedState,
  now: number,
): (batch: ScannedBatch) => void {
  let isFirst = true;
  return ({ buffer, at, baseOffset, lastOffset }) => {
    if (lastOffset >= replay.epochs) {
      // What the history says of the part that is read now is said anew.
      if (isFirst) epochs.truncateEnd(baseOffset);
      isFirst = false;
      epochs.assign(batchLeaderEpoch(buffer, at), baseOffset);
    }
    const batch = buffer.subarray(at);
    const isControl = batchIsControl(batch);
    const marker = isControl ? readMarker(batch.subarray(0, batchSize(batch))) : null;
    if (lastOffset >= replay.producers) {
      if (marker !== null) dedup.producers.replayMarker(marker, baseOffset, now);
      if (!isControl) dedup.replayProducer(batch, now);
    }
    if (lastOffset < replay.transactions || !batchIsTransactional(batch)) return;
    if (marker !== null) transactions.ended(marker.producerId, marker.outcome, baseOffset);
    if (!isControl) transactions.wrote(batchProducerId(batch), batchProducerEpoch(batch), baseOffset);
  };
}
