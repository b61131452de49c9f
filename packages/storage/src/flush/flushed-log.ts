import type { StorageError } from '../errors.ts';
import type { HeldPiece, JournaledLog } from '../journal/journal.ts';
import type { Segment } from '../segment/segment.ts';

/** One batch on its way to the disk, as the queue sees it. */
export interface QueuedAppend {
  readonly log: FlushedLog;
  readonly segment: Segment;
  /** Where in the segment's file it goes. */
  readonly position: number;
  readonly batch: Buffer;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** It must not be durable without that one, and not stay without it; null: it counts by itself. */
  readonly after: QueuedAppend | null;
  /** Nothing is known of it yet. */
  readonly isWaiting: boolean;
  readonly hasFailed: boolean;
  /** Its durability policy is kept. */
  keep(): void;
  /** That can never be. The first outcome counts. */
  fail(error: StorageError): void;
}

/** A log, as the queue sees it. */
export interface FlushedLog extends JournaledLog {
  /**
   * For the queue alone, while it sorts a round: which part of it is this log's, if that one is. A map would be looked
   * into for each append.
   */
  roundPart: number;
  /** Writes these appends, the log's oldest waiting ones, and makes them as durable as the log's policy says. */
  flush(appends: readonly QueuedAppend[]): Promise<void>;
  /** What the journal is to keep of them; null where they are no matter for a journal. */
  journalPiece(appends: readonly QueuedAppend[]): HeldPiece | null;
  /** True when what was written is to be synced before `syncIntervalMs` is over. */
  readonly wantsIntervalSync: boolean;
  /** Makes what was written durable. */
  syncWritten(): Promise<void>;
  /**
   * The policy is kept below `endOffset`: the high watermark moves. `isJournaled`: by the journal; they are written
   * when there is time.
   */
  advance(endOffset: number, isJournaled: boolean): void;
  wakeReaders(): void;
  /** Nothing from `fromOffset` on was or will be stored: cuts the file back, forgets the offsets. */
  takeBack(fromOffset: number): Promise<void>;
}
