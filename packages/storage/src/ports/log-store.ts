import type { BatchHeader } from '@q/protocol';
import type { LogConfig } from '../config.ts';
import type { StorageError } from '../errors.ts';
import type { StorageStats } from '../stats.ts';
import type { AbortedRange } from '../transactions/aborted-transactions.ts';
import type { OpenTransaction } from '../transactions/log-transactions.ts';

/**
 * The ports between the broker and whatever keeps logs: a folder, memory, or later objects in a bucket.
 * Offsets, timestamps (ms since the epoch) and byte counts are numbers; they cannot pass 2^53 - 1.
 */
export interface LogId {
  readonly topic: string;
  /** Lower-case 8-4-4-4-12 UUID. Tells a topic from an earlier one of the same name. */
  readonly topicId: string;
  readonly partition: number;
}

/** All logs of a broker, in one folder or in memory. */
export interface LogStore {
  /**
   * Opens the log, and makes it if there is none. Opening it again returns the same object.
   * Throws LOG_EXISTS when the partition's folder belongs to another topic id.
   */
  open(id: LogId, config: LogConfig): Promise<PartitionLog>;
  /** Every log that exists, open or not, in no order. */
  list(): Promise<LogId[]>;
  /**
   * Removes a log with its data. Waiting appends fail with CLOSED. Throws UNKNOWN_LOG. Files that cannot be removed at
   * once go with a later round of maintenance, or at the next start.
   */
  delete(id: LogId): Promise<void>;
  /** Bytes of all open logs, those still waiting for their round included. */
  readonly bytes: number;
  /** Bytes appended and not yet written: the broker slows its readers down by this. */
  readonly pendingBytes: number;
  readonly stats: Readonly<StorageStats>;
  /**
   * One round of background work: retention, compaction, removal of old files, checkpoints. Called every few seconds.
   * A log in trouble is reported and does not keep the others from being served. Rounds do not overlap. What goes by
   * its age goes by
   * `confirmedNow`, which each round brings up to date.
   */
  maintain(): Promise<MaintenanceReport>;
  /**
   * Milliseconds since 1970 by the wall clock, but for steps forward that it has not held for an hour yet: for whoever
   * decides what is old enough to go. Not for stamps.
   */
  confirmedNow(): number;
  /**
   * Flushes, syncs and checkpoints everything, marks the shutdown as clean and lets the folder go. Later calls fail
   * with CLOSED. Everything is closed also where something fails, and nothing writes any more when it ends; then the
   * first failure is thrown, and the shutdown is not marked as clean.
   */
  close(): Promise<void>;
}

/** What a round of maintenance did. */
export interface MaintenanceReport {
  segmentsDeleted: number;
  bytesDeleted: number;
  logsCompacted: number;
  bytesCompacted: number;
  filesRemoved: number;
  logsCheckpointed: number;
  /** Logs whose turn failed; the reason went to the log port. */
  logsFailed: number;
}

/** `quarantined`: damaged in its middle. Reads below the damage are served, and nothing is appended. */
export type LogState = 'open' | 'quarantined' | 'closed';

