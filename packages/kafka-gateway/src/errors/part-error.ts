import { toWireError } from '@q/broker';
import { KafkaError, toKafkaError } from './kafka-errors.ts';

/** What went wrong with one part of a request, as an answer tells it. */
export function partError(thrown: unknown): { readonly errorCode: number; readonly errorMessage: string } {
  const error = thrown instanceof KafkaError ? thrown : toKafkaError(toWireError(thrown));
  return { errorCode: error.code, errorMessage: error.message };
}
