/**
 * Heartbeat (12): a member of a classic group says that it is alive, and hears whether it has to join again.
 *
 *   request   groupId string │ generationId int32 │ memberId string │ 3+ groupInstanceId string?
 *   answer    1+ throttleTimeMs int32 │ errorCode int16
 */
import { int16, int32, string } from '../wire/scalars.ts';
import { field, nullable } from '../wire/struct.ts';
import { api } from './api.ts';

export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  flexibleSince: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: field(nullable(string), { since: 3, blank: null }),
  },
  response: { throttleTimeMs: field(int32, { since: 1, blank: 0 }), errorCode: int16 },
});
