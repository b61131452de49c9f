/**
 * AddPartitionsToTxn (24): partitions that a transaction is about to write to. Versions 4 and 5 are for brokers, which
 * ask for several transactions at once.
 *
 *   request   transactionalId string │ producerId int64 │ producerEpoch int16
 *             │ topics [ name string │ partitions [ int32 ] ]
 *   answer    throttleTimeMs int32 │ results [ name string │ results [ partitionIndex int32 │ errorCode int16 ] ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int64, string } from '../wire/scalars.ts';
import { field, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const addPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  flexibleSince: 3,
  request: {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    topics: array(struct({ name: string, partitions: array(int32) })),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    results: array(struct({ name: string, results: array(struct({ partitionIndex: int32, errorCode: int16 })) })),
  },
});
