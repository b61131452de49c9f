/**
 * ListPartitionReassignments: none, as partitions stay where they are (row B1).
 */
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { listPartitionReassignments } from '../messages/list-partition-reassignments.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

export function listPartitionReassignmentsHandler(): Handler {
  return handler(listPartitionReassignments, {
    handle: () => ({ errorCode: kafkaErrorCode.NONE, errorMessage: null, topics: [] }),
  });
}
