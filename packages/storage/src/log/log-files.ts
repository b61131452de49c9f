import { inParallel } from '../concurrency/in-parallel.ts';
import { OneByOne } from '../concurrency/one-by-one.ts';
import { StorageError, isOutOfFiles, isOutOfRoom, systemCode } from '../errors.ts';
import { removeIfThere } from '../files/durable-file.ts';
import type { QueuedAppend } from '../flush/flushed-log.ts';
import type { Segment } from '../segment/segment.ts';
import type { LogCore } from './log-core.ts';
import { joinSmall } from './owed-batches.ts';
import type { OwedBatches } from './owed-batches.ts';

/*
 * What one log writes to its files. What it removes is in dropped-segments.ts.
 *
 * Invariants
 * - Only `write` and `writeOwed` write to .log files, one after the other, and only behind `writtenBytes` of the
 *   segment.
 * - What is owed comes before anything else that is written, and the tail cache gets it then.
 * - `#unsynced` holds exactly the segments with written and unsynced bytes, or whose file's name is not durable yet.
 */
export class LogFiles {
  /** For LateWrites. */
  isListed = false;
  readonly #core: LogCore;
  readonly #unsynced = new Set<Segment>();
  /** Writes and cuts follow each other. */
  readonly #turns = new OneByOne();

  /** `owed`: what the journal has made durable already, and the disk had no room for. */
  constructor(core: LogCore, owed: readonly OwedBatches[]) {
    this.#core = core;
    core.isShort = owed.length > 0;
    if (!core.isShort) return;
    this.owe([...owed]);
    // As when they were appended: their room is taken, though the disk does not know yet.
    for (const { batch } of owed) core.context.cap.freed(-batch.length);
  }

  get hasUnsynced(): boolean {
    return this.#unsynced.size > 0 || this.#core.owed.length > 0;
  }

