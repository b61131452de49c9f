/**
 * ListGroups (16): the groups of a broker. An empty filter takes all.
 *
 *   request   4+ statesFilter [ string ] │ 5+ typesFilter [ string ]
 *   answer    1+ throttleTimeMs int32 │ errorCode int16
 *             │ groups [ groupId string │ protocolType string │ 4+ groupState string │ 5+ groupType string ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, string } from '../wire/scalars.ts';
import { field, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const listGroups = api({
  key: 16,
  name: 'ListGroups',
  flexibleSince: 3,
  request: {
    statesFilter: field(array(string), { since: 4, blank: [] }),
    typesFilter: field(array(string), { since: 5, blank: [] }),
  },
  response: {
    throttleTimeMs: field(int32, { since: 1, blank: 0 }),
    errorCode: int16,
    groups: array(
      struct({
        groupId: string,
        protocolType: string,
        groupState: field(string, { since: 4, blank: '' }),
        groupType: field(string, { since: 5, blank: '' }),
      }),
    ),
  },
});
