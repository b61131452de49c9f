/**
 * What can happen to a transactional id, and what comes of it.
 */
import type { PartitionsByTopic } from '../partitions.ts';
import type { ProducerIdentity } from '../producer-ids.ts';
import type { TransactionRecord } from './transaction-record.ts';
import type { Outcome, StagedOffset, Transaction } from './transaction.ts';

/** What a step may look at beside the transaction and its command. */
export interface TransactionContext {
  /** On a clock that never goes back: what decides. */
  readonly nowMs: number;
  /** Ms since 1970: only for what is stored and shown. */
  readonly wallMs: number;
  /** A producer id that nobody has, for a step that may need one; null: none is at hand. */
  readonly freshProducerId: number | null;
  /** Longest `timeoutMs` that a producer may ask for; `coordinatorLimits.transactionTimeoutMsMax` if missing. */
  readonly timeoutMsMax?: number;
  /** A transactional id that nobody used for so long is forgotten; `transactionalIdExpiryMs` if missing. */
  readonly expiryMs?: number;
}

/** What a producer, an operator, or time wants. */
export type TransactionCommand =
  /** A producer begins to use the id. `expected`: who it was up to now, where it goes on after an error. */
  | {
      readonly kind: 'init';
      readonly transactionalId: string;
      readonly timeoutMs: number;
      readonly expected: ProducerIdentity | null;
    }
  /** Something is about to be written to partitions. Begins a transaction where none is going on. */
  | { readonly kind: 'join'; readonly producer: ProducerIdentity; readonly partitions: PartitionsByTopic }
  /** A group is to have these offsets if the transaction commits. Begins one, as `join` does. */
  | {
      readonly kind: 'stage';
      readonly producer: ProducerIdentity;
      readonly groupId: string;
      readonly offsets: readonly StagedOffset[];
    }
  /**
   * The producer ends its transaction. `raises`: the epoch rises with it, as every producer that understands it wants;
   * without, a late end of this transaction may end the next one.
   */
  | {
      readonly kind: 'end';
      readonly producer: ProducerIdentity;
      readonly outcome: Outcome;
      readonly raises: boolean;
    }
  /** An operator ends the transaction, whoever's it is. */
  | { readonly kind: 'abort' }
  /** A partition was found to have an open transaction of this producer; after a start. */
  | { readonly kind: 'found'; readonly partitions: PartitionsByTopic }
  /** Every partition has its marker, and every group its offsets, all of it durable. */
  | { readonly kind: 'told' }
  /** A moment that `nextTransactionDeadlineMs` named has come. */
  | { readonly kind: 'tick' };

/** Why a command was refused. The codes are those of the protocol's error table. */
export interface TransactionRefusal {
  readonly kind: 'refused';
  readonly code:
    | 'CONCURRENT_TRANSACTIONS'
    | 'INVALID_REQUEST'
    | 'INVALID_TRANSACTION_STATE'
    | 'PRODUCER_FENCED'
    | 'TRANSACTION_ABORTED'
    | 'TRANSACTION_LIMIT'
    | 'UNKNOWN_TRANSACTIONAL_ID';
  readonly message: string;
  /** A commit in the epoch of now, with nothing written in it so far: what it commits may be on its way. */
  readonly isEarly?: true;
}

/** What a command came to. To be told when the records are durable. */
export type TransactionResult =
  | TransactionRefusal
  /** As whom the producer goes on. */
  | { readonly kind: 'producer'; readonly producer: ProducerIdentity }
  /** The outcome is being told: the answer is `producer` of the transaction once it is complete. */
  | { readonly kind: 'ending' }
  /** Another transaction of the id is ending first: repeat the command once it is complete. */
  | { readonly kind: 'wait' }
  /** Repeat the command with a `freshProducerId`. */
  | { readonly kind: 'needs-producer-id' }
  | { readonly kind: 'done' };

/** What a command made of a transactional id. */
export interface TransactionStep {
  /** Null: nothing is known of the id, or nothing any more. */
  readonly transaction: Transaction | null;
  readonly result: TransactionResult;
  /** To be made durable before `result` is told, and before a marker is written. None: nothing changed. */
  readonly records: readonly TransactionRecord[];
}
