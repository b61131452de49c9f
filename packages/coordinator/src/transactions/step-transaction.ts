/**
 * The state machine of transactions: [RFC 13](docs/rfcs/0013-transactions.md).
 *
 * Pure: the same transaction, command and context always give the same step. The epoch rises with every transaction, so
 * that what a producer sent late in one can do nothing to the next.
 */
import { coordinatorLimits } from '../limits.ts';
import { abortBy, end, told } from './end.ts';
import { init } from './init.ts';
import { found, join, stage } from './join.ts';
import { refuse, unchanged } from './turn.ts';
import type { Turn } from './turn.ts';
import type { TransactionCommand, TransactionContext, TransactionStep } from './transaction-step.ts';
import { isPrepared, nextTransactionDeadlineMs } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/** Applies one command. Nothing of the transaction that came in is changed. `before`: null for an id that is new. */
export function stepTransaction(
  before: Transaction | null,
  command: TransactionCommand,
  context: TransactionContext,
): TransactionStep {
  const { transaction, result } = apply(before, command, context);
  if (transaction === before) return { transaction, result, records: [] };
  if (transaction === null)
    return { transaction, result, records: [{ kind: 'gone', transactionalId: before!.transactionalId }] };
  const changed = { ...transaction, changedMs: context.nowMs, changedWallMs: context.wallMs };
  return { transaction: changed, result, records: [{ kind: 'transaction', transaction: changed }] };
}

function apply(before: Transaction | null, command: TransactionCommand, context: TransactionContext): Turn {
  if (command.kind === 'init') return init(before, command, context);
  if (before === null) return refuse(null, 'UNKNOWN_TRANSACTIONAL_ID', 'the transactional id is not in use');
  switch (command.kind) {
    case 'join':
      return join(before, command, context);
    case 'stage':
      return stage(before, command, context);
    case 'end':
      return end(before, command, context);
    case 'abort':
      return before.state === 'ongoing' ? abortBy('operator', before) : unchanged(before);
    case 'found':
      return found(before, command, context);
    case 'told':
      return told(before);
    case 'tick':
      return tick(before, context);
  }
}

function tick(transaction: Transaction, context: TransactionContext): Turn {
  const { expiryMs = coordinatorLimits.transactionalIdExpiryMs } = context;
  if (isPrepared(transaction) || nextTransactionDeadlineMs(transaction, expiryMs) > context.nowMs)
    return unchanged(transaction);
  if (transaction.state === 'ongoing') return abortBy('timeout', transaction);
  return { transaction: null, result: { kind: 'done' } };
}
