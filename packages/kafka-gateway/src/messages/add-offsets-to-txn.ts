/**
 * AddOffsetsToTxn (25): a group whose offsets a transaction is about to commit.
 *
 *   request   transactionalId string │ producerId int64 │ producerEpoch int16 │ groupId string
 *   answer    throttleTimeMs int32 │ errorCode int16
 */
import { int16, int32, int64, string } from '../wire/scalars.ts';
import { field } from '../wire/struct.ts';
import { api } from './api.ts';

export const addOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  flexibleSince: 3,
  request: { transactionalId: string, producerId: int64, producerEpoch: int16, groupId: string },
  response: { throttleTimeMs: field(int32, { blank: 0 }), errorCode: int16 },
});
