/**
 * ListTransactions (66): the transactional ids of a broker. An empty filter takes all.
 *
 *   request   stateFilters [ string ] │ producerIdFilters [ int64 ] │ 1+ durationFilter int64
 *             │ 2+ transactionalIdPattern string?
 *   answer    throttleTimeMs int32 │ errorCode int16 │ unknownStateFilters [ string ]
 *             │ transactionStates [ transactionalId string │ producerId int64 │ transactionState string ]
 */
import { array } from '../wire/array.ts';
import { int16, int32, int64, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const listTransactions = api({
  key: 66,
  name: 'ListTransactions',
  flexibleSince: 0,
  request: {
    stateFilters: array(string),
    producerIdFilters: array(int64),
    durationFilter: field(int64, { since: 1, blank: -1 }),
    transactionalIdPattern: field(nullable(string), { since: 2, blank: null }),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: int16,
    unknownStateFilters: array(string),
    transactionStates: array(struct({ transactionalId: string, producerId: int64, transactionState: string })),
  },
});
