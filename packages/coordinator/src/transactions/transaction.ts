/**
 * One transactional id: who may write under it, and what its transaction has touched.
 *
 * Invariants
 *  1. `next` is there exactly while the transaction is decided and not complete (`prepare…`).
 *  2. Outside of `ongoing` and `prepare…` there are no partitions and no offsets, and nothing has started.
 *  3. The epoch of a producer id only rises. `producerEpochMax` is the last one that is handed out; the one above it
 *     fences, in the markers that end the last transaction of a producer id.
 */
import type { OffsetCommit } from '../groups/committed-offsets.ts';
import type { PartitionsByTopic } from '../partitions.ts';
import type { ProducerIdentity } from '../producer-ids.ts';

/**
 * Where a transactional id is. `prepare…`: the outcome is decided, and what was touched is being told. `complete…`:
 * everything has been told.
 */
export type TransactionState =
  | 'empty'
  | 'ongoing'
  | 'prepareCommit'
  | 'prepareAbort'
  | 'completeCommit'
  | 'completeAbort';

/** Who wanted the last transaction to end as it did. */
export type EndCause = 'producer' | 'timeout' | 'fence' | 'operator';

/** How a transaction ends. */
export type Outcome = 'commit' | 'abort';

/** An offset that a group is to have if the transaction commits. */
export interface StagedOffset {
  readonly topicId: string;
  readonly partition: number;
  readonly commit: OffsetCommit;
}

/** Offsets by group, and within a group by topic and partition. */
export type StagedOffsets = ReadonlyMap<string, ReadonlyMap<string, StagedOffset>>;

/** A transactional id at one moment. Never changed: a step makes a new one. */
export interface Transaction {
  readonly transactionalId: string;
  readonly state: TransactionState;
  /** Who may write now. While the outcome is told: as whom the markers are written. */
  readonly producer: ProducerIdentity;
  /** Who that was before the last raise, where a request of that one may be a repeated one; else null. */
  readonly previous: ProducerIdentity | null;
  /** Who may write once the outcome is told. */
  readonly next: ProducerIdentity | null;
  readonly timeoutMs: number;
  /** Null: nothing is going on. On the clock that never goes back. */
  readonly startedMs: number | null;
  /** The same in ms since 1970. */
  readonly startedWallMs: number | null;
  /** When anything of it changed last, by both clocks. */
  readonly changedMs: number;
  readonly changedWallMs: number;
  readonly partitions: PartitionsByTopic;
  readonly offsets: StagedOffsets;
  /** While the outcome is told: the markers are of a higher epoch than the records that they end. */
  readonly isRaised: boolean;
  /** Who ended the last transaction, or ends this one; null: there was none, or it goes on. */
  readonly cause: EndCause | null;
}

export const noOffsets: StagedOffsets = new Map();

/** Whether the outcome is decided, and not told everywhere yet. */
export function isPrepared({ state }: Pick<Transaction, 'state'>): boolean {
  return state === 'prepareCommit' || state === 'prepareAbort';
}

/** The outcome that is being told, or was told last; null: there is none. */
export function outcomeOf({ state }: Pick<Transaction, 'state'>): Outcome | null {
  if (state === 'prepareCommit' || state === 'completeCommit') return 'commit';
  return state === 'prepareAbort' || state === 'completeAbort' ? 'abort' : null;
}

/** How many offsets are staged, over all groups. */
export function countOffsets(offsets: StagedOffsets): number {
  let count = 0;
  for (const ofGroup of offsets.values()) count += ofGroup.size;
  return count;
}

/** When something has to be done about it if nobody asks before: its time is over, or nobody has used it for long. */
export function nextTransactionDeadlineMs(transaction: Transaction, expiryMs: number): number {
  if (transaction.state === 'ongoing') return transaction.startedMs! + transaction.timeoutMs;
  return isPrepared(transaction) ? Infinity : transaction.changedMs + expiryMs;
}
