import { OneByOne } from '../concurrency/one-by-one.ts';
import type { LogTail } from '../cache/tail-cache.ts';
import type { LogConfig } from '../config.ts';
import type { Deduplication } from '../dedup/deduplication.ts';
import type { LeaderEpochs } from '../epochs/leader-epochs.ts';
import type { PendingAppend } from '../flush/pending-append.ts';
import { journalName } from '../journal/journal-name.ts';
import type { JournalName } from '../journal/journal-name.ts';
import type { LogDamage, LogId, LogState, ReadOptions } from '../ports/log-store.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import type { LogTransactions } from '../transactions/log-transactions.ts';
import type { LoadedLog } from './loaded-log.ts';
import type { LogContext } from './log-context.ts';
import type { OwedBatches } from './owed-batches.ts';

/** Not one of each log: to store what is new into what is old costs more than the array. */
export const noneWaiting = Object.freeze<PendingAppend[]>([]) as PendingAppend[];

/**
 * What is known of one open log. It does nothing by itself: the parts of the log change it, each what is its own, and
 * `log-invariants.ts` says what holds at every moment in which none of them is at work.
 *
 * | field | changed by |
 * |---|---|
 * | segments, epochs, dedup, transactions, dataEndOffset, appendedBytes, waiting, rewinds | LogWriter; `deleteBefore`
 * and compaction take segments out |
 * | highWatermark | LogWriter, at the end of a round |
 * | owed, isShort | LogFiles; LogWriter hands over what the journal has |
 * | logStartOffset, plannedStarts | move-starts.ts |
 * | drops | DroppedSegments, move-starts.ts |
 * | version, moving | compaction, take-backs, the end |
 * | state, config | LocalLog |
 * | pins | LogPin |
 */
export class LogCore {
  readonly context: LogContext;
  readonly id: LogId;
  readonly directory: string;
  /** How the journal names this log. */
  readonly journalName: JournalName;
  readonly segmentList: SegmentList;
  readonly dedup: Deduplication;
  readonly transactions: LogTransactions;
  readonly epochs: LeaderEpochs;
  areEpochsSaved: boolean;
  /** What the files have already. */
  readonly tail: LogTail;
  readonly damage: LogDamage | null;
  config: LogConfig;
  state: LogState;
  logStartOffset: number;
  /** Offsets that are being saved as the start; nobody sees them before. */
  readonly plannedStarts: number[] = [];
  highWatermark: number;
  /** Behind it there are markers of transactions, and no records: at most as far as could be seen at the start. */
  dataEndOffset: number;
  /**
   * Every append that is not settled, in offset order; their batches are at the log's end. `noneWaiting` whenever it is
   * empty.
   */
  waiting: PendingAppend[] = noneWaiting;
  /**
   * What the journal has made durable and the segments are still to get, in offset order. It comes before anything else
   * that is written.
   */
  owed: OwedBatches[] = [];
  /** What is owed had no room on the disk: the journal should get no more of this log. */
  isShort = false;
  /** Changes whenever bytes that a reader may be at are moved or cut: who saw another one starts over. */
  version = 0;
  /** Set while files change places under their names: who wants to open one waits for it. */
  moving: Promise<void> | null = null;
  /** Changes whenever segments go: a read that failed and saw another one starts over. */
  drops = 0;
  /** How often the end has moved back: a checkpoint that began before that is worthless. */
  rewinds = 0;
  /** Moments that somebody still reads: while there is one, no file is removed or rewritten (pins/log-pin.ts). */
  pins = 0;
  /** Bytes appended since the log was opened. */
  appendedBytes = 0;
  /**
   * Whose turn it is to change which files the log consists of: retention, checkpoints and the last step of compaction
   * exclude one another.
   */
  readonly turns: OneByOne = new OneByOne();

  constructor(context: LogContext, loaded: LoadedLog, config: LogConfig) {
    this.context = context;
    this.id = loaded.id;
    this.directory = loaded.directory;
    this.journalName = journalName(loaded.id);
    this.segmentList = loaded.segments;
    this.dedup = loaded.dedup;
    this.transactions = loaded.transactions;
    this.dataEndOffset = loaded.dataEndOffset;
    this.epochs = loaded.epochs;
    this.areEpochsSaved = loaded.checkpoint.areEpochsSaved;
    this.tail = context.tailCache.openTail();
    this.damage = loaded.damage;
    this.config = config;
    this.state = loaded.damage ? 'quarantined' : 'open';
    this.logStartOffset = loaded.logStartOffset;
    this.highWatermark = this.logEndOffset;
  }

  /** For people. */
  get name(): string {
    return `${this.id.topic}-${this.id.partition}`;
  }

  get logEndOffset(): number {
    return this.segmentList.active.endOffset;
  }

  /** Below it every transaction has ended, and its marker is durable. */
  get lastStableOffset(): number {
    const { firstUnstable } = this.transactions;
    if (firstUnstable >= this.highWatermark) return this.highWatermark;
    return Math.max(this.logStartOffset, firstUnstable);
  }

  /** What the checkpoint of start offsets is to say. */
  get startOffsetToSave(): number {
    return Math.max(this.logStartOffset, ...this.plannedStarts);
  }

  /** Where the files end, for readers: what follows is in memory. */
  get unwrittenOffset(): number {
    return (this.owed[0] ?? this.waiting[0])?.baseOffset ?? this.logEndOffset;
  }

  /** The end of what may be read: up to damage, if there is any. */
  readLimit(upTo: ReadOptions['upTo']): number {
    const limit = this.#limitOf(upTo);
    return this.damage ? Math.min(limit, this.damage.fromOffset) : limit;
  }

  #limitOf(upTo: ReadOptions['upTo']): number {
    if (upTo === 'end') return this.logEndOffset;
    return upTo === 'lastStable' ? this.lastStableOffset : this.highWatermark;
  }

  /** Ends when every append made so far is settled, in whichever way. */
  async settled(): Promise<void> {
    const last = this.waiting.at(-1);
    if (last) await Promise.allSettled([last.durable]);
  }
}
