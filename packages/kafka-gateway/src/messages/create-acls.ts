/**
 * CreateAcls (30): new access rules.
 *
 *   request   creations [ resourceType int8 │ resourceName string │ 1+ resourcePatternType int8 │ principal string
 *               │ host string │ operation int8 │ permissionType int8 ]
 *   answer    throttleTimeMs int32 │ results [ errorCode int16 │ errorMessage string? ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int8, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const createAcls = api({
  key: 30,
  name: 'CreateAcls',
  flexibleSince: 2,
  request: {
    creations: array(
      struct({
        resourceType: int8,
        resourceName: string,
        resourcePatternType: field(int8, { since: 1, blank: 3 }),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    ),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    results: array(struct({ errorCode: int16, errorMessage: field(nullable(string), { blank: null }) })),
  },
});
