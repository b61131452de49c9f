/**
 * When an append counts as durable: `fsync` after its bytes were synced; `interval` once they were written, with a sync
 * at least every `syncIntervalMs`; `os` once they were written, with syncs left to the system.
 */
export type Durability = 'fsync' | 'interval' | 'os';

/** What removes old records: time and size, newer records of the same key, or both. */
export interface CleanupPolicy {
  readonly delete: boolean;
  readonly compact: boolean;
}

/** The settings of one partition's log. They can change while it is open. */
export interface LogConfig {
  /** A segment is closed before it would grow past this. A single larger batch gets a segment of its own. */
  readonly segmentBytes: number;
  /** A segment is closed when its first batch is this old. */
  readonly segmentMs: number;
  /** Records older than this may go; -1 keeps them for ever. */
  readonly retentionMs: number;
  /** The oldest segments go while the log is larger than this; -1 is no limit. */
  readonly retentionBytes: number;
  readonly cleanupPolicy: CleanupPolicy;
  /** One index entry for about this many bytes of log. */
  readonly indexIntervalBytes: number;
  /** The largest batch that is taken, in bytes as stored. Checked by the broker; the log itself takes any. */
  readonly maxMessageBytes: number;
  /** How long a tombstone stays readable in a compacted log. */
  readonly deleteRetentionMs: number;
  /** Records younger than this are not compacted. */
  readonly minCompactionLagMs: number;
  /** A log is compacted when this part of it, 0 to 1, was not compacted yet. */
  readonly minCleanableDirtyRatio: number;
  readonly durability: Durability;
  /** A record whose message id was seen this recently is dropped; 0 is off. */
  readonly dedupWindowMs: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  /** How long the files of a deleted segment stay on disk. */
  readonly fileDeleteDelayMs: number;
  /** The log is the broker's own: it is written above the cap too, and never dropped to make room. */
  readonly isInternal: boolean;
}

const dayMs = 24 * 60 * 60 * 1_000;

/** The settings of a log that is given none. Times are in ms, sizes in bytes. */
export const defaultLogConfig: LogConfig = Object.freeze({
  segmentBytes: 1 << 30,
  segmentMs: 7 * dayMs,
  retentionMs: 7 * dayMs,
  retentionBytes: -1,
  cleanupPolicy: Object.freeze({ delete: true, compact: false }),
  indexIntervalBytes: 4_096,
  maxMessageBytes: 1 << 20,
  deleteRetentionMs: dayMs,
  minCompactionLagMs: 0,
  minCleanableDirtyRatio: 0.5,
  durability: 'fsync',
  dedupWindowMs: 0,
  timestampType: 'CreateTime',
  fileDeleteDelayMs: 60_000,
  isInternal: false,
});