  /** The journal has them. The list is the files' from now on. */
  owe(appends: OwedBatches[]): void {
    let bytes = 0;
    for (const append of appends) bytes += append.batch.length;
    if (this.#core.owed.length === 0) this.#core.owed = appends;
    else for (const append of appends) this.#core.owed.push(append);
    this.#core.context.lateWrites.owe(this, bytes);
  }

  /** Throws as the file system does where there is no room; any other failure ends everything. */
  async writeOwed(): Promise<void> {
    const { queue } = this.#core.context;
    if (queue.failure) throw queue.failure;
    try {
      await this.write([]);
    } catch (error) {
      throw isOutOfRoom(error) ? error : queue.fail(error);
    }
  }

  /** Behind what is owed. */
  async write(appends: readonly QueuedAppend[]): Promise<void> {
    await this.#turns.run(async () => {
      try {
        this.#core.owed = joinSmall(this.#core.owed, this.#core.context.appendBuffers);
        await this.#write([...this.#core.owed, ...appends]);
        this.#core.isShort = false;
      } catch (error) {
        this.#core.isShort = this.#core.owed.length > 0;
        throw error;
      }
    });
  }

  /** One gathered write for each segment that the appends go to; nearly always one. */
  async #write(appends: readonly OwedBatches[]): Promise<void> {
    let buffers: Buffer[] = [];
    let segment: Segment | null = null;
    for (const append of appends) {
      if (segment && segment !== append.segment) {
        await this.#writeSegment(segment, buffers);
        buffers = [];
      }
      if (segment !== append.segment) await this.#syncBefore(append.segment);
      segment = append.segment;
      buffers.push(append.batch);
    }
    if (segment) await this.#writeSegment(segment, buffers);
  }

  /**
   * Under `fsync` a segment is synced before the next one is written to, also where what it was owed came to it in an
   * earlier write: so after a crash a gap between two segments is damage, never a round that was cut short.
   */
  async #syncBefore(segment: Segment): Promise<void> {
    if (this.#core.config.durability !== 'fsync') return;
    if (this.#unsynced.size > Number(this.#unsynced.has(segment))) await this.syncWritten();
  }

  async #writeSegment(segment: Segment, buffers: readonly Buffer[]): Promise<void> {
    const { openFiles, limits, stats } = this.#core.context;
    const lease = await openFiles.lease(segment.path, { create: !segment.isCreated });
    try {
      segment.isCreated = true;
      this.#unsynced.add(segment);
      for (let from = 0; from < buffers.length; from += limits.writeBuffersMax) {
        const part =
          buffers.length <= limits.writeBuffersMax ? buffers : buffers.slice(from, from + limits.writeBuffersMax);
        let bytes = 0;
        for (const buffer of part) bytes += buffer.length;
        segment.touchedBytes = segment.writtenBytes + bytes;
        await lease.file.write(part, segment.writtenBytes);
        if (this.#core.config.durability !== 'os') lease.needsSync();
        segment.writtenBytes += bytes;
        for (const written of this.#takeOwed(
          ({ segment: of, position }) => of === segment && position < segment.writtenBytes,
        ))
          this.#core.tail.add(written);
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
  #takeOwed(isDone: (owed: OwedBatches) => boolean): readonly OwedBatches[] {
    let [count, bytes] = [0, 0];
    for (const append of this.#core.owed) {
      if (!isDone(append)) break;
      count += 1;
      bytes += append.batch.length;
    }
    this.#core.context.lateWrites.owedNoMore(bytes);
    return this.#core.owed.splice(0, count);
  }

  /** They will never be written. */
  #forgetOwed(isGone: (owed: OwedBatches) => boolean): void {
    for (const { batch } of this.#takeOwed(isGone)) this.#core.context.appendBuffers.release(batch);
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
      await inParallel([...this.#unsynced], this.#core.context.limits.flushesInParallelMax, (segment) =>
        this.#syncSegment(segment),
      );
    }
  }

  async #syncSegment(segment: Segment): Promise<void> {
    const target = segment.writtenBytes;
    const { rewinds, context } = this.#core;
    const startedAt = context.clock.monotonic();
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
    context.observer.synced(context.clock.monotonic() - startedAt);
    // Cut back meanwhile, the same positions may hold other bytes by now.
    if (rewinds !== this.#core.rewinds) return;
    segment.isNameDurable = true;
    segment.syncedBytes = target;
    if (!segment.hasUnsyncedBytes) this.#unsynced.delete(segment);
  }

  async #syncFile(segment: Segment): Promise<void> {
    const { openFiles, fileSystem } = this.#core.context;
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
    const { openFiles, fileSystem } = this.#core.context;
    for (const { path } of o.removed.toReversed()) {
      openFiles.forget(path);
      await removeIfThere(fileSystem, path);
    }
    for (const segment of o.removed) this.#unsynced.delete(segment);
    // Nothing was written where the file could not be opened, and it need not be opened for this.
    if (!o.segment.isCreated || o.segment.touchedBytes <= o.segment.writtenBytes) return;
    await this.#turns.run(async () => {
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

  /** Nothing is to be written to these segments any more. Ends when nothing is. */
  async forgive(isGone: (segment: Segment) => boolean): Promise<void> {
    this.#forgetOwed(({ segment }) => isGone(segment));
    await this.#turns.idle();
  }

  /** The segment's files go. */
  forgetUnsynced(segment: Segment): void {
    this.#unsynced.delete(segment);
  }

  /** What is owed will never be written: the log is being deleted. */
  async abandon(): Promise<void> {
    await this.forgive(() => true);
  }

  /** Closes the files of this log once nobody uses them. What is still owed is left to the journal. */
  forget(): void {
    this.#forgetOwed(() => true);
    this.#core.context.lateWrites.forget(this);
    for (const segment of this.#core.segmentList.all) {
      this.#core.context.openFiles.forget(segment.path);
      this.#core.context.indexCache.forget(segment.path);
    }
    this.#unsynced.clear();
  }
}
