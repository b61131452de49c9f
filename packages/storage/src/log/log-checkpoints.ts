import { encodeLeaderEpochCheckpoint } from '../epochs/leader-epoch-checkpoint.ts';
import { isDiskFull, isOutOfRoom } from '../errors.ts';
import { removeIfThere, replaceFile, writeFileFrom } from '../files/durable-file.ts';
import { leaderEpochCheckpointName, offsetFileName } from '../files/file-names.ts';
import { encodeProducerSnapshot } from '../producers/producer-snapshot.ts';
import { offsetIndexEntryBytes } from '../segment/offset-index.ts';
import type { Segment } from '../segment/segment.ts';
import { timeIndexEntryBytes } from '../segment/time-index.ts';
import type { LocalLog } from './local-log.ts';
import { SavedMessageIds } from './saved-message-ids.ts';
import type { MessageIdPlan, MessageIdsOnDisk } from './saved-message-ids.ts';

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
  readonly messageIds: MessageIdPlan | null;
}

interface IndexPlan {
  readonly segment: Segment;
  readonly offsets: { readonly position: number; readonly bytes: Buffer };
  readonly times: { readonly position: number; readonly bytes: Buffer };
}

export interface CheckpointState {
  /** Everything below is synced, and the checkpoint that says so is complete. */
  readonly recoveryPoint: number;
  /** Bytes of log above it. */
  readonly uncoveredBytes: number;
  /** Snapshots on disk, ascending. */
  readonly snapshotOffsets: readonly number[];
  readonly areEpochsSaved: boolean;
  readonly messageIds: MessageIdsOnDisk;
}

/*
 * Checkpoints of one log bound what recovery has to read.
 *
 * Invariants
 * - `recoveryPoint` = X only after: the log is synced below X, and so are the index entries, the producer snapshot and the
 *   leader epochs that belong to it. It never moves back.
 * - One checkpoint at a time.
 */
export class LogCheckpoints {
  readonly #log: LocalLog;
  readonly messageIds: SavedMessageIds;
  recoveryPoint: number;
  #snapshotOffsets: number[];
  #areEpochsSaved: boolean;
  #bytesCovered = 0;
  #isTaken = false;
  #running: Promise<boolean> | null = null;

  constructor(log: LocalLog, loaded: CheckpointState) {
    this.#log = log;
    this.recoveryPoint = loaded.recoveryPoint;
    this.#snapshotOffsets = [...loaded.snapshotOffsets];
    this.messageIds = new SavedMessageIds(log, loaded.messageIds);
    this.#areEpochsSaved = loaded.areEpochsSaved;
    this.#cover(this.#log.appendedBytes - loaded.uncoveredBytes);
  }

  /** The log has grown. */
  appended(bytes: number): void {
    this.#log.context.uncovered.bytes += bytes;
  }

  /** The log is let go: what it has above its checkpoint is no longer this store's to bound. */
  forget(): void {
    this.#cover(this.#log.appendedBytes);
  }

