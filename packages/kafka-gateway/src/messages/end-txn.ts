/**
 * EndTxn (26): a transaction is committed or aborted. From version 5 on the answer says as whom its producer goes on
 * (KIP-890).
 *
 *   request   transactionalId string │ producerId int64 │ producerEpoch int16 │ committed bool
 *   answer    throttleTimeMs int32 │ errorCode int16 │ 5+ producerId int64 │ 5+ producerEpoch int16
 */
import { bool, int16, int32, int64, string } from '../wire/scalars.ts';
import { field } from '../wire/struct.ts';
import { api } from './api.ts';

export const endTxn = api({
  key: 26,
  name: 'EndTxn',
  flexibleSince: 3,
  request: { transactionalId: string, producerId: int64, producerEpoch: int16, committed: bool },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: int16,
    producerId: field(int64, { since: 5, blank: -1 }),
    producerEpoch: field(int16, { since: 5, blank: -1 }),
  },
});
