/**
 * SyncGroup (14): the leader hands in what it has assigned, and every member gets its part of it.
 *
 *   request   groupId string │ generationId int32 │ memberId string │ 3+ groupInstanceId string?
 *             │ 5+ protocolType string? │ 5+ protocolName string? │ assignments [ memberId string │ assignment bytes ]
 *   answer    1+ throttleTimeMs int32 │ errorCode int16 │ 5+ protocolType string? │ 5+ protocolName string?
 *             │ assignment bytes
 */
import { array } from '../wire/array.ts';
import { bytes, int16, int32, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  flexibleSince: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: field(nullable(string), { since: 3, blank: null }),
    protocolType: field(nullable(string), { since: 5, blank: null }),
    protocolName: field(nullable(string), { since: 5, blank: null }),
    assignments: array(struct({ memberId: string, assignment: bytes })),
  },
  response: {
    throttleTimeMs: field(int32, { since: 1, blank: 0 }),
    errorCode: int16,
    protocolType: field(nullable(string), { since: 5, blank: null }),
    protocolName: field(nullable(string), { since: 5, blank: null }),
    assignment: bytes,
  },
});
