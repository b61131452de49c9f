/**
 * ListConfigResources (74): what has settings of its own. Version 0 lists subscriptions to metrics of clients only.
 *
 *   request   1+ resourceTypes [ int8 ]
 *   answer    throttleTimeMs int32 │ errorCode int16 │ configResources [ resourceName string │ 1+ resourceType int8 ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int8, string } from '../wire/scalars.ts';
import { field, struct } from '../wire/struct.ts';
import { api } from './api.ts';

/** What version 0 lists. */
const clientMetrics = 16;

export const listConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  flexibleSince: 0,
  request: {
    resourceTypes: field(array(int8), { since: 1, blank: [clientMetrics] }),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: int16,
    configResources: array(
      struct({ resourceName: string, resourceType: field(int8, { since: 1, blank: clientMetrics }) }),
    ),
  },
});