/** The log of one partition. */
export interface PartitionLog {
  readonly id: LogId;
  readonly config: LogConfig;
  readonly state: LogState;
  /** First offset that can be read. */
  readonly logStartOffset: number;
  /** Offset that the next record gets. */
  readonly logEndOffset: number;
  /** Consumers see records below this: the durable end under `fsync`, the written end otherwise. */
  readonly highWatermark: number;
  /** Below this every transaction has ended, and its marker is durable; at most the high watermark. */
  readonly lastStableOffset: number;
  /** The latest leader epoch that a batch was stored under, or -1. */
  readonly leaderEpoch: number;
  /** Bytes of all segments, those waiting for their round included: what retention and caps go by. */
  readonly bytes: number;
  /**
   * What deleting the log gives back to the disk: `bytes`, and those of segments that were dropped and whose files are
   * not removed yet. Its indexes and snapshots come on top, as a rule less than 1 % of it, and what file systems round
   * up for each file.
   */
  readonly diskBytes: number;
  readonly segments: number;
  /**
   * How many records can be read from `offset` on, up to the high watermark. Offsets that compaction has emptied do not
   * count. Costs a look at each segment.
   */
  recordsFrom(offset: number): RecordCount;
  /**
   * Takes one validated batch and assigns its offsets before it returns, so that order is call order.
   * `batch` belongs to the log from now on: its header is changed in place, and nobody may write to it later, unless it
   * lies in memory of the store's `appendBuffers` (local-store.ts) and nobody uses that any more.
   * A marker (`encodeEndMarker`) ends its producer's transaction here, and fences older epochs of the producer.
   * Throws OUT_OF_ORDER_SEQUENCE, STALE_PRODUCER_EPOCH, STALE_LEADER_EPOCH, STORAGE_FULL, CORRUPT_LOG (quarantined),
   * CLOSED.
   */
  append(batch: Buffer, options: AppendOptions): Append;
  /** Transactions that it has records of, and no marker; the oldest first. */
  openTransactions(): Iterable<OpenTransaction>;
  /** The one of a producer, or null. */
  openTransactionOf(producerId: number): OpenTransaction | null;
  /** The idempotent producers that it remembers, the longest idle first, each as it is when it is asked for. */
  producers(): Iterable<LogProducer>;
  /** Indexes of the records that would be repeats if a batch with these message ids were appended now. */
  repeatsOf(messageIds: readonly (string | null)[]): number[];
  /**
   * Whole batches, as stored, from the one that holds `offset`; at least one, even if it alone passes `maxBytes`; none
   * when `offset` is the end. Returns at once when the tail cache has them. The CRC is not checked here: consumers
   * check it. Throws OFFSET_OUT_OF_RANGE (details `logStartOffset`, `logEndOffset`), CORRUPT_LOG, CLOSED; some of them
   * by rejecting.
   */
  read(options: ReadOptions): LogRead | Promise<LogRead>;
  /** The first record at or after a time, below the high watermark; null when there is none. */
  offsetForTimestamp(timestampMs: number): Promise<TimestampedOffset | null>;
  /**
   * The record with the latest time, the first of several, below the high watermark; null when there are no records.
   * Indexes lead to it, unless that record was deleted or is not durable yet: then headers of batches are read.
   */
  latestTimestamp(): Promise<TimestampedOffset | null>;
  /** The leader epoch under which the record at `offset` was stored; -1: none is known. */
  leaderEpochAt(offset: number): number;
  /**
   * Where the records of a leader epoch end: at the start of the next epoch, or at the log's end. For an epoch without
   * records it is the end of the one before, and says which that is; for one below all of them, the start of the
   * lowest. Null for an epoch beyond `leaderEpoch`.
   */
  leaderEpochEnd(epoch: number): EpochEnd | null;
  /** Moves the log start offset up to `offset` and drops the segments below it. Returns the log start offset. */
  deleteBefore(offset: number): Promise<number>;
  /** Takes new settings at once. What is stored already stays as it is until maintenance comes to it. */
  updateConfig(config: LogConfig): void;
  /** Calls `listener` whenever the high watermark moved, or the log was closed or deleted. Returns how to stop that. */
  onHighWatermark(listener: () => void): () => void;
  /** The log at this moment. */
  describe(): LogDescription;
  /**
   * Flushes, syncs and checkpoints this log. The store may open it again, also when this rejects: everything
   * acknowledged is kept. A log that owes its files what they have no room for stays open then; any other is closed.
   * Throws STORAGE_FULL, STORAGE_FAILED.
   */
  close(): Promise<void>;
}

/** How many records there are. */
export interface RecordCount {
  readonly records: number;
  /**
   * False: there may be fewer. So it is where the offset lies within a segment that was compacted or has markers of
   * transactions; after a start, of all of a log with such segments until maintenance has counted; and where records
   * of an open or aborted transaction follow.
   */
  readonly isExact: boolean;
}

/** How a batch is appended. */
export interface AppendOptions {
  /** Epoch of the leader that takes the batch; stored in it. */
  readonly leaderEpoch: number;
  /** What `readBatchHeader` says of the batch, if the caller has asked it already; it is not asked again then. */
  readonly header?: BatchHeader;
  /**
   * When it is appended, in milliseconds since 1970, if the caller has asked the clock already: a look takes as long as
   * a small batch does.
   */
  readonly nowMs?: number;
  /**
   * The batch is needed to make room, to start or to stop: it is taken where the disk has less room than is kept in
   * reserve, and gets some of what is kept for a full disk. For few and small ones, of the program itself.
   */
  readonly isVital?: boolean;
  /**
   * What this store has been given before, in whichever log: the batch is never durable without it, and is taken back
   * when that fails. Both are in one write where there is one for them, which costs no round more than one alone. Its
   * log must not be deleted meanwhile. Absent: the batch counts by itself.
   */
  readonly after?: Append;
  /**
   * Message ids of the batch's records, in order, null where a record has none; null in all when none has one. Used
   * only when the log has a dedup window; when missing, the log looks into the batch itself.
   */
  readonly messageIds?: readonly (string | null)[] | null;
  /**
   * The batch without the records that `repeatsOf` found, as `rebuildBatch` makes it, if the caller has made it
   * already: to make it here takes long where a batch becomes large. Not used when the repeats are others by now.
   */
  readonly rest?: RestOfBatch | null;
}

