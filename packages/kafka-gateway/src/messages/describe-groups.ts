/**
 * DescribeGroups (15): groups with their members, and what each member has said and was given, as bytes of the
 * consumers' own protocol.
 *
 *   request   groups [ string ] │ 3+ includeAuthorizedOperations bool
 *   answer    1+ throttleTimeMs int32
 *             │ groups [ errorCode int16 │ 6+ errorMessage string? │ groupId string │ groupState string
 *                      │ protocolType string │ protocolData string │ members [ MEMBER ] │ 3+ authorizedOperations int32 ]
 *   MEMBER    memberId string │ 4+ groupInstanceId string? │ clientId string │ clientHost string
 *             │ memberMetadata bytes │ memberAssignment bytes
 */
import { array } from '../wire/array.ts';
import { bool, bytes, int16, int32, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

/** Of a group's operations, when nobody has asked which are allowed. */
export const operationsUnknown = -0x8000_0000;

export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  flexibleSince: 5,
  request: {
    groups: array(string),
    includeAuthorizedOperations: field(bool, { since: 3, blank: false }),
  },
  response: {
    throttleTimeMs: field(int32, { since: 1, blank: 0 }),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: field(nullable(string), { since: 6, blank: null }),
        groupId: string,
        groupState: string,
        protocolType: string,
        protocolData: string,
        members: array(
          struct({
            memberId: string,
            groupInstanceId: field(nullable(string), { since: 4, blank: null }),
            clientId: string,
            clientHost: string,
            memberMetadata: bytes,
            memberAssignment: bytes,
          }),
        ),
        authorizedOperations: field(int32, { since: 3, blank: operationsUnknown }),
      }),
    ),
  },
});
