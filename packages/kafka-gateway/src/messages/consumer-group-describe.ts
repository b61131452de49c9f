/**
 * ConsumerGroupDescribe (69): groups of the new protocol (KIP-848), with their members and assignments.
 *
 *   request     groupIds [ string ] │ includeAuthorizedOperations bool
 *   answer      throttleTimeMs int32
 *               │ groups [ errorCode int16 │ errorMessage string? │ groupId string │ groupState string
 *                 │ groupEpoch int32 │ assignmentEpoch int32 │ assignorName string
 *                 │ members [ memberId string │ instanceId string? │ rackId string? │ memberEpoch int32
 *                   │ clientId string │ clientHost string │ subscribedTopicNames [ string ]
 *                   │ subscribedTopicRegex string? │ assignment ASSIGNMENT │ targetAssignment ASSIGNMENT
 *                   │ 1+ memberType int8 ]
 *                 │ authorizedOperations int32 ]
 *   ASSIGNMENT  topicPartitions [ topicId uuid │ topicName string │ partitions [ int32 ] ]
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, int8, string, uuid } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

const assignment = struct({
  topicPartitions: array(struct({ topicId: uuid, topicName: string, partitions: array(int32) })),
});

const member = struct({
  memberId: string,
  instanceId: field(nullable(string), { blank: null }),
  rackId: field(nullable(string), { blank: null }),
  memberEpoch: int32,
  clientId: string,
  clientHost: string,
  subscribedTopicNames: array(string),
  subscribedTopicRegex: field(nullable(string), { blank: null }),
  assignment,
  targetAssignment: assignment,
  memberType: field(int8, { since: 1, blank: -1 }),
});

/** Authorized operations that were not asked for. */
const notAsked = -0x8000_0000;

export const consumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  flexibleSince: 0,
  request: {
    groupIds: array(string),
    includeAuthorizedOperations: field(bool, { blank: false }),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: field(nullable(string), { blank: null }),
        groupId: string,
        groupState: field(string, { blank: '' }),
        groupEpoch: field(int32, { blank: 0 }),
        assignmentEpoch: field(int32, { blank: 0 }),
        assignorName: field(string, { blank: '' }),
        members: field(array(member), { blank: [] }),
        authorizedOperations: field(int32, { blank: notAsked }),
      }),
    ),
  },
});
