/**
 * OffsetDelete (47): forgets single offsets of a group. The error comes first in its answer, before the throttle time.
 *
 *   request   groupId string │ topics [ name string │ partitions [ partitionIndex int32 ] ]
 *   answer    errorCode int16 │ throttleTimeMs int32
 *             │ topics [ name string │ partitions [ partitionIndex int32 │ errorCode int16 ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, string } from '../wire/scalars.ts';
import { field, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const offsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  flexibleSince: Infinity,
  request: {
    groupId: string,
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32 })) })),
  },
  response: {
    errorCode: int16,
    throttleTimeMs: field(int32, { blank: 0 }),
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) })),
  },
});
