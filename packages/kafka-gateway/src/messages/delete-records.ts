/**
 * DeleteRecords (21): moves the starts of partitions up. Offset -1 stands for the high watermark.
 *
 *   request   topics [ name string │ partitions [ partitionIndex int32 │ offset int64 ] ] │ timeoutMs int32
 *   answer    throttleTimeMs int32
 *             │ topics [ name string │ partitions [ partitionIndex int32 │ lowWatermark int64 │ errorCode int16 ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int64, int64Clamped, string } from '../wire/scalars.ts';
import { field, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  flexibleSince: 2,
  request: {
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, offset: int64Clamped })) })),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ partitionIndex: int32, lowWatermark: int64, errorCode: int16 })),
      }),
    ),
  },
});
