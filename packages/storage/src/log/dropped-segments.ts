import { StorageError, isOutOfRoom } from '../errors.ts';
import { removeIfThere, renameIfThere } from '../files/durable-file.ts';
import { deletedSuffix, offsetFileName, segmentFileKinds } from '../files/file-names.ts';
import type { Segment } from '../segment/segment.ts';
import type { LogCore } from './log-core.ts';
import type { LogFiles } from './log-files.ts';

/** A file that was set aside, and when it may go. */
interface DeletedFile {
  readonly path: string;
  readonly dueMs: number;
  readonly bytes: number;
}

/*
 * Segments that a log lets go of: those below its start, and those that compaction has replaced.
 *
 * Invariant: before a file goes, the log start offset that makes it superfluous is durable, and so is what the journal
 * has to say of it. A segment leaves the list after that, and is counted until then; its files are in `#doomed` or
 * `#deleted` until they are gone.
 */
export class DroppedSegments {
  readonly #core: LogCore;
  readonly #files: LogFiles;
  readonly #declareFloor: (offset: number) => Promise<void>;
  /** No longer in the list, with files that are still to be set aside: below the start, so nobody makes them again. */
  readonly #doomed: Segment[] = [];
  readonly #deleted: DeletedFile[] = [];
  /** Of both. */
  #deletedBytes = 0;

  /** `declareFloor` tells the journal that nothing it has of the log below the offset counts any more. */
  constructor(core: LogCore, files: LogFiles, declareFloor: (offset: number) => Promise<void>) {
    this.#core = core;
    this.#files = files;
    this.#declareFloor = declareFloor;
  }

  /** Of files that were set aside and are not removed yet. */
  get setAsideBytes(): number {
    return this.#deletedBytes;
  }

  /**
   * Drops the segments that lie wholly below the log start offset, the active one too if nothing waits: then an empty
   * one takes its place, so that the end of the log stays known. The start offset is durable already.
   */
  async dropBelowStart(): Promise<number> {
    // Closed meanwhile: the files are somebody else's by now, who drops them when the log is opened.
    if (this.#core.state === 'closed') return 0;
    await this.#writeOwedIfThereIsRoom();
    const { segmentList, logStartOffset } = this.#core;
    const { active } = segmentList;
    if (active.sizeBytes > 0 && active.endOffset <= logStartOffset && active.unwrittenBytes === 0) segmentList.roll();
    const count = this.#countBelowStart();
    if (count === 0) return 0;
    const first = segmentList.all[count] as Segment;
    if (first.sizeBytes === 0 && !first.isNameDurable) await this.#createFile(first);
    // Before they leave the list: where that fails they are still there, counted, for the next try.
    await this.#declareFloorIfThereIsRoom(logStartOffset);
    const dropped = segmentList.dropFirst(count);
    this.#core.transactions.aborted.truncateStart(segmentList.first.baseOffset);
    await this.retire(dropped);
    return dropped.reduce((bytes, segment) => bytes + segment.sizeBytes, 0);
  }

  /** Segments wholly below the log start offset, but for the active one. */
  #countBelowStart(): number {
    const { segmentList, logStartOffset } = this.#core;
    let count = 0;
    while (count < segmentList.count - 1 && (segmentList.all[count + 1] as Segment).baseOffset <= logStartOffset)
      count += 1;
    return count;
  }

  /** An earlier try to drop what lies below the start has failed. */
  get hasLeftovers(): boolean {
    return this.#doomed.length > 0 || this.#countBelowStart() > 0;
  }

  /**
   * Not needed: a replay asks the checkpoint of start offsets, too, which is durable. So it may fail for want of room.
   */
  async #declareFloorIfThereIsRoom(offset: number): Promise<void> {
    try {
      await this.#declareFloor(offset);
    } catch (error) {
      if (this.#core.context.queue.failure || !StorageError.is(error) || error.code !== 'STORAGE_FULL') throw error;
    }
  }

