import { decodeCleanerCheckpoint } from '../compaction/cleaner-checkpoint.ts';
import { StorageError, isOutOfRoom, systemCode } from '../errors.ts';
import { readFileIfThere } from '../files/durable-file.ts';
import { cleanerCheckpointName, deletedSuffix, parseOffsetFile } from '../files/file-names.ts';
import type { OffsetFileKind } from '../files/file-names.ts';
import type { LogId, LogState } from '../ports/log-store.ts';
import type { ByteRange, CompanionFile, LogCompanions, PinnedLog, PinnedSegment } from '../ports/pinned-log.ts';
import type { LogCore } from '../log/log-core.ts';
import type { LogFiles } from '../log/log-files.ts';
import type { Segment } from '../segment/segment.ts';

interface HeldSegment extends PinnedSegment {
  readonly source: Segment;
}

/*
 * One moment of a log, for a backup.
 *
 * Invariants
 * - Made in one turn of the event loop: offsets, epochs and sizes belong together.
 * - While `core.pins` is above zero no file of the log is removed (but on a short disk), none is rewritten by
 *   compaction, and no snapshot or file of message ids is pruned. Files that were dropped have `.deleted` behind their
 *   name, so that is where they are looked for next.
 * - Bytes below a pin's sizes never change: they are acknowledged, and a log is cut above its high watermark only.
 */
export class LogPin implements PinnedLog {
  readonly id: LogId;
  readonly state: LogState;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly readableOffset: number;
  readonly epochs: PinnedLog['epochs'];
  readonly segments: readonly HeldSegment[];
  readonly #core: LogCore;
  readonly #files: LogFiles;
  #isReleased = false;

  constructor(core: LogCore, files: LogFiles) {
    const { id, state, logStartOffset, highWatermark, epochs, damage } = core;
    this.#core = core;
    this.#files = files;
    this.id = id;
    this.state = state;
    this.startOffset = logStartOffset;
    this.endOffset = highWatermark;
    this.readableOffset = damage === null ? highWatermark : Math.min(highWatermark, damage.fromOffset);
    this.epochs = epochs.entries.filter(({ startOffset }) => startOffset < highWatermark);
    this.segments = heldSegments(core, this.readableOffset);
    core.pins += 1;
  }

  get isOver(): boolean {
    return this.#core.state === 'closed';
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#core.pins -= 1;
  }

  async companions(): Promise<LogCompanions> {
    const { context, directory } = this.#core;
    const names = await context.fileSystem.readDirectory(directory);
    const cleaner = await readFileIfThere(context.fileSystem, `${directory}/${cleanerCheckpointName}`);
    return {
      cleaner:
        cleaner && (decodeCleanerCheckpoint(cleaner.toString('latin1')) ?? { cleanerPoint: 0, nextHorizonMs: -1 }),
      snapshot: this.#core.transactions.aborted.count > 0 ? null : await this.#newest(names, 'snapshot'),
      messageIds: await this.#newest(names, 'message-ids'),
    };
  }

  async #newest(names: readonly string[], kind: OffsetFileKind): Promise<CompanionFile | null> {
    const offsets = names
      .map(parseOffsetFile)
      .flatMap((file) => (file?.kind === kind && file.mark === '' && file.offset <= this.endOffset ? [file] : []));
    const newest = offsets.toSorted((a, b) => b.offset - a.offset)[0];
    if (newest === undefined) return null;
    const bytes = await readFileIfThere(this.#core.context.fileSystem, `${this.#core.directory}/${newest.name}`);
    return bytes && { offset: newest.offset, bytes };
  }

  async modifiedMs(segment: PinnedSegment): Promise<number> {
    const { source, sizeBytes } = this.#held(segment);
    const { fileSystem } = this.#core.context;
    await this.#settle(source, sizeBytes);
    // On a full disk all of it may be in memory and in the journal.
    if (!source.isCreated) return 0;
    const stat = await this.#orDeleted(source.path, (at) => fileSystem.stat(at));
    return Math.floor(stat.modifiedMs);
  }

