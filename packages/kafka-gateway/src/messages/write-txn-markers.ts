/**
 * WriteTxnMarkers (27): brokers end transactions in partitions by it, and `kafka-transactions abort` ends one in one.
 *
 *   request   markers [ producerId int64 │ producerEpoch int16 │ transactionResult bool
 *                 │ topics [ name string │ partitionIndexes [int32] ]
 *                 │ coordinatorEpoch int32 │ 2+ transactionVersion int8 ]
 *   answer    markers [ producerId int64
 *                 │ topics [ name string │ partitions [ partitionIndex int32 │ errorCode int16 ] ] ]
 */
import { array } from '../wire/array.ts';
import { bool, int8, int16, int32, int64, string } from '../wire/scalars.ts';
import { field, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const writeTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  flexibleSince: 1,
  request: {
    markers: array(
      struct({
        producerId: int64,
        producerEpoch: int16,
        transactionResult: bool,
        topics: array(struct({ name: string, partitionIndexes: array(int32) })),
        coordinatorEpoch: int32,
        transactionVersion: field(int8, { since: 2, blank: 0 }),
      }),
    ),
  },
  response: {
    markers: array(
      struct({
        producerId: int64,
        topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) })),
      }),
    ),
  },
});
