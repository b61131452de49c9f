import { crc32c } from '@q/protocol';
import { StorageError } from '../errors.ts';
import type { LogId } from '../ports/log-store.ts';
import type { CompanionFile, PinnedLog, PinnedSegment } from '../ports/pinned-log.ts';
import { companionName, manifestName, markerName, markerText, pieceName } from './backup-names.ts';
import { encodeEnd, encodeHead, encodePartition, tailBytes } from './manifest.ts';
import type { ManifestCompanion, ManifestHead, ManifestPartition, ManifestSegment, Piece } from './manifest.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

/** One read, and so the longest stretch of work between two pauses. */
const sliceBytes = 512 << 10;
/** Of a segment in more pieces than this all is copied again: a restore opens each of them. */
const piecesMax = 64;

/** What is backed up. Pins are released one by one as their logs are done, and all when the stream ends in any way. */
export interface BackupSource {
  readonly head: ManifestHead;
  /** All of one moment. Null: the log could not be opened. */
  readonly partitions: readonly { readonly id: LogId; readonly pin: PinnedLog | null }[];
  /** What an earlier backup has of a partition; what is the same is named and not sent again. */
  readonly earlier: (id: LogId) => ManifestPartition | null;
  /** The topic was deleted: that its log is closed is no failure. */
  readonly isDeleted: (id: LogId) => boolean;
  /** Called between slices: others have their turn. Throwing ends the stream. */
  readonly pause: () => Promise<void>;
  /** Memory for one slice. */
  readonly allocate: (length: number) => Buffer;
  /** Called when a partition is in the backup. */
  readonly onPartition?: (partition: ManifestPartition) => void;
}

/** The bytes of a backup, as a tar: see backup-names.ts for what is in it. */
export async function* backupStream(source: BackupSource): AsyncGenerator<Buffer, void, undefined> {
  const { head } = source;
  const lines = [encodeHead(head)];
  try {
    yield* smallFile(markerName, Buffer.from(markerText), head);
    for (const { id, pin } of source.partitions) {
      const partition = pin === null ? withoutLog(id, 'missing', 0) : yield* new PartitionCopy(source, pin).run();
      pin?.release();
      lines.push(encodePartition(partition));
      source.onPartition?.(partition);
      await source.pause();
    }
  } finally {
    for (const { pin } of source.partitions) pin?.release();
  }
  const text = Buffer.from(lines.join(''));
  const end = Buffer.from(encodeEnd({ partitions: lines.length - 1, crc: crc32c(text) }));
  yield* smallFile(manifestName(head.id), Buffer.concat([text, end]), head);
  yield tarEnd;
}

function* smallFile(name: string, bytes: Buffer, { createdMs }: ManifestHead): Generator<Buffer, void, undefined> {
  yield tarHeader({ name, sizeBytes: bytes.length }, createdMs);
  for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes);
  yield tarPadding(bytes.length);
}

/** Nothing of it is here, but where it ended: no offset of a group is beyond that. */
function withoutLog(id: LogId, state: 'gone' | 'missing', endOffset: number): ManifestPartition {
  return {
    ...id,
    state,
    startOffset: endOffset,
    readableOffset: endOffset,
    endOffset,
    epochs: [],
    cleaner: null,
    segments: [],
    snapshot: null,
    messageIds: null,
  };
}

/** One partition on its way into the tar. */
class PartitionCopy {
  readonly #source: BackupSource;
  readonly #pin: PinnedLog;
  readonly #earlier: ManifestPartition | null;

  constructor(source: BackupSource, pin: PinnedLog) {
    this.#source = source;
    this.#pin = pin;
    const earlier = source.earlier(pin.id);
    this.#earlier = earlier?.topicId === pin.id.topicId ? earlier : null;
  }

