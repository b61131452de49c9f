/**
 * A transactional id while the broker serves it.
 *
 * Invariants
 *  1. What it has touched is never forgotten before its end is told: `#touched` has every partition that was written
 *     to, also where the record that says so was lost. The next step adds it again.
 *  2. That a transaction is complete may be stored later, with the next change, if its markers were of a higher epoch
 *     than its records: after a crash its end is told again, and nothing is found that is still to be told.
 */
import { isPartOf, isPrepared, noPartitions, outcomeOf, stepTransaction, union } from '@q/coordinator';
import type {
  PartitionsByTopic,
  Transaction,
  TransactionCommand,
  TransactionContext,
  TransactionRecord,
  TransactionResult,
} from '@q/coordinator';
import type { Resource } from '@q/security';
import { LoggedState } from '../../state-log/logged-state.ts';
import type { HandedOver, StateLog } from '../../state-log/state-log.ts';

export interface LiveTransactionOptions {
  readonly transactionalId: string;
  /** As it was stored; null: not at all. */
  readonly stored: Transaction | null;
  readonly log: Pick<StateLog<TransactionRecord>, 'write'>;
  /** Called after each write, when it is durable as it is or has gone back. */
  readonly written: (live: LiveTransaction, outcome: 'durable' | 'failed') => void;
}

export class LiveTransaction {
  readonly transactionalId: string;
  /** As access rules name it. One object, as it is asked for with every batch. */
  readonly resource: Resource;
  /** Its outcome is being told; null: not now. */
  telling: Promise<void> | null = null;
  /** When the end was decided that was counted last: one that is told again is counted once. */
  countedMs: number = -Infinity;
  /** A group is made to forget the transaction before this one; null: none is. */
  makingWay: Promise<void> | null = null;
  readonly #state: LoggedState<Transaction | null, TransactionRecord>;
  #onSettled: ((isStored: boolean) => void)[] = [];
  #onHandedOver: HandedOver | null = null;
  #touched: PartitionsByTopic;
  #hasLost = false;
  #isUnsaved = false;

  constructor({ transactionalId, stored, log, written }: LiveTransactionOptions) {
    this.transactionalId = transactionalId;
    this.resource = { type: 'transactionalId', name: transactionalId };
    this.#touched = stored?.partitions ?? noPartitions;
    this.#state = new LoggedState({
      id: transactionalId,
      stored,
      log,
      written: (outcome) => {
        // The disk may still have the decision alone, where what has followed it was lost.
        if (outcome === 'failed') this.#isUnsaved = this.newest !== null && outcomeOf(this.newest) !== null;
        this.#hasLost = outcome === 'failed' && !isPartOf(this.#touched, this.newest?.partitions ?? noPartitions);
        written(this, outcome);
        if (this.isSettled) this.#tellSettled(outcome === 'durable');
      },
      handedOver: (append) => {
        const listener = this.#onHandedOver;
        this.#onHandedOver = null;
        listener?.(append);
      },
    });
  }

  /** With every change, durable or not. Null: nothing is known of the id. */
  get newest(): Transaction | null {
    return this.#state.newest;
  }

  get isSettled(): boolean {
    return this.#state.isSettled;
  }

  /** Resolves when all that was changed up to now is durable; rejects with the storage error when it was taken back. */
  settled(): Promise<void> {
    return this.#state.settled();
  }

  /**
   * Calls it once all that was changed is durable, or was taken back, in that very turn: what is handed to a log then
   * is in its next round. At once if nothing is on its way.
   */
  whenSettled(listener: (isStored: boolean) => void): void {
    if (this.isSettled) listener(true);
    else this.#onSettled.push(listener);
  }

  /** Calls it once, when the next change is handed to the log, with all before it; of several the last one. */
  whenHandedOver(listener: HandedOver): void {
    this.#onHandedOver = listener;
  }

  #tellSettled(isStored: boolean): void {
    const listeners = this.#onSettled;
    if (listeners.length === 0) return;
    this.#onSettled = [];
    for (const listener of listeners) listener(isStored);
  }

  /** Takes effect at once; whoever is told of it waits for `settled`. */
  step(command: TransactionCommand, context: TransactionContext): TransactionResult {
    if (this.#hasLost) this.#findLost(context);
    return this.#step(command, context);
  }

  #step(command: TransactionCommand, context: TransactionContext): TransactionResult {
    const before = this.newest;
    const { transaction, result, records } = stepTransaction(before, command, context);
    if (transaction === before) return result;
    this.#isUnsaved = command.kind === 'told' && before!.isRaised;
    this.#state.replace(transaction, this.#isUnsaved ? [] : records);
    if (command.kind === 'told') this.#touched = noPartitions;
    else if (transaction !== null) this.#touched = union(this.#touched, transaction.partitions);
    return result;
  }

  #findLost(context: TransactionContext): void {
    this.#hasLost = false;
    if (this.newest !== null) this.#step({ kind: 'found', partitions: this.#touched }, context);
  }

  /** Stores what was left for the next change: that it is complete. */
  save(): void {
    const { newest } = this;
    if (!this.#isUnsaved || newest === null || isPrepared(newest)) return;
    this.#isUnsaved = false;
    this.#state.replace(newest, [{ kind: 'transaction', transaction: newest }]);
  }
}
