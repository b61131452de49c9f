/**
 * Errors of transactions, which Kafka says otherwise to older clients: what they do not know they take for something
 * worse.
 */
import { QError } from '@q/protocol';
import { KafkaError } from './kafka-errors.ts';

/** The first versions of an API that know an error. */
export interface TransactionErrorsSince {
  /** PRODUCER_FENCED; INVALID_PRODUCER_EPOCH before it. */
  readonly fenced: number;
  /** TRANSACTION_ABORTABLE (KIP-890), after which a client may abort and go on; INVALID_PRODUCER_EPOCH before it. */
  readonly abortable: number;
}

/** As a client of this version is told. What is thrown and no error of ours stays as it is. */
export function asTransactionError(thrown: unknown, version: number, since: TransactionErrorsSince): unknown {
  if (!QError.is(thrown)) return thrown;
  const { code, message } = thrown;
  const options = { cause: thrown };
  const isAbortable = code === 'TRANSACTION_ABORTED' || code === 'TRANSACTION_LIMIT';
  if (isAbortable && version >= since.abortable) return new KafkaError('TRANSACTION_ABORTABLE', message, options);
  if (code === 'PRODUCER_FENCED' && version < since.fenced)
    return new KafkaError('INVALID_PRODUCER_EPOCH', message, options);
  return thrown;
}
