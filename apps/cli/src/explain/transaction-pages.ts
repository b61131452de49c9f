import type { ErrorPage } from './error-page.ts';

type TransactionError =
  | 'UNKNOWN_TRANSACTIONAL_ID'
  | 'PRODUCER_FENCED'
  | 'INVALID_TRANSACTION_STATE'
  | 'CONCURRENT_TRANSACTIONS'
  | 'TRANSACTION_ABORTED'
  | 'TRANSACTION_LIMIT'
  | 'UNSTABLE_OFFSETS';

/** What is all or nothing. */
export const transactionPages: Readonly<Record<TransactionError, ErrorPage>> = {
  UNKNOWN_TRANSACTIONAL_ID: {
    causes: [
      'Nobody has begun to use the id.',
      'The id was not used for seven days, and was forgotten.',
      'The producer writes in a transaction with a producer id that it was given for something else.',
    ],
    client: ['Begin anew. A q producer does so before its next transaction.'],
    broker: ['`q transaction list` has the ids that are in use.'],
  },
  PRODUCER_FENCED: {
    causes: [
      'Two programs run with the same transactional id.',
      'The program was started again while its old instance was still running.',
      'The old instance hung, and came back after another one had taken over.',
    ],
    client: ['End the instance that hears this. Give each running instance an id of its own.'],
    broker: ['Nothing to do: that the old one is kept out is what the id is for.'],
  },
  INVALID_TRANSACTION_STATE: {
    causes: [
      'A transaction is committed that has written nothing, or that has ended the other way.',
      'A Kafka client of an old version writes to a partition that it has not added to its transaction.',
      'An operator wants to abort a transaction that has ended meanwhile.',
    ],
    client: ['Abort, and begin anew.'],
    broker: ['`q transaction describe` says what is so now.'],
  },
  CONCURRENT_TRANSACTIONS: {
    causes: [
      'The markers of the last transaction are still being written.',
      'A partition of the last transaction cannot be written to: its disk is full, or its log is damaged.',
    ],
    client: ['Send it again after a pause. q clients do so.'],
    broker: ['See whether a partition cannot be written to: `q transaction describe` names all that it has to reach.'],
  },
  TRANSACTION_ABORTED: {
    causes: [
      'The transaction took longer than the time-out that its producer had asked for.',
      'Somebody has aborted it to free consumers that waited behind it.',
    ],
    client: ['Abort it: that brings the producer back. Then do the work again, in smaller portions.'],
    broker: ['`q transaction describe` says which of the two, and `q audit` who has aborted it.'],
  },
  TRANSACTION_LIMIT: {
    causes: ['The transaction writes to more partitions, or commits more offsets, than one may.'],
    client: ['Abort it, and do its work in several transactions.'],
    broker: ['Nothing to do.'],
  },
  UNSTABLE_OFFSETS: {
    causes: ['A transaction that has not ended yet may commit other offsets for the same partitions.'],
    client: ['Ask again after a pause. q clients do so.'],
    broker: [
      'If it lasts, a transaction hangs: `q transaction list --min-age 1m`. It ends at its time-out, or with `q transaction abort`.',
    ],
  },
};
