/**
 * DescribeProducers (61): which producers a partition remembers.
 *
 *   request   topics [ name string │ partitionIndexes [int32] ]
 *   answer    throttleTimeMs int32
 *             │ topics [ name string
 *                 │ partitions [ partitionIndex int32 │ errorCode int16 │ errorMessage string?
 *                     │ activeProducers [ producerId int64 │ producerEpoch int32 │ lastSequence int32
 *                         │ lastTimestamp int64 │ coordinatorEpoch int32 │ currentTxnStartOffset int64 ] ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int64, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const describeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  flexibleSince: 0,
  request: { topics: array(struct({ name: string, partitionIndexes: array(int32) })) },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: field(nullable(string), { blank: null }),
            activeProducers: array(
              struct({
                producerId: int64,
                producerEpoch: int32,
                lastSequence: int32,
                lastTimestamp: int64,
                coordinatorEpoch: int32,
                currentTxnStartOffset: int64,
              }),
            ),
          }),
        ),
      }),
    ),
  },
});
