import { StorageError, isOutOfFiles, isOutOfRoom, systemCode } from '../errors.ts';
import { removeIfThere, renameIfThere } from '../files/durable-file.ts';
import { deletedSuffix, offsetFileName, segmentFileKinds } from '../files/file-names.ts';
import { inParallel } from '../concurrency/in-parallel.ts';
import type { QueuedAppend } from '../flush/flushed-log.ts';
import type { Segment } from '../segment/segment.ts';
import type { LocalLog } from './local-log.ts';
import { joinSmall } from './owed-batches.ts';
import type { OwedBatches } from './owed-batches.ts';

/*
 * What one log does to its files.
 *
 * Invariants
 * - Only `write` and `writeOwed` write to .log files, one after the other, and only behind `writtenBytes` of the segment.
 * - `#owed` holds, in order, what the journal has made durable and the segments are still to get. It comes before anything else that is
 *   written, and the tail cache gets it then.
 * - `#unsynced` holds exactly the segments with written and unsynced bytes, or whose file's name is not durable yet.
 * - Before a file goes, the log start offset that makes it superfluous is durable, and so is what the journal has to say of it. A segment
 *   leaves the list after that, and is counted until then; its files are in `#doomed` or `#deleted` until they are gone.
 */
export class LogFiles {
  /** For LateWrites. */
  isListed = false;
  readonly #log: LocalLog;
  readonly #unsynced = new Set<Segment>();
  #owed: OwedBatches[] = [];
  /** The last of the writes and cuts, which follow each other. */
  #last: Promise<void> = Promise.resolve();
  #isShort = false;
  /** No longer in the list, with files that are still to be set aside: below the start, so nobody makes them again. */
  readonly #doomed: Segment[] = [];
  readonly #deleted: { readonly path: string; readonly dueMs: number; readonly bytes: number }[] = [];
  /** Of both. */
  #deletedBytes = 0;

