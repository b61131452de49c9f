/**
 * An operator wants a transaction out of the way: which one, whether it can be, and what is said of it.
 */
import { countPartitions, isPrepared, outcomeOf } from '@q/coordinator';
import type { EndCause, ProducerIdentity, Transaction, TransactionState } from '@q/coordinator';
import { QError } from '@q/protocol';
import { anonymous } from '../../caller.ts';
import type { Author } from '../../caller.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { AuditNotes } from '../audit/audit.ts';

/** A transaction as an operator has seen it. */
export interface SeenTransaction extends ProducerIdentity {
  /** When it began, in ms since 1970: older Kafka clients keep their epoch. Missing: it was not looked at. */
  readonly startedMs?: number;
}

/** What an operator wants out of the way. */
export interface AbortTransaction {
  readonly transactionalId: string;
  /** Nothing is aborted where this one is over. Null: whichever there is. */
  readonly expected?: SeenTransaction | null;
}

/** The transactional id before and after. `after` is `prepareAbort`: not all could be told so yet. */
export interface AbortedTransaction {
  readonly before: Transaction;
  readonly after: Transaction;
}

/** By which right whoever asks may do so: `alter` is that of the cluster. */
export type AbortRight = 'write' | 'alter';

/** @throws QError INVALID_TRANSACTION_STATE when nothing is open, or another transaction */
export function checkAbort(transaction: Transaction, expected: SeenTransaction | null): void {
  const { transactionalId, state, producer, previous, cause, startedWallMs } = transaction;
  const isAborted = outcomeOf(transaction) === 'abort';
  // Its first answer was lost.
  if (expected !== null && isAborted && cause === 'operator' && isSame(previous, expected)) return;
  if (expected !== null && !isSame(producer, expected) && !isPrepared(transaction))
    throw refusal(
      transactionalId,
      `producer ${expected.producerId} in epoch ${expected.producerEpoch} has no open transaction any more; now it is producer ${producer.producerId} in epoch ${producer.producerEpoch}`,
    );
  const isLater = expected?.startedMs !== undefined && startedWallMs !== null && startedWallMs !== expected.startedMs;
  if (isLater) throw refusal(transactionalId, 'that transaction has ended, and another one is open now');
  if (state === 'ongoing' || state === 'prepareAbort') return;
  throw refusal(transactionalId, endings[state] + (isAborted && cause !== null ? `, ${causes[cause]}` : ''));
}

/** For who may want to know later. */
export function noteAbort(
  { before, after }: AbortedTransaction,
  {
    by,
    right,
    audit,
    logger,
  }: {
    readonly by: Author | null;
    readonly right: AbortRight;
    readonly audit: AuditNotes;
    readonly logger: BrokerLogger;
  },
): void {
  const { transactionalId } = before;
  audit.note({
    event: 'audit.transaction_aborted',
    by,
    operation: right,
    resource: { type: 'transactionalId', name: transactionalId },
    before: factsOf(before),
    after: factsOf(after),
  });
  const principal = (by?.principal ?? anonymous).name;
  logger.info(
    { event: 'transaction.aborted', transactionalId, principal, state: after.state },
    'an operator has aborted a transaction',
  );
}

/** The same of what was open in one partition, and nowhere else. */
export function noteAbortIn(topic: string, { by, audit }: { readonly by: Author; readonly audit: AuditNotes }): void {
  audit.note({
    event: 'audit.transaction_aborted',
    by,
    operation: 'alter',
    resource: { type: 'topic', name: topic },
    before: { state: 'hanging', partitions: 1 },
  });
}

function factsOf({ state, partitions }: Transaction): { readonly state: string; readonly partitions: number } {
  return { state, partitions: countPartitions(partitions) };
}

function isSame(left: ProducerIdentity | null, right: ProducerIdentity): boolean {
  return left?.producerId === right.producerId && left.producerEpoch === right.producerEpoch;
}

function refusal(transactionalId: string, why: string): QError {
  return new QError('INVALID_TRANSACTION_STATE', `${JSON.stringify(transactionalId)}: ${why}; nothing was aborted`);
}

const endings: Readonly<Record<TransactionState, string>> = {
  empty: 'there is no open transaction, as nothing was written',
  ongoing: 'the transaction is open',
  prepareCommit: 'the commit is decided, and is being told to all that it touches',
  prepareAbort: 'the abort is decided, and is being told to all that it touches',
  completeCommit: 'there is no open transaction; the last one was committed',
  completeAbort: 'there is no open transaction; the last one was aborted',
};

const causes: Readonly<Record<EndCause, string>> = {
  producer: 'by its producer',
  timeout: 'as it took longer than its time-out',
  fence: 'as another instance had taken over',
  operator: 'by an operator',
};
