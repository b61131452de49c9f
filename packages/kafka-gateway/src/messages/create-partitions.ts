/**
 * CreatePartitions (37): adds partitions to topics; `count` is the new total.
 *
 *   request   topics [ name string │ count int32 │ assignments [ brokerIds [ int32 ] ]? ]
 *             │ timeoutMs int32 │ validateOnly bool
 *   answer    throttleTimeMs int32 │ results [ name string │ errorCode int16 │ errorMessage string? ]
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  flexibleSince: 2,
  request: {
    topics: array(
      struct({
        name: string,
        count: int32,
        assignments: field(nullable(array(struct({ brokerIds: array(int32) }))), { blank: null }),
      }),
    ),
    timeoutMs: int32,
    validateOnly: field(bool, { blank: false }),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    results: array(struct({ name: string, errorCode: int16, errorMessage: field(nullable(string), { blank: null }) })),
  },
});
