import type { JudgedHistory, JudgedTransaction } from '../simulation/transactions/transaction-check.ts';
import type { KnownEnd, WrittenRecord } from '../simulation/transactions/transaction-history.ts';

/** One transaction, as far as its program knows. */
export interface KnownTransaction extends JudgedTransaction {
  readonly records: WrittenRecord[];
  end: KnownEnd;
}

/** What the programs of a run asked for, and what they were answered. */
export class KnownHistory implements JudgedHistory {
  readonly transactions: KnownTransaction[] = [];
  readonly plain: Map<string, { readonly topic: string; readonly partition: number; readonly offset: number }> =
    new Map();
  readonly plainSent: Set<string> = new Set();
  /** Transactions that were answered with a commit. */
  committed = 0;

  begin(transactionalId: string): KnownTransaction {
    const transaction: KnownTransaction = {
      number: this.transactions.length,
      transactionalId,
      records: [],
      end: 'open',
    };
    this.transactions.push(transaction);
    return transaction;
  }
}
