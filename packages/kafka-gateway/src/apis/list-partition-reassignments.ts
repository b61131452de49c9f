/**
 * ListPartitionReassignments: none, as partitions stay where they are (row B1).
 */
import { demand } from '@q/broker';
import type { Services } from '@q/broker';
import { cluster } from '@q/security';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { listPartitionReassignments } from '../messages/list-partition-reassignments.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

export function listPartitionReassignmentsHandler({ access }: Pick<Services, 'access'>): Handler {
  return handler(listPartitionReassignments, {
    handle: (_request, { caller }) => {
      demand(access, caller, { operation: 'describe', resource: cluster });
      return { errorCode: kafkaErrorCode.NONE, errorMessage: null, topics: [] };
    },
    refuse: (errorCode, _request, _context, errorMessage) => ({ errorCode, errorMessage, topics: [] }),
  });
}
