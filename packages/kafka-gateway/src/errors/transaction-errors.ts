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
  /** TRANSACTION_ABORTABLE (KIP-890), after which a client may abort and go on; as one that is fenced before it. */
  readonly abortable: number;
}

/** What comes of the work; an error as a client of this version is told of it. */
export async function tellingTransactionErrors<T>(
  work: Promise<T>,
  version: number,
  since: TransactionErrorsSince,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw QError.is(error) ? asTold(error, version, since) : error;
  }
}

function asTold(error: QError, version: number, { fenced, abortable }: TransactionErrorsSince): Error {
  const { code, message } = error;
  const options = { cause: error };
  const isAbortable = code === 'TRANSACTION_ABORTED' || code === 'TRANSACTION_LIMIT';
  if (isAbortable && version >= abortable) return new KafkaError('TRANSACTION_ABORTABLE', message, options);
  // As Kafka does it, and no other error brings all of those clients back.
  if (code === 'TRANSACTION_ABORTED' && version >= fenced) return new KafkaError('PRODUCER_FENCED', message, options);
  if (code === 'PRODUCER_FENCED' && version < fenced) return new KafkaError('INVALID_PRODUCER_EPOCH', message, options);
  return error;
}
