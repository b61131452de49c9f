/**
 * IncrementalAlterConfigs (44): changes some settings of a resource. An operation is 0 set, 1 back to the default,
 * 2 append to a list, 3 take out of a list.
 *
 *   request   resources [ resourceType int8 │ resourceName string
 *               │ configs [ name string │ configOperation int8 │ value string? ] ] │ validateOnly bool
 *   answer    throttleTimeMs int32
 *             │ responses [ errorCode int16 │ errorMessage string? │ resourceType int8 │ resourceName string ]
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, int8, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const incrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  flexibleSince: 1,
  request: {
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        configs: array(struct({ name: string, configOperation: int8, value: nullable(string) })),
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
