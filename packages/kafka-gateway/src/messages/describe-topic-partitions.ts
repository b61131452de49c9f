/**
 * DescribeTopicPartitions (75): topics and their partitions, some at a time.
 *
 *   request   topics [ name string ] │ responsePartitionLimit int32 │ cursor { topicName string │ partitionIndex int32 }?
 *   answer    throttleTimeMs int32
 *             │ topics [ errorCode int16 │ name string? │ topicId uuid │ isInternal bool
 *                 │ partitions [ errorCode int16 │ partitionIndex int32 │ leaderId int32 │ leaderEpoch int32
 *                     │ replicaNodes [int32] │ isrNodes [int32] │ eligibleLeaderReplicas [int32]? │ lastKnownElr [int32]?
 *                     │ offlineReplicas [int32] ]
 *                 │ topicAuthorizedOperations int32 ]
 *             │ nextCursor { topicName string │ partitionIndex int32 }?
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, string, uuid } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

const cursor = struct({ topicName: string, partitionIndex: int32 });

export const describeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  flexibleSince: 0,
  request: {
    topics: array(struct({ name: string })),
    responsePartitionLimit: int32,
    cursor: nullable(cursor),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    topics: array(
      struct({
        errorCode: int16,
        name: nullable(string),
        topicId: uuid,
        isInternal: bool,
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: int32,
            replicaNodes: array(int32),
            isrNodes: array(int32),
            eligibleLeaderReplicas: nullable(array(int32)),
            lastKnownElr: nullable(array(int32)),
            offlineReplicas: array(int32),
          }),
        ),
        topicAuthorizedOperations: field(int32, { blank: -0x8000_0000 }),
      }),
    ),
    nextCursor: field(nullable(cursor), { blank: null }),
  },
});
