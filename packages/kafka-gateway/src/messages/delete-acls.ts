/**
 * DeleteAcls (31): takes away the access rules that fit one of the filters, and tells which those were.
 *
 *   request   filters [ resourceTypeFilter int8 │ resourceNameFilter string? │ 1+ patternTypeFilter int8
 *               │ principalFilter string? │ hostFilter string? │ operation int8 │ permissionType int8 ]
 *   answer    throttleTimeMs int32 │ filterResults [ errorCode int16 │ errorMessage string?
 *               │ matchingAcls [ errorCode int16 │ errorMessage string? │ resourceType int8 │ resourceName string
 *                 │ 1+ patternType int8 │ principal string │ host string │ operation int8 │ permissionType int8 ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int8, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

const matchingAcl = struct({
  errorCode: field(int16, { blank: 0 }),
  errorMessage: field(nullable(string), { blank: null }),
  resourceType: int8,
  resourceName: string,
  patternType: field(int8, { since: 1, blank: 3 }),
  principal: string,
  host: string,
  operation: int8,
  permissionType: int8,
});

export const deleteAcls = api({
  key: 31,
  name: 'DeleteAcls',
  flexibleSince: 2,
  request: {
    filters: array(
      struct({
        resourceTypeFilter: int8,
        resourceNameFilter: nullable(string),
        patternTypeFilter: field(int8, { since: 1, blank: 3 }),
        principalFilter: nullable(string),
        hostFilter: nullable(string),
        operation: int8,
        permissionType: int8,
      }),
    ),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    filterResults: array(
      struct({
        errorCode: int16,
        errorMessage: field(nullable(string), { blank: null }),
        matchingAcls: array(matchingAcl),
      }),
    ),
  },
});