  /** `owed`: what the journal has made durable already, and the disk had no room for. */
  constructor(log: LocalLog, owed: readonly OwedBatches[] = []) {
    this.#log = log;
    this.#isShort = owed.length > 0;
    if (!this.#isShort) return;
    this.owe([...owed]);
    // As when they were appended: their room is taken, though the disk does not know yet.
    for (const { batch } of owed) log.context.cap.freed(-batch.length);
  }

  /** Of files that were set aside and are not removed yet. */
  get setAsideBytes(): number {
    return this.#deletedBytes;
  }

  get hasUnsynced(): boolean {
    return this.#unsynced.size > 0 || this.#owed.length > 0;
  }

  /** Durable in the journal and not written yet, in offset order. */
  get owed(): readonly OwedBatches[] {
    return this.#owed;
  }

  /** What is owed had no room on the disk: the journal should get no more of this log. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** The journal has them. The list is the files' from now on. */
  owe(appends: OwedBatches[]): void {
    let bytes = 0;
    for (const append of appends) bytes += append.batch.length;
    if (this.#owed.length === 0) this.#owed = appends;
    else for (const append of appends) this.#owed.push(append);
    this.#log.context.lateWrites.owe(this, bytes);
  }

  /** Throws as the file system does where there is no room; any other failure ends everything. */
  async writeOwed(): Promise<void> {
    const { queue } = this.#log.context;
    if (queue.failure) throw queue.failure;
    try {
      await this.write([]);
    } catch (error) {
      throw isOutOfRoom(error) ? error : queue.fail(error);
    }
  }

  /** Behind what is owed. */
  async write(appends: readonly QueuedAppend[]): Promise<void> {
    await this.#inTurn(async () => {
      try {
        this.#owed = joinSmall(this.#owed, this.#log.context.appendBuffers);
        await this.#write([...this.#owed, ...appends]);
        this.#isShort = false;
      } catch (error) {
        this.#isShort = this.#owed.length > 0;
        throw error;
      }
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#last.then(work);
    // The caller is told; what comes next is not concerned.
    this.#last = result.catch(() => undefined);
    return result;
  }

  /**
   * One gathered write for each segment that the appends go to; nearly always one. Under `fsync` a segment is synced before
   * the next one is written to: so after a crash a gap between two segments is damage, never a round that was cut short.
   */
  async #write(appends: readonly OwedBatches[]): Promise<void> {
    let buffers: Buffer[] = [];
    let segment: Segment | null = null;
    for (const append of appends) {
      if (segment && segment !== append.segment) {
        await this.#writeSegment(segment, buffers);
        if (this.#log.config.durability === 'fsync') await this.syncWritten();
        buffers = [];
      }
      segment = append.segment;
      buffers.push(append.batch);
    }
    if (segment) await this.#writeSegment(segment, buffers);
  }

  async #writeSegment(segment: Segment, buffers: readonly Buffer[]): Promise<void> {
    const { openFiles, limits, stats } = this.#log.context;
    const lease = await openFiles.lease(segment.path, { create: !segment.isCreated });
    try {
      segment.isCreated = true;
      this.#unsynced.add(segment);
      for (let from = 0; from < buffers.length; from += limits.writeBuffersMax) {
        const part = buffers.length <= limits.writeBuffersMax ? buffers : buffers.slice(from, from + limits.writeBuffersMax);
        let bytes = 0;
        for (const buffer of part) bytes += buffer.length;
        segment.touchedBytes = segment.writtenBytes + bytes;
        await lease.file.write(part, segment.writtenBytes);
        if (this.#log.config.durability !== 'os') lease.owesSync();
        segment.writtenBytes += bytes;
        for (const written of this.#takeOwed(({ segment: of, position }) => of === segment && position < segment.writtenBytes)) this.#log.tail.add(written);
        // Again: a sync of what was written before may have ended during the write, and taken the segment for synced.
        this.#unsynced.add(segment);
        stats.writes += 1;
        stats.bytesWritten += bytes;
      }
    } finally {
      lease.release();
    }
  }

  /** Those at the head of the list for which that is true are owed no more. */
  #takeOwed(isSettled: (owed: OwedBatches) => boolean): readonly OwedBatches[] {
    let [count, bytes] = [0, 0];
    for (const append of this.#owed) {
      if (!isSettled(append)) break;
      count += 1;
      bytes += append.batch.length;
    }
    this.#log.context.lateWrites.settled(bytes);
    return this.#owed.splice(0, count);
  }

  /** They will never be written. */
  #forgetOwed(isGone: (owed: OwedBatches) => boolean): void {
    for (const { batch } of this.#takeOwed(isGone)) this.#log.context.appendBuffers.release(batch);
  }

  /** Makes everything durable in the segments that was appended and acknowledged. */
  async syncAppended(): Promise<void> {
    await this.writeOwed();
    await this.syncWritten();
  }

  /** Makes everything written durable, names of new files included. */
  async syncWritten(): Promise<void> {
    if (this.#unsynced.size === 1) {
      for (const segment of this.#unsynced) await this.#syncSegment(segment);
    } else {
      await inParallel([...this.#unsynced], this.#log.context.limits.flushesInParallelMax, (segment) => this.#syncSegment(segment));
    }
  }

  async #syncSegment(segment: Segment): Promise<void> {
    const target = segment.writtenBytes;
    const { rewinds, context } = this.#log;
    try {
      await this.#syncFile(segment);
    } catch (error) {
      // Dropped while this sync was on its way: there is nothing to sync.
      if (systemCode(error) === 'ENOENT' && !this.#unsynced.has(segment)) return;
      // No sync has failed: there was no descriptor to begin one.
      if (isOutOfFiles(error)) throw error;
      // Also one for want of room: what the disk holds is unknown after a failed sync.
      throw new StorageError('STORAGE_FAILED', `syncing ${segment.path} failed: ${String(error)}`, { cause: error });
    }
    context.stats.syncs += 1;
    // Cut back meanwhile, the same positions may hold other bytes by now.
    if (rewinds !== this.#log.rewinds) return;
    segment.isNameDurable = true;
    segment.syncedBytes = target;
    if (!segment.hasUnsyncedBytes) this.#unsynced.delete(segment);
  }

  async #syncFile(segment: Segment): Promise<void> {
    const { openFiles, fileSystem } = this.#log.context;
    const lease = await openFiles.lease(segment.path);
    try {
      if (segment.isNameDurable) await lease.sync();
      else {
        // Both end before the lease does, and a sync that failed is not hidden by a folder that could not be opened.
        const [bytes, name] = await Promise.allSettled([lease.sync(), fileSystem.syncDirectory(segment.directory)]);
        for (const result of [bytes, name]) if (result.status === 'rejected') throw result.reason;
      }
    } finally {
      lease.release();
    }
  }

  /** After appends failed: their bytes, whole or in part, go. Synced, so that a crash does not bring them back. */
  async cutBack(o: { segment: Segment; removed: readonly Segment[] }): Promise<void> {
    const { openFiles, fileSystem } = this.#log.context;
    for (const { path } of o.removed.toReversed()) {
      openFiles.forget(path);
      await removeIfThere(fileSystem, path);
    }
    for (const segment of o.removed) this.#unsynced.delete(segment);
    // Nothing was written where the file could not be opened, and it need not be opened for this.
    if (!o.segment.isCreated || o.segment.touchedBytes <= o.segment.writtenBytes) return;
    await this.#inTurn(async () => {
      const lease = await openFiles.lease(o.segment.path);
      try {
        await lease.file.truncate(o.segment.writtenBytes);
        await lease.sync();
        o.segment.touchedBytes = o.segment.writtenBytes;
      } finally {
        lease.release();
      }
    });
  }

  /**
   * Drops the segments that lie wholly below the log start offset, the active one too if nothing waits: then an empty one
   * takes its place, so that the end of the log stays known. The start offset is durable already.
   */
  async dropBelowStart(): Promise<number> {
    // Closed meanwhile: the files are somebody else's by now, who drops them when the log is opened.
    if (this.#log.state === 'closed') return 0;
    await this.#writeOwedIfThereIsRoom();
    const { segmentList, logStartOffset } = this.#log;
    const { active } = segmentList;
    if (active.sizeBytes > 0 && active.endOffset <= logStartOffset && active.unwrittenBytes === 0) segmentList.roll();
    const count = this.#countBelowStart();
    if (count === 0) return 0;
    const first = segmentList.all[count] as Segment;
    if (first.sizeBytes === 0 && !first.isNameDurable) await this.#createFile(first);
    // Before they leave the list: where the word fails they are still there, counted, for the next try.
    await this.#declareFloor(logStartOffset);
    const dropped = segmentList.dropFirst(count);
    await this.retire(dropped);
    return dropped.reduce((bytes, segment) => bytes + segment.sizeBytes, 0);
  }

  /** Segments wholly below the log start offset, but for the active one. */
  #countBelowStart(): number {
    const { segmentList, logStartOffset } = this.#log;
    let count = 0;
    while (count < segmentList.count - 1 && (segmentList.all[count + 1] as Segment).baseOffset <= logStartOffset) count += 1;
    return count;
  }

  /** An earlier try to drop what lies below the start has failed. */
  get hasLeftovers(): boolean {
    return this.#doomed.length > 0 || this.#countBelowStart() > 0;
  }

  /** Not needed: a replay asks the checkpoint of start offsets, too, which is durable. So it may fail for want of room. */
  async #declareFloor(offset: number): Promise<void> {
    const { queue } = this.#log.context;
    try {
      await queue.declare(this.#log, { kind: 'floor', name: this.#log.journalName, offset });
    } catch (error) {
      if (queue.failure || !StorageError.is(error) || error.code !== 'STORAGE_FULL') throw error;
    }
  }

  /** On a full disk all the more must go that can. */
  async #writeOwedIfThereIsRoom(): Promise<void> {
    try {
      await this.writeOwed();
    } catch (error) {
      if (!isOutOfRoom(error)) throw error;
    }
  }

  /** The files of segments that were taken out of the list in this very turn: set aside now, removed after a while. */
  async retire(segments: readonly Segment[]): Promise<void> {
    this.#doomed.push(...segments);
    this.#log.drops += 1;
    this.#log.forgetCachedBelow(segments.at(-1)?.endOffset ?? 0);
    for (const segment of segments) {
      this.#log.context.cap.count(-segment.sizeBytes);
      this.#deletedBytes += segment.writtenBytes;
    }
    await this.#forgive((segment) => segments.includes(segment));
    await this.#setAside();
  }

  /** One that fails stays at the head of the list, and is tried again with the next round of maintenance. */
  async #setAside(): Promise<void> {
    const { openFiles, indexCache, fileSystem, clock } = this.#log.context;
    for (let segment = this.#doomed[0]; segment; segment = this.#doomed[0]) {
      openFiles.forget(segment.path);
      indexCache.forget(segment.path);
      this.#unsynced.delete(segment);
      const dueMs = clock.monotonic() + this.#log.config.fileDeleteDelayMs;
      for (const kind of segmentFileKinds) {
        const path = `${segment.directory}/${offsetFileName(segment.baseOffset, kind)}`;
        const bytes = kind === 'log' ? segment.writtenBytes : 0;
        if (await renameIfThere(fileSystem, path, path + deletedSuffix)) this.#deleted.push({ path: path + deletedSuffix, dueMs, bytes });
        else this.#deletedBytes -= bytes;
      }
      this.#doomed.shift();
    }
  }

  /** Sets aside what an earlier try could not. */
  async setAsideLeftovers(): Promise<void> {
    if (this.#doomed.length > 0 && this.#log.state !== 'closed') await this.#setAside();
  }

  /** Removes what was set aside long enough ago, and all of it where the disk is short of room. Returns how many files that were. */
  async removeDue(): Promise<number> {
    const now = this.#log.context.clock.monotonic();
    const isDue = ({ dueMs }: { dueMs: number }): boolean => dueMs <= now;
    return await this.#removeDeleted(this.#log.context.cap.isDiskShort ? () => true : isDue);
  }

  /** Removes all that was set aside, as far as that is possible now. */
  async removeSetAside(): Promise<void> {
    try {
      await this.#removeDeleted(() => true);
    } catch (error) {
      this.#log.context.log.warn({ directory: this.#log.directory, error }, 'the files of deleted records could not be removed; they are tried again');
    }
  }

  /** What cannot be removed has its turn again with the next round. */
  async #removeDeleted(isDoomed: (file: { dueMs: number }) => boolean): Promise<number> {
    const doomed = this.#deleted.filter(isDoomed);
    for (const file of doomed) {
      await removeIfThere(this.#log.context.fileSystem, file.path);
      this.#deleted.splice(this.#deleted.indexOf(file), 1);
      this.#deletedBytes -= file.bytes;
      this.#log.context.cap.freed(file.bytes);
    }
    return doomed.length;
  }

  async #createFile(segment: Segment): Promise<void> {
    const { openFiles, fileSystem, reserve } = this.#log.context;
    const lease = await reserve.withRoom(() => openFiles.lease(segment.path, { create: true }));
    segment.isCreated = true;
    lease.release();
    await fileSystem.syncDirectory(segment.directory);
    segment.isNameDurable = true;
  }

  /** Nothing is to be written to these segments any more. Ends when nothing is. */
  async #forgive(isGone: (segment: Segment) => boolean): Promise<void> {
    this.#forgetOwed(({ segment }) => isGone(segment));
    await this.#last;
  }

  /** What is owed will never be written: the log is being deleted. */
  async abandon(): Promise<void> {
    await this.#forgive(() => true);
  }

  /** Closes the files of this log once nobody uses them. What is still owed is left to the journal. */
  forget(): void {
    this.#forgetOwed(() => true);
    this.#log.context.lateWrites.forget(this);
    for (const segment of this.#log.segmentList.all) {
      this.#log.context.openFiles.forget(segment.path);
      this.#log.context.indexCache.forget(segment.path);
    }
    this.#unsynced.clear();
  }
}
