import { partitionDirectoryName, recoveryPointCheckpointName, startOffsetCheckpointName } from '../files/file-names.ts';
import type { LocalLog } from '../partition/local-log.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { StorageLog } from '../ports/storage-log.ts';
import type { DiskReserve } from '../room/disk-reserve.ts';
import { collectOffsets } from './collect-offsets.ts';
import { OffsetCheckpoint } from './offset-checkpoint.ts';
import type { CheckpointEntry } from './offset-checkpoint.ts';

export interface SavedOffsetsOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly reserve: DiskReserve;
  /** The logs that are open now, by folder. */
  readonly open: ReadonlyMap<string, LocalLog>;
}

/**
 * What the two checkpoint files of a store say of its partitions.
 *
 * Invariant: the maps hold what is to be in the files for partitions that are not open, by folder.
 */
export class SavedOffsets {
  readonly #recoveryPoints = new Map<string, CheckpointEntry>();
  readonly #starts = new Map<string, CheckpointEntry>();
  readonly recoveryPointFile: OffsetCheckpoint;
  readonly startFile: OffsetCheckpoint;

  constructor({ open, ...place }: SavedOffsetsOptions) {
    this.recoveryPointFile = new OffsetCheckpoint({
      ...place,
      name: recoveryPointCheckpointName,
      collect: () =>
        collectOffsets({ saved: this.#recoveryPoints, open, offsetOf: (log) => log.checkpoints.recoveryPoint }),
    });
    this.startFile = new OffsetCheckpoint({
      ...place,
      name: startOffsetCheckpointName,
      collect: () => collectOffsets({ saved: this.#starts, open, offsetOf: (log) => log.core.startOffsetToSave }),
    });
  }

  async load(log: StorageLog): Promise<void> {
    for (const entry of await this.recoveryPointFile.load(log))
      this.#recoveryPoints.set(partitionDirectoryName(entry), entry);
    for (const entry of await this.startFile.load(log)) this.#starts.set(partitionDirectoryName(entry), entry);
  }

  get hasRecoveryPoints(): boolean {
    return this.#recoveryPoints.size > 0;
  }

  recoveryPointOf(folder: string): number {
    return this.#recoveryPoints.get(folder)?.offset ?? 0;
  }

  startOf(folder: string): number {
    return this.#starts.get(folder)?.offset ?? 0;
  }

  /** A log is closed: its offsets stay known, so that it can be opened again. */
  keep(folder: string, { id: { topic, partition }, checkpoints, core }: LocalLog): void {
    this.#recoveryPoints.set(folder, { topic, partition, offset: checkpoints.recoveryPoint });
    this.#starts.set(folder, { topic, partition, offset: core.startOffsetToSave });
  }

  /** Durably: what the files say of a folder that is gone would be taken for what they say of the next of its name. */
  async forget(folder: string): Promise<void> {
    const recoveryPoint = this.#recoveryPoints.get(folder);
    const start = this.#starts.get(folder);
    this.#recoveryPoints.delete(folder);
    this.#starts.delete(folder);
    try {
      if (recoveryPoint !== undefined && recoveryPoint.offset > 0) await this.recoveryPointFile.save();
      if (start !== undefined && start.offset > 0) await this.startFile.save();
    } catch (error) {
      // The files still say it: whoever opens the next folder of the name tries again.
      if (recoveryPoint !== undefined) this.#recoveryPoints.set(folder, recoveryPoint);
      if (start !== undefined) this.#starts.set(folder, start);
      throw error;
    }
  }

  /** The last save of a store that is being closed. */
  async save(): Promise<void> {
    await this.startFile.save();
    await this.recoveryPointFile.save();
  }

  /** Ends when no save is under way. */
  async idle(): Promise<void> {
    await Promise.all([this.startFile.idle(), this.recoveryPointFile.idle()]);
  }
}
