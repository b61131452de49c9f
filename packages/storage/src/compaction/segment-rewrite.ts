import { batchIsControl, batchLastOffset, batchMaxTimestamp, batchRecordsCount } from '@q/protocol';
import type { OpenFiles } from '../files/open-files.ts';
import { cleanedSuffix } from '../files/file-names.ts';
import type { File, FileSystem } from '../ports/file-system.ts';
import { Segment } from '../segment/segment.ts';
import { compactBatch } from './batch-compaction.ts';
import type { CompactionPass } from './batch-compaction.ts';
import { fitsBehind } from './compaction-plan.ts';
import { storedBatches } from './stored-batches.ts';

/*
 * Writes what compaction keeps of neighbouring segments into one new file, `<base offset>.log.cleaned`, and syncs it.
 * Nothing that readers see changes here; segment-swap.ts puts the file in place.
 */

export interface SegmentRewrite {
  /** Those of the candidates that went into it. */
  readonly sources: readonly Segment[];
  /** As it will be once it is in place; its indexes are complete. */
  readonly segment: Segment;
  readonly recordsRemoved: number;
  /** The earliest time at which a tombstone in it may go, or -1. */
  readonly nextHorizonMs: number;
  /** Offsets of markers of transactions that are not in it any more. */
  readonly markersGone: readonly number[];
  /** False: the one source segment would become the same file. The new file was dropped. */
  readonly isChanged: boolean;
}

export interface RewriteOptions {
  /** Neighbours, ascending: the first, and as many more as fit. */
  readonly candidates: readonly Segment[];
  readonly segmentBytesMax: number;
  readonly offsetSpanMax: number;
  readonly pass: CompactionPass;
  readonly fileSystem: FileSystem;
  readonly files: OpenFiles;
  readonly indexIntervalBytes: number;
  readonly blockBytes: number;
  /** Lets others have their turn; called after each block. */
  readonly pause: () => Promise<void>;
}

export async function rewriteSegments(o: RewriteOptions): Promise<SegmentRewrite> {
  const [first] = o.candidates;
  if (first === undefined) throw new TypeError('there is nothing to rewrite');
  const segment = new Segment({ directory: first.directory, baseOffset: first.baseOffset });
  segment.mayHaveGaps = true;
  const path = segment.path + cleanedSuffix;
  const target = await o.fileSystem.open(path, 'create');
  try {
    // One that an earlier attempt left behind.
    await target.truncate(0);
    const writer = new SegmentWriter({
      segment,
      target,
      indexIntervalBytes: o.indexIntervalBytes,
      blockBytes: o.blockBytes,
      pause: o.pause,
    });
    const sources: Segment[] = [];
    for (const source of o.candidates) {
      if (sources.length > 0 && !fitsBehind(source, { ...o, baseOffset: first.baseOffset, bytes: segment.sizeBytes }))
        break;
      await copyKept(source, writer, o);
      segment.endOffset = source.endOffset;
      sources.push(source);
    }
    const { endOffset } = segment;
    await writer.finish();
    const isChanged = sources.length > 1 || writer.isChanged;
    if (isChanged) await target.datasync();
    segment.endOffset = endOffset;
    segment.gaps = endOffset - segment.baseOffset - writer.records;
    segment.firstAppendMs = first.firstAppendMs;
    const { recordsRemoved, nextHorizonMs, markersGone } = writer;
    return { segment, sources, recordsRemoved, nextHorizonMs, markersGone, isChanged };
  } finally {
    await target.close();
  }
}

async function copyKept(source: Segment, writer: SegmentWriter, o: RewriteOptions): Promise<void> {
  const lease = await o.files.lease(source.path);
  try {
    const batches = storedBatches({
      file: lease.file,
      path: source.path,
      to: source.sizeBytes,
      baseOffset: source.baseOffset,
      endOffset: source.endOffset,
      blockBytes: o.blockBytes,
    });
    for await (const batch of batches) await writer.add(batch, o.pass);
  } finally {
    lease.release();
  }
}

/** Gathers small batches into large writes. */
class SegmentWriter {
  readonly #segment: Segment;
  readonly #target: File;
  readonly #indexIntervalBytes: number;
  readonly #blockBytes: number;
  readonly #pause: () => Promise<void>;
  #scannedBytes = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** In the new file, but for markers of transactions. */
  records = 0;
  recordsRemoved = 0;
  nextHorizonMs = -1;
  readonly markersGone: number[] = [];
  isChanged = false;

  constructor(o: {
    segment: Segment;
    target: File;
    indexIntervalBytes: number;
    blockBytes: number;
    pause: () => Promise<void>;
  }) {
    this.#segment = o.segment;
    this.#target = o.target;
    this.#indexIntervalBytes = o.indexIntervalBytes;
    this.#blockBytes = o.blockBytes;
    this.#pause = o.pause;
  }

  async add(batch: Buffer, pass: CompactionPass): Promise<void> {
    this.#scannedBytes += batch.length;
    if (this.#scannedBytes >= this.#blockBytes) {
      this.#scannedBytes = 0;
      await this.#pause();
    }
    const compacted = await compactBatch(batch, pass);
    this.recordsRemoved += compacted.recordsRemoved;
    if (compacted.batch !== batch) this.isChanged = true;
    if (compacted.batch === null) {
      if (batchIsControl(batch)) this.markersGone.push(batchLastOffset(batch));
      return;
    }
    if (compacted.horizonMs >= 0) {
      this.nextHorizonMs =
        this.nextHorizonMs < 0 ? compacted.horizonMs : Math.min(this.nextHorizonMs, compacted.horizonMs);
    }
    const kept = compacted.batch;
    const entry = { bytes: kept.length, lastOffset: batchLastOffset(kept), maxTimestampMs: batchMaxTimestamp(kept) };
    this.#segment.append(entry, this.#indexIntervalBytes);
    if (!batchIsControl(kept)) this.records += batchRecordsCount(kept);
    this.#waiting.push(kept);
    this.#waitingBytes += kept.length;
    if (this.#waitingBytes >= this.#blockBytes) await this.#write();
  }

  async finish(): Promise<void> {
    await this.#write();
    const segment = this.#segment;
    segment.seal();
    segment.isCreated = true;
    segment.isNameDurable = true;
    segment.syncedBytes = segment.sizeBytes;
  }

  async #write(): Promise<void> {
    if (this.#waitingBytes === 0) return;
    await this.#target.write(this.#waiting, this.#segment.writtenBytes);
    this.#segment.writtenBytes += this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
