import type { LogId, LogState } from './log-store.ts';

/**
 * A log as it was in one moment, kept readable while it goes on: what is appended later does not show, and what
 * retention, a trim or compaction would take away stays until the pin is released. For backups.
 *
 * A disk that runs short of room wins: then the oldest files go, pinned or not. So does the deletion of the topic.
 */
export interface PinnedLog {
  readonly id: LogId;
  readonly state: LogState;
  /** First offset that can be read. */
  readonly startOffset: number;
  /** The high watermark of that moment: every record below was acknowledged as its policy says, none above is here. */
  readonly endOffset: number;
  /** Records below this can be read: `endOffset`, or where damage begins. */
  readonly readableOffset: number;
  /** Ascending: which leader epoch began where. */
  readonly epochs: readonly { readonly epoch: number; readonly startOffset: number }[];
  /** Ascending, those with records below `readableOffset`. */
  readonly segments: readonly PinnedSegment[];
  /** The log was closed or deleted meanwhile: what is read may be gone, or be another one's. */
  readonly isOver: boolean;
  /** Files beside the segments, as of now: asked once, while the pin holds. */
  companions(): Promise<LogCompanions>;
  /** When the segment's file was last written to, in ms since 1970. */
  modifiedMs(segment: PinnedSegment): Promise<number>;
  /**
   * Exactly these bytes of a segment's file, also what is not in the file yet. Into what `allocate` gives, where
   * that is possible. Throws UNKNOWN_LOG when they are gone.
   */
  read(segment: PinnedSegment, range: ByteRange, allocate?: (length: number) => Buffer): Promise<Buffer>;
  /** Lets the files go; a second call changes nothing. */
  release(): void;
}

/** Bytes of a file, from one place to another. */
export interface ByteRange {
  readonly position: number;
  readonly length: number;
}

/** A segment that stays as it is while it is pinned. */
export interface PinnedSegment {
  readonly baseOffset: number;
  /** One past the last offset that it had. */
  readonly endOffset: number;
  /** Bytes of whole batches below the pin's `readableOffset`. */
  readonly sizeBytes: number;
  /** It takes no more batches. */
  readonly isClosed: boolean;
  /** Compaction may have rewritten it, and may again. */
  readonly mayHaveGaps: boolean;
}

/** What a log has beside its segments. */
export interface LogCompanions {
  /** How far compaction has come; null where it was never at work. */
  readonly cleaner: { readonly cleanerPoint: number; readonly nextHorizonMs: number } | null;
  /**
   * The newest producer snapshot that does not lie beyond the pin. Null also where there are aborted transactions: with
   * it nobody would read the log for those.
   */
  readonly snapshot: CompanionFile | null;
  readonly messageIds: CompanionFile | null;
}

/** A whole file, small enough for memory: producers of one log, or its window of message ids. */
export interface CompanionFile {
  readonly offset: number;
  readonly bytes: Buffer;
}
