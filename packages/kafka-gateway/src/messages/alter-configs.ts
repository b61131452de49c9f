/**
 * AlterConfigs (33): replaces all settings of a resource; what is not named goes back to its default.
 *
 *   request   resources [ resourceType int8 │ resourceName string │ configs [ name string │ value string? ] ]
 *             │ validateOnly bool
 *   answer    throttleTimeMs int32
 *             │ responses [ errorCode int16 │ errorMessage string? │ resourceType int8 │ resourceName string ]
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, int8, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const alterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  flexibleSince: 2,
  request: {
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        configs: array(struct({ name: string, value: nullable(string) })),
      }),
    ),
    validateOnly: field(bool, { blank: false }),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    responses: array(
      struct({
        errorCode: int16,
        errorMessage: field(nullable(string), { blank: null }),
        resourceType: int8,
        resourceName: string,
      }),
    ),
  },
});
