import { batchProducerId } from '@q/protocol';
import type { AbortedTransactions } from '../transactions/aborted-transactions.ts';

/*
 * Transactions as a compaction pass meets them, from the start of the log on.
 *
 * Rules
 * - Records of an aborted transaction go, and stand for no older value of their key.
 * - A marker stays as long as anything of its transaction does. After that it is as a tombstone: the pass that meets it
 *   so first notes when it may go, and the first pass after that time removes it. A marker that goes before the records
 *   would leave their transaction open for ever.
 *
 * Invariant: `#kept` has the producers of which a transactional batch was kept, and no marker was met since.
 */
export class CompactedTransactions {
  readonly #aborted: AbortedTransactions;
  readonly #kept = new Set<number>();

  constructor(aborted: AbortedTransactions) {
    this.#aborted = aborted;
  }

  isAborted(batch: Buffer, offset: number): boolean {
    return this.#aborted.has(batchProducerId(batch), offset);
  }

  /** A batch of a transaction stays, with or without records. */
  keep(batch: Buffer): void {
    this.#kept.add(batchProducerId(batch));
  }

  /** A marker was met. True: nothing of its transaction is left. */
  endsNothing(marker: Buffer): boolean {
    return !this.#kept.delete(batchProducerId(marker));
  }
}
