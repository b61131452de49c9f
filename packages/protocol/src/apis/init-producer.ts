import { i16, i32, i64, nullableString } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request INIT_PRODUCER. */
export interface InitProducerRequest {
  /** -1 = a new id. With a transactional id: nobody in particular. */
  readonly producerId: number;
  /** -1 = a new id. */
  readonly producerEpoch: number;
  /** Null: a producer without transactions. */
  readonly transactionalId: string | null;
  /** How long each transaction may take, ms; -1 without a transactional id. */
  readonly transactionTimeoutMs: number;
}

/** The body of the answer to INIT_PRODUCER. */
export interface InitProducerResponse {
  readonly producerId: number;
  readonly producerEpoch: number;
}

const initProducerRequest: Struct<InitProducerRequest> = struct('InitProducerRequest', {
  producerId: field(
    i64,
    'The id to go on with; -1 = a new one. With a transactional id: who the producer is that goes on; -1 = one that begins.',
  ),
  producerEpoch: field(i16, 'The epoch held so far; -1 = a new id.'),
  transactionalId: field(
    nullableString,
    'Begins transactions under this id: whoever used it before is fenced, and its open transaction is aborted. Null = a producer without transactions.',
    { since: 1, value: null, ignorable: true },
  ),
  transactionTimeoutMs: field(
    i32,
    'How long each transaction may take before it is aborted, in milliseconds; -1 without a transactional id.',
    { since: 1, value: -1, ignorable: true },
  ),
});

const initProducerResponse: Struct<InitProducerResponse> = struct('InitProducerResponse', {
  producerId: field(i64, 'Id to put in record batches.'),
  producerEpoch: field(i16, 'Epoch to put in record batches; sequences start at 0 with it.'),
});

/** Gives an idempotent producer its id, or the next epoch of the id it has; begins transactions. */
export const InitProducer: Api<InitProducerRequest, InitProducerResponse> = {
  key: 12,
  name: 'INIT_PRODUCER',
  versions: { min: 0, max: 1 },
  request: initProducerRequest,
  response: initProducerResponse,
  doc: 'Gives an idempotent producer its id, or, given an id and epoch, the next epoch of it (a new id when epochs are used up). With a transactional id it begins transactions: the answer comes when what was open under that id has ended.',
};
