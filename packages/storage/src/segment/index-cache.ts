import { batchMaxTimestamp } from '@q/protocol';
import { readFileIfThere } from '../files/durable-file.ts';
import { offsetFileName } from '../files/file-names.ts';
import type { OpenFiles } from '../files/open-files.ts';
import type { FileSystem } from '../ports/file-system.ts';
import { OffsetIndex } from './offset-index.ts';
import { scanSegment } from './segment-scan.ts';
import { Segment } from './segment.ts';
import type { SegmentIndexes } from './segment.ts';
import { TimeIndex } from './time-index.ts';

/*
 * Indexes of closed segments, loaded when they are asked for and dropped, least recently used first, beyond a budget.
 *
 * Invariants
 * - One entry per segment file. An entry that is being loaded counts no bytes yet.
 * - Indexes that are missing or fail their checks are made again from the .log file, whose batch headers are read for
 *   it.
 */
export interface IndexCacheOptions {
  readonly fileSystem: FileSystem;
  readonly openFiles: OpenFiles;
  readonly bytesMax: number;
  readonly blockBytes: number;
  readonly indexIntervalBytes: number;
}

interface CachedIndexes {
  readonly loading: Promise<SegmentIndexes>;
  bytes: number;
}

export class IndexCache {
  readonly #options: IndexCacheOptions;
  readonly #entries = new Map<string, CachedIndexes>();
  #bytes = 0;

  constructor(options: IndexCacheOptions) {
    this.#options = options;
  }

  /** The indexes of a segment, from memory if it is active or was used lately. */
  async load(segment: Segment): Promise<SegmentIndexes> {
    if (segment.indexes) return segment.indexes;
    let entry = this.#entries.get(segment.path);
    if (entry) this.#entries.delete(segment.path);
    else {
      entry = { loading: this.#read(segment), bytes: 0 };
      void this.#account(segment.path, entry);
    }
    this.#entries.set(segment.path, entry);
    return await entry.loading;
  }

  /** The segment's file was replaced or removed, or its indexes proved wrong. */
  forget(path: string): void {
    const entry = this.#entries.get(path);
    if (!entry) return;
    this.#entries.delete(path);
    this.#bytes -= entry.bytes;
  }

  /**
   * Makes the indexes again, for the case that they and the log contradict each other: this time the log is read whole
   * and checked.
   */
  async rebuild(segment: Segment): Promise<SegmentIndexes> {
    this.forget(segment.path);
    const entry = { loading: this.#rebuild(segment, { isLogTrusted: false }), bytes: 0 };
    this.#entries.set(segment.path, entry);
    void this.#account(segment.path, entry);
    return await entry.loading;
  }

  async #account(path: string, entry: CachedIndexes): Promise<void> {
    try {
      const { offsets, times } = await entry.loading;
      if (this.#entries.get(path) !== entry) return;
      entry.bytes = offsets.memoryBytes + times.memoryBytes;
      this.#bytes += entry.bytes;
      this.#evict();
    } catch {
      // Whoever asked for it is told; the next one tries again.
      if (this.#entries.get(path) === entry) this.#entries.delete(path);
    }
  }

  #evict(): void {
    for (const path of this.#entries.keys()) {
      // The newest stays, even if it alone passes the budget: it is in use.
      if (this.#bytes <= this.#options.bytesMax || this.#entries.size === 1) return;
      this.forget(path);
    }
  }

  async #read(segment: Segment): Promise<SegmentIndexes> {
    const stored = await readIndexFiles(this.#options.fileSystem, segment);
    return stored.isWhole && stored.times.count > 0 ? stored : await this.#rebuild(segment, { isLogTrusted: true });
  }

  async #rebuild(segment: Segment, o: { isLogTrusted: boolean }): Promise<SegmentIndexes> {
    const { openFiles, blockBytes, indexIntervalBytes } = this.#options;
    const shadow = new Segment({ directory: segment.directory, baseOffset: segment.baseOffset });
    const lease = await openFiles.lease(segment.path, { isNested: true });
    try {
      const end = await scanSegment({
        file: lease.file,
        from: 0,
        to: segment.writtenBytes,
        offset: segment.baseOffset,
        isContiguous: !segment.mayHaveGaps,
        limitOffset: segment.endOffset,
        verifyFromOffset: o.isLogTrusted ? Number.POSITIVE_INFINITY : 0,
        blockBytes,
        onBatch: ({ buffer, at, bytes, lastOffset }) =>
          shadow.append({ bytes, lastOffset, maxTimestampMs: batchMaxTimestamp(buffer, at) }, indexIntervalBytes),
      });
      shadow.seal();
      const isCutShort = end.problem !== null || (!segment.mayHaveGaps && end.nextOffset < segment.endOffset);
      return { ...(shadow.indexes as SegmentIndexes), isCutShort };
    } finally {
      lease.release();
    }
  }
}

/** The indexes of a segment that has no entries yet. */
export function noIndexes({
  baseOffset,
}: {
  readonly baseOffset: number;
}): SegmentIndexes & { readonly isWhole: boolean } {
  return { offsets: new OffsetIndex(baseOffset), times: new TimeIndex(baseOffset), isWhole: true };
}

/** What the index files of a segment say; `isWhole` is false where they are missing or partly senseless. */
export async function readIndexFiles(
  fileSystem: FileSystem,
  segment: {
    readonly directory: string;
    readonly baseOffset: number;
    readonly endOffset: number;
    readonly writtenBytes: number;
  },
): Promise<SegmentIndexes & { readonly isWhole: boolean }> {
  const { baseOffset, endOffset, writtenBytes } = segment;
  const [offsetBytes, timeBytes] = await Promise.all([
    readFileIfThere(fileSystem, `${segment.directory}/${offsetFileName(baseOffset, 'index')}`),
    readFileIfThere(fileSystem, `${segment.directory}/${offsetFileName(baseOffset, 'timeindex')}`),
  ]);
  const nothing = Buffer.alloc(0);
  const offsets = OffsetIndex.parse({ baseOffset, bytes: offsetBytes ?? nothing, logBytes: writtenBytes });
  const times = TimeIndex.parse({ baseOffset, bytes: timeBytes ?? nothing, endOffset });
  const isWhole = offsetBytes !== null && timeBytes !== null && offsets.isWhole && times.isWhole;
  return { offsets: offsets.index, times: times.index, isWhole };
}
