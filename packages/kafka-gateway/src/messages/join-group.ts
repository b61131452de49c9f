/**
 * JoinGroup (11): a member of a classic group comes, or comes again, and waits for the others. What it says of itself
 * for each protocol is opaque here: it is handed to the leader, who assigns.
 *
 *   request   groupId string │ sessionTimeoutMs int32 │ 1+ rebalanceTimeoutMs int32 │ memberId string
 *             │ 5+ groupInstanceId string? │ protocolType string │ protocols [ name string │ metadata bytes ]
 *             │ 8+ reason string?
 *   answer    2+ throttleTimeMs int32 │ errorCode int16 │ generationId int32 │ 7+ protocolType string?
 *             │ protocolName string, 7+ string? │ leader string │ 9+ skipAssignment bool │ memberId string
 *             │ members [ memberId string │ 5+ groupInstanceId string? │ metadata bytes ]
 */
import { array } from '../wire/array.ts';
import { bool, bytes, int16, int32, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const joinGroup = api({
  key: 11,
  name: 'JoinGroup',
  flexibleSince: 6,
  request: {
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: field(int32, { since: 1, blank: -1 }),
    memberId: string,
    groupInstanceId: field(nullable(string), { since: 5, blank: null }),
    protocolType: string,
    protocols: array(struct({ name: string, metadata: bytes })),
    reason: field(nullable(string), { since: 8, blank: null }),
  },
  response: {
    throttleTimeMs: field(int32, { since: 2, blank: 0 }),
    errorCode: int16,
    generationId: int32,
    protocolType: field(nullable(string), { since: 7, blank: null }),
    protocolName: nullable(string, { since: 7 }),
    leader: string,
    skipAssignment: field(bool, { since: 9, blank: false }),
    memberId: string,
    members: array(
      struct({
        memberId: string,
        groupInstanceId: field(nullable(string), { since: 5, blank: null }),
        metadata: bytes,
      }),
    ),
  },
});
