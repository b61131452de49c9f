import { i16, i64 } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request INIT_PRODUCER. */
export interface InitProducerRequest {
  /** -1 = a new id. */
  readonly producerId: number;
  /** -1 = a new id. */
  readonly producerEpoch: number;
}

/** The body of the answer to INIT_PRODUCER. */
export interface InitProducerResponse {
  readonly producerId: number;
  readonly producerEpoch: number;
}

const initProducerRequest: Struct<InitProducerRequest> = struct('InitProducerRequest', {
  producerId: field(i64, 'The id to go on with; -1 = a new one.'),
  producerEpoch: field(i16, 'The epoch held so far; -1 = a new id.'),
});

const initProducerResponse: Struct<InitProducerResponse> = struct('InitProducerResponse', {
  producerId: field(i64, 'Id to put in record batches.'),
  producerEpoch: field(i16, 'Epoch to put in record batches; sequences start at 0 with it.'),
});

/** Gives an idempotent producer its id, or the next epoch of the id it has. */
export const InitProducer: Api<InitProducerRequest, InitProducerResponse> = {
  key: 12,
  name: 'INIT_PRODUCER',
  versions: { min: 0, max: 0 },
  request: initProducerRequest,
  response: initProducerResponse,
  doc: 'Gives an idempotent producer its id, or, given an id and epoch, the next epoch of it (a new id when epochs are used up).',
};
