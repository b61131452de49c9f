/**
 * DescribeAcls (29): the access rules that fit a filter.
 *
 *   request   resourceTypeFilter int8 │ resourceNameFilter string? │ 1+ patternTypeFilter int8
 *             │ principalFilter string? │ hostFilter string? │ operation int8 │ permissionType int8
 *   answer    throttleTimeMs int32 │ errorCode int16 │ errorMessage string?
 *             │ resources [ resourceType int8 │ resourceName string │ 1+ patternType int8
 *               │ acls [ principal string │ host string │ operation int8 │ permissionType int8 ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int8, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const describeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  flexibleSince: 2,
  request: {
    resourceTypeFilter: int8,
    resourceNameFilter: nullable(string),
    patternTypeFilter: field(int8, { since: 1, blank: 3 }),
    principalFilter: nullable(string),
    hostFilter: nullable(string),
    operation: int8,
    permissionType: int8,
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: int16,
    errorMessage: field(nullable(string), { blank: null }),
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        patternType: field(int8, { since: 1, blank: 3 }),
        acls: array(struct({ principal: string, host: string, operation: int8, permissionType: int8 })),
      }),
    ),
  },
});
