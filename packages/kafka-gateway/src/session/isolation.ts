import { KafkaError } from '../errors/kafka-errors.ts';

/**
 * Whether a reader wants no record of a transaction that is not settled.
 * @throws KafkaError UNKNOWN_SERVER_ERROR for a level that is none
 */
export function isReadCommitted(isolationLevel: number): boolean {
  if (isolationLevel === 0 || isolationLevel === 1) return isolationLevel === 1;
  throw new KafkaError('UNKNOWN_SERVER_ERROR', `isolation level ${isolationLevel} is not known; there are 0 and 1`);
}
