/**
 * Errors of requests about groups. A coordinator that cannot store what it was told is no coordinator any more: that is
 * how Kafka says it, and what makes clients look for the coordinator and try again. The same trouble in the words of a
 * partition would end a commit for good.
 */
import { kafkaErrorCode, toKafkaError } from './kafka-errors.ts';

const asCoordinator: ReadonlyMap<number, number> = new Map([
  [kafkaErrorCode.KAFKA_STORAGE_ERROR, kafkaErrorCode.NOT_COORDINATOR],
  [kafkaErrorCode.NOT_LEADER_OR_FOLLOWER, kafkaErrorCode.NOT_COORDINATOR],
  [kafkaErrorCode.REQUEST_TIMED_OUT, kafkaErrorCode.COORDINATOR_NOT_AVAILABLE],
]);

/** What a handler's `refuse` was given, as a coordinator says it. */
export function coordinatorErrorCode(code: number): number {
  return asCoordinator.get(code) ?? code;
}

/** 0 where there is no error. */
export function coordinatorCodeOf(error: Parameters<typeof toKafkaError>[0] | null): number {
  return error === null ? kafkaErrorCode.NONE : coordinatorErrorCode(toKafkaError(error).code);
}