  async *run(): AsyncGenerator<Buffer, ManifestPartition, undefined> {
    const { id } = this.#pin;
    try {
      return yield* this.#copy();
    } catch (error) {
      if (this.#pin.isOver && this.#source.isDeleted(id)) return withoutLog(id, 'gone', this.#pin.endOffset);
      throw error;
    }
  }

  async *#copy(): AsyncGenerator<Buffer, ManifestPartition, undefined> {
    const { id, epochs, readableOffset, endOffset } = this.#pin;
    const { cleaner, snapshot, messageIds } = await this.#pin.companions();
    const producers = yield* this.#companion(snapshot, 'snapshot', this.#earlier?.snapshot);
    const ids = yield* this.#companion(messageIds, 'message-ids', this.#earlier?.messageIds);
    let { startOffset } = this.#pin;
    let segments: ManifestSegment[] = [];
    for (const segment of this.#pin.segments) {
      const copied = yield* this.#segment(segment);
      if (copied !== null) segments.push(copied);
      else {
        // The disk ran short, and its oldest segments went: the backup begins behind them, as the log does.
        segments = [];
        startOffset = Math.max(startOffset, segment.endOffset);
      }
    }
    // Closed meanwhile: another may have written to the files since.
    if (this.#pin.isOver) throw reopened(id);
    return {
      ...id,
      state: readableOffset < endOffset ? 'damaged' : 'whole',
      startOffset,
      readableOffset: Math.max(startOffset, readableOffset),
      endOffset,
      epochs,
      cleaner,
      segments,
      snapshot: producers,
      messageIds: ids,
    };
  }

  async *#companion(
    file: CompanionFile | null,
    kind: 'snapshot' | 'message-ids',
    before: ManifestCompanion | null | undefined,
  ): AsyncGenerator<Buffer, ManifestCompanion | null, undefined> {
    if (file === null) return null;
    const { offset, bytes } = file;
    const crc = crc32c(bytes);
    if (before?.offset === offset && before.bytes === bytes.length && before.crc === crc) return before;
    const { head } = this.#source;
    const name = companionName({ ...this.#pin.id, kind, offset, backup: head.id });
    for (const part of smallFile(name, bytes, head)) {
      yield part;
      await this.#source.pause();
    }
    return { offset, bytes: bytes.length, crc, backup: head.id };
  }

  /** Null when its file is gone. */
  async *#segment(segment: PinnedSegment): AsyncGenerator<Buffer, ManifestSegment | null, undefined> {
    const { baseOffset, endOffset, sizeBytes, isClosed } = segment;
    try {
      const modifiedMs = await this.#pin.modifiedMs(segment);
      const kept = await this.#kept(segment, modifiedMs);
      const pieces = [...kept];
      const from = kept.at(-1)?.to ?? 0;
      if (from < sizeBytes) pieces.push(yield* this.#piece(segment, from));
      const tailCrc = await this.#tailCrc(segment, sizeBytes);
      return { baseOffset, endOffset, bytes: sizeBytes, isClosed, modifiedMs, tailCrc, pieces };
    } catch (error) {
      if (StorageError.is(error) && error.code === 'UNKNOWN_LOG' && !this.#pin.isOver) return null;
      throw error;
    }
  }

  /**
   * Pieces of an earlier backup that are the beginning of this segment. A file only grows until it is closed, and
   * compaction alone ever puts another one in its place; a crash may have taken unsynced records, which shows in the
   * epochs and in the bytes at the end of what was copied.
   */
  async #kept(segment: PinnedSegment, modifiedMs: number): Promise<readonly Piece[]> {
    const before = this.#earlier?.segments.find(({ baseOffset }) => baseOffset === segment.baseOffset);
    if (before === undefined || before.bytes === 0 || before.bytes > segment.sizeBytes) return [];
    const isSame = before.bytes === segment.sizeBytes && before.modifiedMs === modifiedMs && before.isClosed;
    if (!isSame && (segment.mayHaveGaps || before.pieces.length >= piecesMax)) return [];
    if (!this.#hasSameEpochs(before.endOffset)) return [];
    return (await this.#tailCrc(segment, before.bytes)) === before.tailCrc ? before.pieces : [];
  }

  #hasSameEpochs(endOffset: number): boolean {
    const below = (epochs: ManifestPartition['epochs']): string =>
      epochs
        .filter(({ startOffset }) => startOffset < endOffset && startOffset >= this.#pin.startOffset)
        .map(({ epoch, startOffset }) => `${epoch}@${startOffset}`)
        .join();
    return below(this.#earlier?.epochs ?? []) === below(this.#pin.epochs);
  }

  async #tailCrc(segment: PinnedSegment, bytes: number): Promise<number> {
    const length = Math.min(bytes, tailBytes);
    return crc32c(await this.#pin.read(segment, { position: bytes - length, length }));
  }

  #slice(segment: PinnedSegment, { from, to }: { from: number; to: number }): Promise<Buffer> {
    const length = Math.min(sliceBytes, to - from);
    if (length === 0) return Promise.resolve(Buffer.alloc(0));
    const reading = this.#pin.read(segment, { position: from, length }, this.#source.allocate);
    // Whoever ends the stream meanwhile waits for it no more.
    reading.catch(() => undefined);
    return reading;
  }

  async *#piece(segment: PinnedSegment, from: number): AsyncGenerator<Buffer, Piece, undefined> {
    const { head, pause } = this.#source;
    const to = segment.sizeBytes;
    const name = pieceName({ ...this.#pin.id, baseOffset: segment.baseOffset, from, to, backup: head.id });
    yield tarHeader({ name, sizeBytes: to - from }, head.createdMs);
    let crc = 0;
    let position = from;
    try {
      // One slice is read while the one before is on its way.
      let next = this.#slice(segment, { from: position, to });
      while (position < to) {
        const bytes = await next;
        crc = crc32c(bytes, crc);
        next = this.#slice(segment, { from: position + bytes.length, to });
        yield bytes;
        position += bytes.length;
        await pause();
      }
    } catch (error) {
      // The tar goes on behind a file of the size that was announced; no manifest names it.
      if (StorageError.is(error) && error.code === 'UNKNOWN_LOG') yield* zeros(to - position);
      if (StorageError.is(error) && error.code === 'UNKNOWN_LOG') yield tarPadding(to - from);
      throw error;
    }
    yield tarPadding(to - from);
    return { from, to, crc, backup: head.id };
  }
}

function* zeros(length: number): Generator<Buffer, void, undefined> {
  const block = Buffer.alloc(Math.min(length, sliceBytes));
  for (let left = length; left > 0; left -= block.length) yield block.subarray(0, left);
}

function reopened({ topic, partition }: LogId): StorageError {
  return new StorageError(
    'CLOSED',
    `partition ${partition} of ${topic} was closed while it was backed up; run it again`,
  );
}
