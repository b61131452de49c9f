/**
 * DescribeTransactions (65): what is going on under transactional ids.
 *
 *   request   transactionalIds [ string ]
 *   answer    throttleTimeMs int32
 *             │ transactionStates [ errorCode int16 │ transactionalId string │ transactionState string
 *                                 │ transactionTimeoutMs int32 │ transactionStartTimeMs int64 │ producerId int64
 *                                 │ producerEpoch int16 │ topics [ topic string │ partitions [ int32 ] ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int64, string } from '../wire/scalars.ts';
import { field, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const describeTransactions = api({
  key: 65,
  name: 'DescribeTransactions',
  flexibleSince: 0,
  request: { transactionalIds: array(string) },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    transactionStates: array(
      struct({
        errorCode: int16,
        transactionalId: string,
        transactionState: string,
        transactionTimeoutMs: int32,
        transactionStartTimeMs: int64,
        producerId: int64,
        producerEpoch: int16,
        topics: array(struct({ topic: string, partitions: array(int32) })),
      }),
    ),
  },
});
