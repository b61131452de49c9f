/**
 * LeaveGroup (13): members of a classic group go; from version 3 on several at once, static ones by their names too.
 *
 *   request   groupId string │ 0-2 memberId string
 *             │ 3+ members [ memberId string │ groupInstanceId string? │ 5+ reason string? ]
 *   answer    1+ throttleTimeMs int32 │ errorCode int16
 *             │ 3+ members [ memberId string │ groupInstanceId string? │ errorCode int16 ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  flexibleSince: 4,
  request: {
    groupId: string,
    memberId: field(string, { until: 2, blank: '' }),
    members: field(
      array(
        struct({
          memberId: string,
          groupInstanceId: nullable(string),
          reason: field(nullable(string), { since: 5, blank: null }),
        }),
      ),
      { since: 3, blank: [] },
    ),
  },
  response: {
    throttleTimeMs: field(int32, { since: 1, blank: 0 }),
    errorCode: int16,
    members: field(array(struct({ memberId: string, groupInstanceId: nullable(string), errorCode: int16 })), {
      since: 3,
      blank: [],
    }),
  },
});
