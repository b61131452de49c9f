import { encodeLeaderEpochCheckpoint } from '../epochs/leader-epoch-checkpoint.ts';
import { isDiskFull, isOutOfRoom } from '../errors.ts';
import { removeIfThere, replaceFile, writeFileFrom } from '../files/durable-file.ts';
import { leaderEpochCheckpointName, offsetFileName } from '../files/file-names.ts';
import { producerEntries } from './producer-entries.ts';
import { encodeProducerSnapshot } from '../producers/producer-snapshot.ts';
import { offsetIndexEntryBytes } from '../segment/offset-index.ts';
import type { Segment } from '../segment/segment.ts';
import { timeIndexEntryBytes } from '../segment/time-index.ts';
import { abortedEntryBytes } from '../transactions/aborted-transactions.ts';
import type { CheckpointState } from './loaded-log.ts';
import type { LogCore } from './log-core.ts';
import type { LogFiles } from './log-files.ts';
import { SavedMessageIds } from './saved-message-ids.ts';
import type { MessageIdPlan } from './saved-message-ids.ts';

// The newest that is not above the recovery point in the store's file may be an older one: a crash between the two.
const snapshotsKept = 3;

/** What a checkpoint saves, as it was in one moment: everything is about the log below `offset`. */
interface CheckpointPlan {
  readonly offset: number;
  readonly appendedBytes: number;
  readonly rewinds: number;
  readonly snapshot: Buffer;
  readonly epochs: Buffer | null;
  readonly indexes: readonly IndexPlan[];
  readonly aborted: readonly AbortedPlan[];
  readonly messageIds: MessageIdPlan | null;
}

interface IndexPlan {
  readonly segment: Segment;
  readonly offsets: { readonly position: number; readonly bytes: Buffer };
  readonly times: { readonly position: number; readonly bytes: Buffer };
}

/** Aborted transactions that the file of a segment lacks. */
interface AbortedPlan {
  readonly segment: Segment;
  readonly position: number;
  readonly bytes: Buffer;
}

/*
 * Checkpoints of one log bound what recovery has to read.
 *
 * Invariants
 * - `recoveryPoint` = X only after: the log is synced below X, and so are the index entries, the aborted transactions,
 *   the producer snapshot and the leader epochs that belong to it. It never moves back.
 * - One checkpoint at a time.
 */
export class LogCheckpoints {
  readonly #core: LogCore;
  readonly #files: LogFiles;
  readonly messageIds: SavedMessageIds;
  recoveryPoint: number;
  #snapshotOffsets: number[];
  #bytesCovered = 0;
  #isTaken = false;
  #running: Promise<boolean> | null = null;

  constructor(core: LogCore, files: LogFiles, loaded: CheckpointState) {
    this.#core = core;
    this.#files = files;
    this.recoveryPoint = loaded.recoveryPoint;
    this.#snapshotOffsets = [...loaded.snapshotOffsets];
    this.messageIds = new SavedMessageIds(core, loaded.messageIds);
    this.#cover(this.#core.appendedBytes - loaded.uncoveredBytes);
  }

  /** The log is let go: what it has above its checkpoint is no longer this store's to bound. */
  forget(): void {
    this.#cover(this.#core.appendedBytes);
  }