  async read(segment: PinnedSegment, range: ByteRange, allocate?: (length: number) => Buffer): Promise<Buffer> {
    const { source } = this.#held(segment);
    const end = range.position + range.length;
    await this.#settle(source, end);
    if (end <= source.writtenBytes) return await this.#readFile(source, range, allocate);
    return await this.#readWithOwed(source, range);
  }

  /** The names can be trusted, and the file has its bytes, if there is room for them. */
  async #settle(source: Segment, endPosition: number): Promise<void> {
    while (this.#core.moving) await this.#core.moving;
    if (endPosition > source.writtenBytes) await this.#writeOwed();
  }

  #held(segment: PinnedSegment): HeldSegment {
    const held = this.segments.find(({ baseOffset }) => baseOffset === segment.baseOffset);
    if (held === undefined) throw new StorageError('UNKNOWN_LOG', `no segment ${segment.baseOffset} is pinned`);
    return held;
  }

  async #readFile(source: Segment, o: ByteRange, allocate?: (length: number) => Buffer): Promise<Buffer> {
    const { openFiles } = this.#core.context;
    const bytes = await this.#orDeleted(source.path, async (path) => {
      const lease = await openFiles.lease(path);
      try {
        return await lease.file.read(o.position, o.length, allocate);
      } finally {
        lease.release();
        // Nobody else would let go of a file that is about to be removed.
        if (path !== source.path) openFiles.forget(path);
      }
    });
    if (bytes.length === o.length) return bytes;
    throw new StorageError('CORRUPT_LOG', `${source.path} is shorter than it was: byte ${o.position} is missing`);
  }

  async #orDeleted<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
    for (const at of [path, path + deletedSuffix]) {
      try {
        return await use(at);
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
    throw new StorageError('UNKNOWN_LOG', `${path} is gone`, { details: { file: path } });
  }

  async #writeOwed(): Promise<void> {
    try {
      await this.#files.writeOwed();
    } catch (error) {
      // On a full disk it stays in memory, and is read from there.
      if (!isOutOfRoom(error)) throw error;
    }
  }

  async #readWithOwed(source: Segment, { position, length }: ByteRange): Promise<Buffer> {
    // In this turn: what is owed moves to the file as soon as there is room.
    const owed = this.#core.owed
      .filter(({ segment }) => segment === source)
      .map((each) => ({ at: each.position, batch: Buffer.from(each.batch) }));
    const inFile = Math.max(0, Math.min(length, source.writtenBytes - position));
    const bytes = Buffer.alloc(length);
    if (inFile > 0) (await this.#readFile(source, { position, length: inFile })).copy(bytes);
    let filled = inFile;
    for (const { at, batch } of owed) {
      const from = Math.max(position + inFile, at);
      const to = Math.min(position + length, at + batch.length);
      if (from >= to) continue;
      batch.copy(bytes, from - position, from - at, to - at);
      filled += to - from;
    }
    if (filled === length) return bytes;
    throw new StorageError('CORRUPT_LOG', `${source.path}: bytes from ${position} on are neither there nor in memory`);
  }
}

/** Those with whole batches below `readableOffset`, and how many bytes of each. */
function heldSegments(core: LogCore, readableOffset: number): HeldSegment[] {
  const { segmentList, waiting, damage } = core;
  const first = waiting[0];
  const held: HeldSegment[] = [];
  for (const source of segmentList.all) {
    if (source.baseOffset >= readableOffset) break;
    let { sizeBytes } = source;
    if (first?.segment === source) sizeBytes = first.position;
    if (damage !== null && damage.file === source.path) sizeBytes = Math.min(sizeBytes, damage.position);
    if (sizeBytes === 0) continue;
    const { baseOffset, mayHaveGaps } = source;
    const endOffset = Math.min(source.endOffset, readableOffset);
    const isClosed = source !== segmentList.active;
    held.push({ source, baseOffset, endOffset, sizeBytes, isClosed, mayHaveGaps });
  }
  return held;
}