  #cover(bytesCovered: number): void {
    this.#log.context.uncovered.bytes -= bytesCovered - this.#bytesCovered;
    this.#bytesCovered = bytesCovered;
  }

  epochsChanged(): void {
    this.#areEpochsSaved = false;
  }

  /** Enough was appended that recovery would feel it. */
  get isDue(): boolean {
    const { checkpointBytes, checkpointBytesMax } = this.#log.context.limits;
    // A checkpoint syncs the log, which `os` and `interval` logs were promised not to wait for; they get it less often.
    return this.#uncoveredBytes >= (this.#log.config.durability === 'fsync' ? checkpointBytes : checkpointBytesMax);
  }

  /** A fast writer: recovery would take long before the next round of maintenance comes. True once, until it was done. */
  takeOverdue(): boolean {
    const { limits, uncovered } = this.#log.context;
    const isMuch = uncovered.bytes > limits.uncoveredBytesMax;
    if (this.#isTaken || this.#uncoveredBytes < (isMuch ? limits.checkpointBytes : limits.checkpointBytesMax)) return false;
    this.#isTaken = true;
    return true;
  }

  get #uncoveredBytes(): number {
    return this.#log.damage === null ? this.#log.appendedBytes - this.#bytesCovered : 0;
  }

  /**
   * Saves the state as it is now, after it has become durable. False when the log's end moved back meanwhile.
   * `keepsMessageIds`: records with message ids are about to go from the log.
   */
  async run({ keepsMessageIds = false }: { keepsMessageIds?: boolean } = {}): Promise<boolean> {
    await this.idle();
    const plan = this.#plan(keepsMessageIds);
    this.#running = this.#log.exclusively(() => this.#run(plan));
    try {
      return await this.#running;
    } finally {
      this.#running = null;
      this.#isTaken = false;
    }
  }

  /**
   * The last checkpoint before the log is closed; nothing waits any more. On a full disk the log is recovered when it is opened again: the
   * journal keeps what it owes to its segments.
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
    const { logEndOffset, files } = this.#log;
    if (this.messageIds.needsSaving(logEndOffset)) return false;
    if (logEndOffset === 0) return this.#areEpochsSaved;
    const isSaved = this.recoveryPoint === logEndOffset && this.#areEpochsSaved && !files.hasUnsynced;
    return isSaved && (this.#snapshotOffsets.at(-1) ?? -1) === logEndOffset;
  }

  #plan(keepsMessageIds: boolean): CheckpointPlan {
    const { logEndOffset, appendedBytes, rewinds, dedup, epochs, segmentList } = this.#log;
    return {
      offset: logEndOffset,
      appendedBytes,
      rewinds,
      snapshot: encodeProducerSnapshot(dedup.producers.entries()),
      epochs: this.#areEpochsSaved ? null : Buffer.from(encodeLeaderEpochCheckpoint(epochs.entries)),
      indexes: segmentList.all.filter(({ indexes }) => indexes !== null).map(indexPlan),
      messageIds: this.messageIds.plan({ isWanted: keepsMessageIds }),
    };
  }

  async #run(plan: CheckpointPlan): Promise<boolean> {
    const { fileSystem, log } = this.#log.context;
    const { directory, id } = this.#log;
    let messageIdBytes: number | null = null;
    if (plan.epochs) this.#areEpochsSaved = true;
    try {
      await this.#log.settled();
      await this.#syncLog();
      if (this.#isOverruled(plan)) return false;
      for (const index of plan.indexes) await this.#saveIndex(index, plan);
      await replaceFile(fileSystem, `${directory}/${offsetFileName(plan.offset, 'snapshot')}`, plan.snapshot);
      if (plan.epochs) await replaceFile(fileSystem, `${directory}/${leaderEpochCheckpointName}`, plan.epochs);
      if (plan.messageIds) messageIdBytes = await this.messageIds.save(plan.messageIds, () => this.#isOverruled(plan));
      await fileSystem.syncDirectory(directory);
    } catch (error) {
      if (plan.epochs) this.#areEpochsSaved = false;
      log.error({ topic: id.topic, partition: id.partition, error }, 'a checkpoint of the log failed; recovery would take longer');
      throw error;
    }
    if (this.#isOverruled(plan)) return false;
    this.recoveryPoint = Math.max(this.recoveryPoint, plan.offset);
    this.#cover(plan.appendedBytes);
    await this.#pruneSnapshots(plan.offset);
    if (plan.messageIds && messageIdBytes !== null) await this.messageIds.settle(plan.messageIds, messageIdBytes);
    return true;
  }

  async #syncLog(): Promise<void> {
    try {
      await this.#log.files.syncAppended();
    } catch (error) {
      throw isOutOfRoom(error) ? error : this.#log.context.queue.fail(error);
    }
  }

  #isOverruled(plan: CheckpointPlan): boolean {
    const isOverruled = plan.rewinds !== this.#log.rewinds || this.#log.context.queue.failure !== null;
    if (isOverruled && plan.epochs) this.#areEpochsSaved = false;
    return isOverruled;
  }

  async #saveIndex(index: IndexPlan, plan: CheckpointPlan): Promise<void> {
    const { segment, offsets, times } = index;
    const { fileSystem } = this.#log.context;
    // Dropped meanwhile: an index must not outlive its log.
    if (!this.#log.segmentList.all.includes(segment)) return;
    const isNew = segment.offsetEntriesSaved === 0 && segment.timeEntriesSaved === 0;
    const path = (kind: 'index' | 'timeindex'): string => `${segment.directory}/${offsetFileName(segment.baseOffset, kind)}`;
    if (offsets.bytes.length > 0 || isNew) await writeFileFrom(fileSystem, path('index'), offsets);
    if (times.bytes.length > 0 || isNew) await writeFileFrom(fileSystem, path('timeindex'), times);
    if (this.#isOverruled(plan)) return;
    segment.offsetEntriesSaved = (offsets.position + offsets.bytes.length) / offsetIndexEntryBytes;
    segment.timeEntriesSaved = (times.position + times.bytes.length) / timeIndexEntryBytes;
    // A closed segment's indexes are complete on disk now; the cache loads them when they are asked for.
    const isClosed = segment !== this.#log.segmentList.active;
    const isComplete = segment.indexes?.offsets.count === segment.offsetEntriesSaved && segment.indexes.times.count === segment.timeEntriesSaved;
    if (isClosed && isComplete) segment.indexes = null;
  }

  async #pruneSnapshots(newest: number): Promise<void> {
    const { fileSystem } = this.#log.context;
    this.#snapshotOffsets = [...this.#snapshotOffsets.filter((offset) => offset !== newest), newest].sort((a, b) => a - b);
    for (const offset of this.#snapshotOffsets.slice(0, -snapshotsKept)) {
      await removeIfThere(fileSystem, `${this.#log.directory}/${offsetFileName(offset, 'snapshot')}`);
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
