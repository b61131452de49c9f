/**
 * ConsumerGroupHeartbeat (68): a member of a group of the new protocol (KIP-848) tells what it wants and has.
 *
 *   request   groupId string │ memberId string │ memberEpoch int32 │ instanceId string? │ rackId string?
 *             │ rebalanceTimeoutMs int32 │ subscribedTopicNames [ string ]? │ 1+ subscribedTopicRegex string?
 *             │ serverAssignor string? │ topicPartitions [ topicId uuid │ partitions [ int32 ] ]?
 *   answer    throttleTimeMs int32 │ errorCode int16 │ errorMessage string? │ memberId string? │ memberEpoch int32
 *             │ heartbeatIntervalMs int32 │ assignment { topicPartitions [ topicId uuid │ partitions [ int32 ] ] }?
 */
import { array } from '../wire/array.ts';
import { int16, int32, string, uuid } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

const topicPartitions = array(struct({ topicId: uuid, partitions: array(int32) }));

export const consumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  flexibleSince: 0,
  request: {
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    instanceId: field(nullable(string), { blank: null }),
    rackId: field(nullable(string), { blank: null }),
    rebalanceTimeoutMs: field(int32, { blank: -1 }),
    subscribedTopicNames: field(nullable(array(string)), { blank: null }),
    subscribedTopicRegex: field(nullable(string), { since: 1, blank: null }),
    serverAssignor: field(nullable(string), { blank: null }),
    topicPartitions: field(nullable(topicPartitions), { blank: null }),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: int16,
    errorMessage: field(nullable(string), { blank: null }),
    memberId: field(nullable(string), { blank: null }),
    memberEpoch: field(int32, { blank: 0 }),
    heartbeatIntervalMs: field(int32, { blank: 0 }),
    assignment: field(nullable(struct({ topicPartitions })), { blank: null }),
  },
});
