import type { Deduplication } from '../dedup/deduplication.ts';
import type { LeaderEpochs } from '../epochs/leader-epochs.ts';
import type { LogDamage, LogId } from '../ports/log-store.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import type { LogTransactions } from '../transactions/log-transactions.ts';
import type { OwedBatches } from './owed-batches.ts';

/** The files of message ids that recovery found. */
export interface MessageIdsOnDisk {
  /** Of the newest file; null when there is none. */
  readonly offset: number | null;
  readonly bytes: number;
  /** Bytes of log behind it. */
  readonly bytesBehind: number;
}

export interface CheckpointState {
  /** Everything below is synced, and the checkpoint that says so is complete. */
  readonly recoveryPoint: number;
  /** Bytes of log above it. */
  readonly uncoveredBytes: number;
  /** Snapshots on disk, ascending. */
  readonly snapshotOffsets: readonly number[];
  readonly areEpochsSaved: boolean;
  readonly messageIds: MessageIdsOnDisk;
}

/** What `loadLog` found in a folder, or made. */
export interface LoadedLog {
  readonly id: LogId;
  readonly directory: string;
  readonly segments: SegmentList;
  readonly dedup: Deduplication;
  readonly transactions: LogTransactions;
  readonly epochs: LeaderEpochs;
  readonly logStartOffset: number;
  /** Behind it there are markers of transactions, and no records, as far as the end of the log was read. */
  readonly dataEndOffset: number;
  readonly damage: LogDamage | null;
  /** Behind what the files have. */
  readonly owed: readonly OwedBatches[];
  readonly checkpoint: CheckpointState;
}
