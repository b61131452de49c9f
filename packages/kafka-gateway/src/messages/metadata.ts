/**
 * Metadata (3): the brokers, which topics there are, and who leads their partitions.
 *
 *   request   topics [ 10+ topicId uuid │ name string, 10+ string? ], 1+ null = all │ 4+ allowAutoTopicCreation bool
 *             │ 8-10 includeClusterAuthorizedOperations bool │ 8+ includeTopicAuthorizedOperations bool
 *   answer    3+ throttleTimeMs int32 │ brokers [ nodeId int32 │ host string │ port int32 │ 1+ rack string? ]
 *             │ 2+ clusterId string? │ 1+ controllerId int32
 *             │ topics [ errorCode int16 │ name string, 12+ string? │ 10+ topicId uuid │ 1+ isInternal bool
 *                        │ partitions [ errorCode int16 │ partitionIndex int32 │ leaderId int32 │ 7+ leaderEpoch int32
 *                                       │ replicaNodes [int32] │ isrNodes [int32] │ 5+ offlineReplicas [int32] ]
 *                        │ 8+ topicAuthorizedOperations int32 ]
 *             │ 8-10 clusterAuthorizedOperations int32 │ 13+ errorCode int16
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, string, uuid, noUuid } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

/** Operations that were not asked for. */
const notAsked = -0x8000_0000;

export const metadata = api({
  key: 3,
  name: 'Metadata',
  flexibleSince: 9,
  request: {
    topics: nullable(
      array(struct({ topicId: field(uuid, { since: 10, blank: noUuid }), name: nullable(string, { since: 10 }) })),
      { since: 1 },
    ),
    allowAutoTopicCreation: field(bool, { since: 4, blank: true }),
    includeClusterAuthorizedOperations: field(bool, { since: 8, until: 10, blank: false }),
    includeTopicAuthorizedOperations: field(bool, { since: 8, blank: false }),
  },
  response: {
    throttleTimeMs: field(int32, { since: 3, blank: 0 }),
    brokers: array(
      struct({ nodeId: int32, host: string, port: int32, rack: field(nullable(string), { since: 1, blank: null }) }),
    ),
    clusterId: field(nullable(string), { since: 2, blank: null }),
    controllerId: field(int32, { since: 1, blank: -1 }),
    topics: array(
      struct({
        errorCode: int16,
        name: nullable(string, { since: 12 }),
        topicId: field(uuid, { since: 10, blank: noUuid }),
        isInternal: field(bool, { since: 1, blank: false }),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: field(int32, { since: 7, blank: -1 }),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            offlineReplicas: field(array(int32), { since: 5, blank: [] }),
          }),
        ),
        topicAuthorizedOperations: field(int32, { since: 8, blank: notAsked }),
      }),
    ),
    clusterAuthorizedOperations: field(int32, { since: 8, until: 10, blank: notAsked }),
    errorCode: field(int16, { since: 13, blank: 0 }),
  },
});
