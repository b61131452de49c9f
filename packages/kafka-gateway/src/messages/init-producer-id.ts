/**
 * InitProducerId (22): an id for an idempotent producer, or the next epoch of one.
 *
 *   request   transactionalId string? │ transactionTimeoutMs int32 │ 3+ producerId int64 │ 3+ producerEpoch int16
 *   answer    throttleTimeMs int32 │ errorCode int16 │ producerId int64 │ producerEpoch int16
 */
import { int16, int32, int64, string } from '../wire/scalars.ts';
import { field, nullable } from '../wire/struct.ts';
import { api } from './api.ts';

export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  flexibleSince: 2,
  request: {
    transactionalId: nullable(string),
    transactionTimeoutMs: int32,
    producerId: field(int64, { since: 3, blank: -1 }),
    producerEpoch: field(int16, { since: 3, blank: -1 }),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: int16,
    producerId: int64,
    producerEpoch: int16,
  },
});