  /** On a full disk all the more must go that can. */
  async #writeOwedIfThereIsRoom(): Promise<void> {
    try {
      await this.#files.writeOwed();
    } catch (error) {
      if (!isOutOfRoom(error)) throw error;
    }
  }

  /** The files of segments that were taken out of the list in this very turn: set aside now, removed after a while. */
  async retire(segments: readonly Segment[]): Promise<void> {
    this.#doomed.push(...segments);
    this.#core.drops += 1;
    this.#core.tail.dropBelow(segments.at(-1)?.endOffset ?? 0);
    for (const segment of segments) {
      this.#core.context.cap.count(-segment.sizeBytes);
      this.#deletedBytes += segment.writtenBytes;
    }
    await this.#files.forgive((segment) => segments.includes(segment));
    await this.#setAside();
  }

  /** One that fails stays at the head of the list, and is tried again with the next round of maintenance. */
  async #setAside(): Promise<void> {
    const { openFiles, indexCache, fileSystem, clock } = this.#core.context;
    for (let segment = this.#doomed[0]; segment; segment = this.#doomed[0]) {
      openFiles.forget(segment.path);
      indexCache.forget(segment.path);
      this.#files.forgetUnsynced(segment);
      const dueMs = clock.monotonic() + this.#core.config.fileDeleteDelayMs;
      for (const kind of segmentFileKinds) {
        const path = `${segment.directory}/${offsetFileName(segment.baseOffset, kind)}`;
        const bytes = kind === 'log' ? segment.writtenBytes : 0;
        if (await renameIfThere(fileSystem, path, path + deletedSuffix))
          this.#deleted.push({ path: path + deletedSuffix, dueMs, bytes });
        else this.#deletedBytes -= bytes;
      }
      this.#doomed.shift();
    }
  }

  /** Sets aside what an earlier try could not. */
  async setAsideLeftovers(): Promise<void> {
    if (this.#doomed.length > 0 && this.#core.state !== 'closed') await this.#setAside();
  }

  /**
   * Removes what was set aside long enough ago, and all of it where the disk is short of room. Returns how many files
   * that were.
   */
  async removeDue(): Promise<number> {
    const now = this.#core.context.clock.monotonic();
    const isDue = ({ dueMs }: { dueMs: number }): boolean => dueMs <= now;
    return await this.#removeDeleted(this.#core.context.cap.isDiskShort ? () => true : isDue);
  }

  /** Removes all that was set aside, as far as that is possible now. */
  async removeSetAside(): Promise<void> {
    try {
      await this.#removeDeleted(() => true);
    } catch (error) {
      this.#core.context.log.warn(
        { event: 'partition.files_left', directory: this.#core.directory, err: error },
        'the files of deleted records could not be removed; they are tried again',
      );
    }
  }

  /** What cannot be removed has its turn again with the next round. */
  async #removeDeleted(isDoomed: (file: { dueMs: number }) => boolean): Promise<number> {
    // On a short disk room comes before a backup, which then goes without the oldest records.
    if (this.#core.pins > 0 && !this.#core.context.cap.isDiskShort) return 0;
    const doomed = this.#deleted.filter(isDoomed);
    for (const file of doomed) {
      await removeIfThere(this.#core.context.fileSystem, file.path);
      this.#deleted.splice(this.#deleted.indexOf(file), 1);
      this.#deletedBytes -= file.bytes;
      this.#core.context.cap.freed(file.bytes);
    }
    return doomed.length;
  }

  async #createFile(segment: Segment): Promise<void> {
    const { openFiles, fileSystem, reserve } = this.#core.context;
    const lease = await reserve.withRoom(() => openFiles.lease(segment.path, { create: true }));
    segment.isCreated = true;
    lease.release();
    await fileSystem.syncDirectory(segment.directory);
    segment.isNameDurable = true;
  }
}
