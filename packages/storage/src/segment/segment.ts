import { offsetFileName } from '../files/file-names.ts';
import { OffsetIndex } from './offset-index.ts';
import { TimeIndex } from './time-index.ts';

/*
 * One .log file and what is known of it.
 *
 * Invariants
 * - syncedBytes <= writtenBytes <= sizeBytes: `sizeBytes` counts batches that were assigned a place and may still wait
 *   for their round, `writtenBytes` what a write has returned for, `syncedBytes` what a sync has returned for.
 * - `baseOffset` <= offset of every record < `endOffset`.
 * - `indexes` is null only for a closed segment whose indexes are complete on disk.
 * - No record is later than `maxTimestampMs`; -1 when no record has a timestamp.
 */

export interface SegmentIndexes {
  readonly offsets: OffsetIndex;
  readonly times: TimeIndex;
  /** They were made again from a log file that is damaged, and end where it is: what lies behind is not known. */
  readonly isCutShort?: boolean;
}

/** What a segment needs to know of a batch that is put behind its last one. */
export interface SegmentAppend {
  readonly bytes: number;
  readonly lastOffset: number;
  readonly maxTimestampMs: number;
}

export class Segment {
  readonly baseOffset: number;
  readonly directory: string;
  readonly path: string;
  endOffset: number;
  sizeBytes = 0;
  writtenBytes = 0;
  syncedBytes = 0;
  /** Up to here a write was begun: what lies behind `writtenBytes` may be in the file or not. */
  touchedBytes = 0;
  /** The file was made. Its name is durable once the folder was synced: see `isNameDurable`. */
  isCreated = false;
  isNameDurable = false;
  /**
   * Compaction may have taken records out. Otherwise each batch begins at the offset behind the one before, and readers
   * insist.
   */
  mayHaveGaps = false;
  /**
   * Offsets below `endOffset` without a record that can be read: compaction took it out, or a marker of a transaction
   * is there. Null where the file must be asked (record-counting.ts): about what lies below `uncountedEnd`.
   */
  gaps: number | null = 0;
  uncountedEnd = 0;
  /** Appended at or behind `uncountedEnd`, while `gaps` is null. */
  #markersSince = 0;
  /** Of transactions, as far as is known. */
  hasMarkers = false;
  /** The folder says so: the next start would not know otherwise. */
  areMarkersNoted = false;
  /** It is damaged: asking again would find the same. */
  isUncountable = false;
  maxTimestampMs = -1;
  /** False for a closed segment whose time index was not asked yet: `maxTimestampMs` says nothing then. */
  isTimeKnown = true;
  /** Time of the first append in this process, or of the file before that: the age that `segmentMs` is about. */
  firstAppendMs = -1;
  indexes: SegmentIndexes | null;
  /** Entries of its offset index while that is in memory. Here as well, since each append asks. */
  indexEntries = 0;
  /** Entries of each index that its file has already. */
  offsetEntriesSaved = 0;
  timeEntriesSaved = 0;
  /** Aborted transactions that its file has already. */
  abortedSaved = 0;
  #maxTimestampOffset: number;
  #bytesSinceEntry = 0;

  constructor(o: { directory: string; baseOffset: number }) {
    this.baseOffset = o.baseOffset;
    this.directory = o.directory;
    this.path = `${o.directory}/${offsetFileName(o.baseOffset, 'log')}`;
    this.endOffset = o.baseOffset;
    this.#maxTimestampOffset = o.baseOffset;
    this.indexes = { offsets: new OffsetIndex(o.baseOffset), times: new TimeIndex(o.baseOffset) };
  }

  get hasUnsyncedBytes(): boolean {
    return this.syncedBytes < this.writtenBytes;
  }

  get unwrittenBytes(): number {
    return this.sizeBytes - this.writtenBytes;
  }