  #cover(bytesCovered: number): void {
    this.#core.context.uncovered.bytes -= bytesCovered - this.#bytesCovered;
    this.#bytesCovered = bytesCovered;
  }

  /** Enough was appended that recovery would feel it. */
  get isDue(): boolean {
    const { checkpointBytes, checkpointBytesMax } = this.#core.context.limits;
    // A checkpoint syncs the log, which `os` and `interval` logs were promised not to wait for; they get it less often.
    return this.#uncoveredBytes >= (this.#core.config.durability === 'fsync' ? checkpointBytes : checkpointBytesMax);
  }

  /**
   * A fast writer: recovery would take long before the next round of maintenance comes. True once, until it was done.
   */
  takeOverdue(): boolean {
    const { limits, uncovered } = this.#core.context;
    const isMuch = uncovered.bytes > limits.uncoveredBytesMax;
    if (this.#isTaken || this.#uncoveredBytes < (isMuch ? limits.checkpointBytes : limits.checkpointBytesMax))
      return false;
    this.#isTaken = true;
    return true;
  }

  get #uncoveredBytes(): number {
    return this.#core.damage === null ? this.#core.appendedBytes - this.#bytesCovered : 0;
  }

  /**
   * Saves the state as it is now, after it has become durable. False when the log's end moved back meanwhile.
   * `keepsMessageIds`: records with message ids are about to go from the log.
   */
  async run({ keepsMessageIds = false }: { keepsMessageIds?: boolean } = {}): Promise<boolean> {
    await this.idle();
    const plan = this.#plan(keepsMessageIds);
    this.#running = this.#core.turns.run(() => this.#run(plan));
    try {
      return await this.#running;
    } finally {
      this.#running = null;
      this.#isTaken = false;
    }
  }

  /**
   * The last checkpoint before the log is closed; nothing waits any more. On a full disk the log is recovered when it
   * is opened again: the journal keeps what it owes to its segments.
   */
  async closeOff(): Promise<void> {
    await this.idle();
    if (this.#isCovered) return;
    try {
      await this.run({ keepsMessageIds: true });
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  async idle(): Promise<void> {
    while (this.#running) await Promise.allSettled([this.#running]);
  }

  get #isCovered(): boolean {
    const { logEndOffset, areEpochsSaved } = this.#core;
    if (this.messageIds.needsSaving(logEndOffset) || this.#abortedPlans().length > 0) return false;
    if (logEndOffset === 0) return areEpochsSaved;
    const isSaved = this.recoveryPoint === logEndOffset && areEpochsSaved && !this.#files.hasUnsynced;
    return isSaved && (this.#snapshotOffsets.at(-1) ?? -1) === logEndOffset;
  }

  #plan(keepsMessageIds: boolean): CheckpointPlan {
    const { logEndOffset, appendedBytes, rewinds, epochs, segmentList } = this.#core;
    return {
      offset: logEndOffset,
      appendedBytes,
      rewinds,
      snapshot: encodeProducerSnapshot(producerEntries(this.#core)),
      epochs: this.#core.areEpochsSaved ? null : Buffer.from(encodeLeaderEpochCheckpoint(epochs.entries)),
      indexes: segmentList.all.filter(({ indexes }) => indexes !== null).map(indexPlan),
      aborted: this.#abortedPlans(),
      messageIds: this.messageIds.plan({ isWanted: keepsMessageIds }),
    };
  }

  async #run(plan: CheckpointPlan): Promise<boolean> {
    const { fileSystem, log } = this.#core.context;
    const { directory, id } = this.#core;
    let messageIdBytes: number | null = null;
    if (plan.epochs) this.#core.areEpochsSaved = true;
    try {
      await this.#core.settled();
      await this.#syncLog();
      if (this.#isOverruled(plan)) return false;
      for (const aborted of plan.aborted) await this.#saveAborted(aborted, plan);
      for (const index of plan.indexes) await this.#saveIndex(index, plan);
      await replaceFile(fileSystem, `${directory}/${offsetFileName(plan.offset, 'snapshot')}`, plan.snapshot);
      if (plan.epochs) await replaceFile(fileSystem, `${directory}/${leaderEpochCheckpointName}`, plan.epochs);
      if (plan.messageIds) messageIdBytes = await this.messageIds.save(plan.messageIds, () => this.#isOverruled(plan));
      await fileSystem.syncDirectory(directory);
    } catch (error) {
      if (plan.epochs) this.#core.areEpochsSaved = false;
      log.error(
        { event: 'partition.checkpoint_failed', topic: id.topic, partition: id.partition, err: error },
        'a checkpoint of the log failed; recovery would take longer',
      );
      throw error;
    }
    if (this.#isOverruled(plan)) return false;
    this.recoveryPoint = Math.max(this.recoveryPoint, plan.offset);
    this.#cover(plan.appendedBytes);
    await this.#pruneSnapshots(plan.offset);
    if (plan.messageIds && messageIdBytes !== null) await this.messageIds.saved(plan.messageIds, messageIdBytes);
    return true;
  }

  async #syncLog(): Promise<void> {
    try {
      await this.#files.syncAppended();
    } catch (error) {
      throw isOutOfRoom(error) ? error : this.#core.context.queue.fail(error);
    }
  }

  #isOverruled(plan: CheckpointPlan): boolean {
    const isOverruled = plan.rewinds !== this.#core.rewinds || this.#core.context.queue.failure !== null;
    if (isOverruled && plan.epochs) this.#core.areEpochsSaved = false;
    return isOverruled;
  }

  async #saveIndex(index: IndexPlan, plan: CheckpointPlan): Promise<void> {
    const { segment, offsets, times } = index;
    const { fileSystem } = this.#core.context;
    // Dropped meanwhile: an index must not outlive its log.
    if (!this.#core.segmentList.all.includes(segment)) return;
    const isNew = segment.offsetEntriesSaved === 0 && segment.timeEntriesSaved === 0;
    const path = (kind: 'index' | 'timeindex'): string =>
      `${segment.directory}/${offsetFileName(segment.baseOffset, kind)}`;
    if (offsets.bytes.length > 0 || isNew) await writeFileFrom(fileSystem, path('index'), offsets);
    if (times.bytes.length > 0 || isNew) await writeFileFrom(fileSystem, path('timeindex'), times);
    if (this.#isOverruled(plan)) return;
    segment.offsetEntriesSaved = (offsets.position + offsets.bytes.length) / offsetIndexEntryBytes;
    segment.timeEntriesSaved = (times.position + times.bytes.length) / timeIndexEntryBytes;
    // A closed segment's indexes are complete on disk now; the cache loads them when they are asked for.
    const isClosed = segment !== this.#core.segmentList.active;
    const isComplete =
      segment.indexes?.offsets.count === segment.offsetEntriesSaved
      && segment.indexes.times.count === segment.timeEntriesSaved;
    if (isClosed && isComplete) segment.indexes = null;
  }

  /** None for most logs. A segment with markers gets a file, though nothing was aborted. */
  #abortedPlans(): AbortedPlan[] {
    const { segmentList, transactions } = this.#core;
    return segmentList.all.flatMap((segment) => {
      if (transactions.aborted.count === 0 && !segment.hasMarkers) return [];
      const bytes = transactions.aborted.bytesOf(segment, segment.abortedSaved);
      return bytes.length === 0 && (segment.areMarkersNoted || !segment.hasMarkers)
        ? []
        : [{ segment, position: segment.abortedSaved * abortedEntryBytes, bytes }];
    });
  }

  async #saveAborted({ segment, position, bytes }: AbortedPlan, plan: CheckpointPlan): Promise<void> {
    if (!this.#core.segmentList.all.includes(segment)) return;
    const path = `${segment.directory}/${offsetFileName(segment.baseOffset, 'txnindex')}`;
    await writeFileFrom(this.#core.context.fileSystem, path, { position, bytes });
    if (this.#isOverruled(plan)) return;
    segment.abortedSaved = (position + bytes.length) / abortedEntryBytes;
    segment.areMarkersNoted = true;
  }

  async #pruneSnapshots(newest: number): Promise<void> {
    const { fileSystem } = this.#core.context;
    this.#snapshotOffsets = [...this.#snapshotOffsets.filter((offset) => offset !== newest), newest].sort(
      (a, b) => a - b,
    );
    // A backup may be about to read one of them; the next checkpoint prunes.
    if (this.#core.pins > 0) return;
    for (const offset of this.#snapshotOffsets.slice(0, -snapshotsKept)) {
      await removeIfThere(fileSystem, `${this.#core.directory}/${offsetFileName(offset, 'snapshot')}`);
      this.#snapshotOffsets.shift();
    }
  }
}

function indexPlan(segment: Segment): IndexPlan {
  const { indexes, offsetEntriesSaved, timeEntriesSaved } = segment;
  return {
    segment,
    offsets: {
      position: offsetEntriesSaved * offsetIndexEntryBytes,
      bytes: indexes?.offsets.bytes(offsetEntriesSaved) ?? Buffer.alloc(0),
    },
    times: {
      position: timeEntriesSaved * timeIndexEntryBytes,
      bytes: indexes?.times.bytes(timeEntriesSaved) ?? Buffer.alloc(0),
    },
  };
}
