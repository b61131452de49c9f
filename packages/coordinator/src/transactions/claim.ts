/**
 * Whether whoever asks is the producer that the transactional id has now.
 */
import type { ProducerIdentity } from '../producer-ids.ts';
import { refuse } from './turn.ts';
import type { Turn } from './turn.ts';
import type { EndCause, Transaction } from './transaction.ts';

/** Null: it is the producer of now. Otherwise why it is refused. */
export function refuseOthers(transaction: Transaction, claimed: ProducerIdentity): Turn | null {
  if (isSame(claimed, transaction.producer)) return null;
  const { transactionalId, producer, cause } = transaction;
  if (isPrevious(transaction, claimed) && isUndone(transaction))
    return refuse(transaction, 'TRANSACTION_ABORTED', `the transaction of ${shown(transactionalId)} ${whys[cause!]}`);
  const { producerId, producerEpoch } = claimed;
  const message = `${shown(transactionalId)} is used by producer ${producer.producerId} in epoch ${producer.producerEpoch}, not ${producerId} in ${producerEpoch}: another instance has taken over, or this one has missed an answer`;
  return refuse(transaction, 'PRODUCER_FENCED', message);
}

/** Whether the claim is that of the producer before the last raise, whose request may be a repeated one. */
export function isPrevious({ previous }: Transaction, claimed: ProducerIdentity): boolean {
  return previous !== null && isSame(claimed, previous);
}

/** Whether the last transaction was ended by somebody else than its producer, which goes on all the same. */
export function isUndone({ state, cause }: Transaction): boolean {
  return (state === 'prepareAbort' || state === 'completeAbort') && (cause === 'timeout' || cause === 'operator');
}

function isSame(left: ProducerIdentity, right: ProducerIdentity): boolean {
  return left.producerId === right.producerId && left.producerEpoch === right.producerEpoch;
}

const whys: Readonly<Record<EndCause, string>> = {
  timeout: 'took longer than its time-out, and was aborted; do its work anew',
  operator: 'was aborted by an operator; do its work anew',
  producer: 'was aborted',
  fence: 'was aborted by another instance',
};

function shown(transactionalId: string): string {
  return JSON.stringify(transactionalId);
}