  /** Puts a batch behind the last one: its place in the file and its entries in the indexes. */
  append(batch: SegmentAppend, indexIntervalBytes: number): void {
    if (batch.maxTimestampMs > this.maxTimestampMs) {
      this.maxTimestampMs = batch.maxTimestampMs;
      this.#maxTimestampOffset = batch.lastOffset;
    }
    if (this.#bytesSinceEntry > indexIntervalBytes) this.#addEntry(batch.lastOffset);
    this.#bytesSinceEntry += batch.bytes;
    this.sizeBytes += batch.bytes;
    this.endOffset = batch.lastOffset + 1;
  }

  #addEntry(lastOffset: number): void {
    this.indexes?.offsets.append(lastOffset, this.sizeBytes);
    this.indexes?.times.append(this.maxTimestampMs, this.#maxTimestampOffset);
    this.#countEntries();
    this.#bytesSinceEntry = 0;
  }

  #countEntries(): void {
    this.indexEntries = this.indexes?.offsets.count ?? 0;
  }

  /** The batch that was appended last is a marker of a transaction. */
  addMarker(): void {
    this.hasMarkers = true;
    if (this.gaps === null) this.#markersSince += 1;
    else this.gaps += 1;
  }

  /** How many gaps there are is not known any more. */
  forgetGaps(): void {
    this.gaps = this.endOffset > this.baseOffset ? null : 0;
    this.uncountedEnd = this.endOffset;
    this.#markersSince = 0;
  }

  /** The file was asked. */
  foundGaps(belowUncountedEnd: number): void {
    this.gaps = belowUncountedEnd + this.#markersSince;
    this.#markersSince = 0;
  }

  /** The last entry of a closed segment's time index is its greatest timestamp. */
  seal(): void {
    if (this.endOffset > this.baseOffset) this.indexes?.times.append(this.maxTimestampMs, this.#maxTimestampOffset);
  }

  /**
   * Takes back the batches from `endOffset` on, which begin at `sizeBytes`. `maxTimestampMs` stays as it is: it remains
   * true that no record is later, and what it was before is not known.
   */
  takeBack(o: { endOffset: number; sizeBytes: number }): void {
    const isShorter = o.endOffset < this.endOffset;
    this.endOffset = o.endOffset;
    // Which of the gaps lay behind it is not known.
    if (this.gaps !== 0 && isShorter) this.forgetGaps();
    this.sizeBytes = o.sizeBytes;
    this.writtenBytes = Math.min(this.writtenBytes, o.sizeBytes);
    this.syncedBytes = Math.min(this.syncedBytes, o.sizeBytes);
    this.indexes?.offsets.truncateTo(o.endOffset);
    this.indexes?.times.truncateTo(o.endOffset);
    this.#countEntries();
    this.offsetEntriesSaved = Math.min(this.offsetEntriesSaved, this.indexEntries);
    this.timeEntriesSaved = Math.min(this.timeEntriesSaved, this.indexes?.times.count ?? 0);
    this.#maxTimestampOffset = Math.max(this.baseOffset, Math.min(this.#maxTimestampOffset, o.endOffset - 1));
    this.#bytesSinceEntry = 0;
    if (o.sizeBytes === 0) this.maxTimestampMs = -1;
  }

  /** Where a scan that completes the indexes has to go on: the last indexed batch. */
  resumeFrom(o: { offsets: OffsetIndex; times: TimeIndex; endOffset: number; position: number }): void {
    this.indexes = { offsets: o.offsets, times: o.times };
    this.#countEntries();
    this.isTimeKnown = true;
    this.offsetEntriesSaved = o.offsets.count;
    this.timeEntriesSaved = o.times.count;
    const latest = o.times.last;
    this.maxTimestampMs = latest?.timestampMs ?? -1;
    this.#maxTimestampOffset = latest?.offset ?? this.baseOffset;
    this.endOffset = o.endOffset;
    this.sizeBytes = o.position;
  }
}