/** A batch without those of its records that are stored already. */
export interface RestOfBatch {
  /** Indexes of the records that are left out, ascending. */
  readonly leftOut: readonly number[];
  readonly batch: Buffer;
}

/** What became of a batch. */
export interface Append {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** -1 unless the log stamps records itself. */
  readonly logAppendTimeMs: number;
  /**
   * True when the batch, or every record of it by message id, was stored before; the offsets are those of the first
   * time.
   */
  readonly duplicate: boolean;
  /**
   * Records that were stored before, found by their message ids: where each is. All others are at `baseOffset + index`.
   * Empty for most batches. See message-ids/message-id-window.ts for the rule.
   */
  readonly repeats: readonly RepeatedRecord[];
  /**
   * Resolves when the log's durability policy is kept for this batch (for a duplicate: for its original); rejects if
   * that can never be.
   */
  readonly durable: Promise<void>;
  /**
   * Tells `waiter` once what `durable` tells, without a promise: a broker that takes a hundred thousand small batches a
   * second would pay for each. At once, before this returns, if it is known already.
   */
  whenSettled(waiter: AppendWaiter): void;
}

/** A record that is not to be stored. */
export interface RepeatedRecord {
  /** Index in the batch, counted by offset delta. */
  readonly index: number;
  /** Where its first one is. */
  readonly offset: number;
  /** When that one was appended, in ms since the epoch. */
  readonly appendedMs: number;
}

/** Hears of the end of an append, amid the round that brought it: it must not throw, and does what takes long later. */
export interface AppendWaiter {
  /** The log's durability policy is kept. */
  kept(): void;
  /** That can never be. */
  failed(error: StorageError): void;
}

/** An idempotent producer as a log remembers it. */
export interface LogProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Of the last record that it appended; -1 when that is not known. */
  readonly lastSequence: number;
  /** The greatest timestamp of its last batch, in ms since 1970; -1 when that is not known. */
  readonly lastTimestampMs: number;
  /** Of its last transaction; -1 without. */
  readonly coordinatorEpoch: number;
  /** Where its open transaction begins; -1 without. */
  readonly transactionFirstOffset: number;
}

/** What is read: from which offset, how many bytes, and up to where. */
export interface ReadOptions {
  readonly offset: number;
  readonly maxBytes: number;
  /** `lastStable`: nothing of an open transaction, and `aborted` says what to leave out. */
  readonly upTo: 'highWatermark' | 'lastStable' | 'end';
}

/** What was read. */
export interface LogRead {
  /** Each holds one or more whole batches. Views of memory that readers share: never to be changed. */
  readonly buffers: readonly Buffer[];
  readonly bytes: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly lastStableOffset: number;
  /**
   * With `upTo: 'lastStable'`: what of the buffers is of aborted transactions, in the order of their markers. Missing
   * where there is nothing of that kind.
   */
  readonly aborted?: readonly AbortedRange[];
  /**
   * Lets go of the memory of `buffers`, which is used again once nobody else looks at it: to be called when the reader
   * does so no more; a second call changes nothing. Not there for memory that nobody uses again. Who never calls it
   * leaves the memory to the garbage collector, which costs a busy broker dearly.
   */
  readonly release?: () => void;
}

/** The offset of a record, and its time in ms since 1970. */
export interface TimestampedOffset {
  readonly offset: number;
  readonly timestampMs: number;
  readonly leaderEpoch: number;
}

/** Where the records of a leader epoch end. */
export interface EpochEnd {
  readonly epoch: number;
  readonly endOffset: number;
}

/** A log at one moment. Sizes are in bytes. */
export interface LogDescription {
  readonly id: LogId;
  readonly state: LogState;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly logEndOffset: number;
  readonly lastStableOffset: number;
  readonly leaderEpoch: number;
  readonly segments: number;
  readonly bytes: number;
  /** Everything below was synced. */
  readonly recoveryPoint: number;
  /** Why appends are refused, or null. */
  readonly damage: LogDamage | null;
}

/**
 * Stored bytes that are not what was written. They are kept; offsets from `fromOffset` to `toOffset` cannot be read.
 */
export interface LogDamage {
  readonly file: string;
  readonly position: number;
  readonly fromOffset: number;
  /** First offset after the damage; the end of the log when nothing valid follows. */
  readonly toOffset: number;
  readonly reason: string;
}
