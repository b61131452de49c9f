/**
 * DeleteGroups (42): groups with their offsets.
 *
 *   request   groupsNames [ string ]
 *   answer    throttleTimeMs int32 │ results [ groupId string │ errorCode int16 │ 3+ errorMessage string? ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  flexibleSince: 2,
  request: { groupsNames: array(string) },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    results: array(
      struct({
        groupId: string,
        errorCode: int16,
        errorMessage: field(nullable(string), { since: 3, blank: null }),
      }),
    ),
  },
});
