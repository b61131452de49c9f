/**
 * ListPartitionReassignments (46): partitions that are moving to other brokers. Null topics stand for all.
 *
 *   request   timeoutMs int32 │ topics [ name string │ partitionIndexes [ int32 ] ]?
 *   answer    throttleTimeMs int32 │ errorCode int16 │ errorMessage string?
 *             │ topics [ name string │ partitions [ partitionIndex int32 │ replicas [ int32 ]
 *               │ addingReplicas [ int32 ] │ removingReplicas [ int32 ] ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const listPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  flexibleSince: 0,
  request: {
    timeoutMs: int32,
    topics: nullable(array(struct({ name: string, partitionIndexes: array(int32) }))),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: int16,
    errorMessage: nullable(string),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            replicas: array(int32),
            addingReplicas: array(int32),
            removingReplicas: array(int32),
          }),
        ),
      }),
    ),
  },
});
