/**
 * What a command came to, before it is worked out what has to be stored.
 */
import type { TransactionRefusal, TransactionResult } from './transaction-step.ts';
import type { Transaction } from './transaction.ts';

export interface Turn {
  readonly transaction: Transaction | null;
  readonly result: TransactionResult;
}

export function turn(transaction: Transaction, result: TransactionResult): Turn {
  return { transaction, result };
}

export function unchanged(transaction: Transaction): Turn {
  return { transaction, result: { kind: 'done' } };
}

/** A refused command changes nothing. */
export function refuse(transaction: Transaction | null, code: TransactionRefusal['code'], message: string): Turn {
  return { transaction, result: { kind: 'refused', code, message } };
}
