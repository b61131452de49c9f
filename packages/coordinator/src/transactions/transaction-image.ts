/**
 * Transactions as the records of `__transactions` tell, when a broker starts.
 *
 * Invariant: of each id only the last record counts, so a log and what compaction leaves of it give the same image.
 */
import type { StoredTransaction, TransactionRecord } from './transaction-record.ts';
import type { Transaction } from './transaction.ts';

/** Builds transactions from their records when a broker starts. */
export class TransactionImage {
  readonly #stored = new Map<string, StoredTransaction>();

  /** In the order of the log. */
  apply(record: TransactionRecord): void {
    if (record.kind === 'gone') this.#stored.delete(record.transactionalId);
    else this.#stored.set(record.transaction.transactionalId, record.transaction);
  }

  /** Their times go on where they were, as far as the wall clock knows; one that went back adds nothing. */
  *transactions({ nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number }): Generator<Transaction> {
    const momentOf = (pastWallMs: number): number => nowMs - Math.max(0, wallMs - pastWallMs);
    for (const stored of this.#stored.values()) {
      const { startedWallMs, changedWallMs } = stored;
      const startedMs = startedWallMs === null ? null : momentOf(startedWallMs);
      yield { ...stored, startedMs, changedMs: momentOf(changedWallMs) };
    }
  }
}
