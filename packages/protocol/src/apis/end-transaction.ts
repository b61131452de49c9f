import { i16, i64, i8, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** How a transaction ends. Frozen. */
export const transactionOutcomeCode = { abort: 0, commit: 1 } as const;

/** The body of a request END_TRANSACTION. */
export interface EndTransactionRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** One of {@link transactionOutcomeCode}. */
  readonly outcome: number;
}

/** The body of the answer to END_TRANSACTION: who the producer is in its next transaction. */
export interface EndTransactionResponse {
  readonly producerId: number;
  readonly producerEpoch: number;
}

const request: Struct<EndTransactionRequest> = struct('EndTransactionRequest', {
  transactionalId: field(string, 'Transactional id.'),
  producerId: field(i64, 'The producer of the transaction.'),
  producerEpoch: field(i16, 'Its epoch in this transaction.'),
  outcome: field(i8, '0 = abort, 1 = commit.'),
});

const response: Struct<EndTransactionResponse> = struct('EndTransactionResponse', {
  producerId: field(i64, 'Id of the producer in its next transaction.'),
  producerEpoch: field(i16, 'Epoch of its next transaction, in which sequences start at 0.'),
});

/** Ends a transaction. */
export const EndTransaction: Api<EndTransactionRequest, EndTransactionResponse> = {
  key: 25,
  name: 'END_TRANSACTION',
  versions: { min: 0, max: 0 },
  request,
  response,
  doc: 'Commits or aborts a transaction, and gives the epoch of the next one. When the answer comes, whoever reads sees the outcome everywhere. The same request again, as when an answer was lost, gets the same answer. An abort is taken also where there is nothing to abort, and brings a producer back whose transaction was aborted by its time-out.',
};
