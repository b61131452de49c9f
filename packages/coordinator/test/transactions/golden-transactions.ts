import type { StoredTransaction, TransactionRecord } from '../../src/index.ts';

const topicA = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
const topicB = '00000000-0000-4000-8000-00000000000b';

const empty: StoredTransaction = {
  transactionalId: 'billing-1',
  state: 'empty',
  producer: { producerId: 4000, producerEpoch: 0 },
  previous: null,
  next: null,
  timeoutMs: 60_000,
  startedWallMs: null,
  changedWallMs: 1_700_000_000_000,
  partitions: new Map(),
  offsets: new Map(),
  isRaised: false,
  cause: null,
};

const ongoing: StoredTransaction = {
  ...empty,
  state: 'ongoing',
  startedWallMs: 1_700_000_000_100,
  changedWallMs: 1_700_000_000_200,
  partitions: new Map([
    [topicA, [0, 1, 130]],
    [topicB, [2]],
  ]),
};

const commit = { offset: 42, leaderEpoch: 3, metadata: null, committedAtMs: 1_700_000_000_150 };
const staged: StoredTransaction = {
  ...ongoing,
  state: 'prepareCommit',
  producer: { producerId: 4000, producerEpoch: 1 },
  previous: { producerId: 4000, producerEpoch: 0 },
  next: { producerId: 4000, producerEpoch: 1 },
  isRaised: true,
  cause: 'producer',
  offsets: new Map([
    [
      'readers',
      new Map([
        [`${topicA}/0`, { topicId: topicA, partition: 0, commit }],
        [`${topicA}/300`, { topicId: topicA, partition: 300, commit: { ...commit, leaderEpoch: -1, metadata: 'ü' } }],
      ]),
    ],
  ]),
};

function stored(transaction: StoredTransaction): TransactionRecord {
  return { kind: 'transaction', transaction };
}

/** One of each kind, by the name of its vector in `transaction-records.json`. */
export const goldenTransactions: Readonly<Record<string, TransactionRecord>> = {
  empty: stored(empty),
  ongoing: stored(ongoing),
  'prepareCommit with offsets': stored(staged),
  'prepareAbort in the last epoch, timed out': stored({
    ...ongoing,
    state: 'prepareAbort',
    isRaised: true,
    cause: 'timeout',
    producer: { producerId: 4000, producerEpoch: 32_767 },
    previous: { producerId: 4000, producerEpoch: 32_766 },
    next: { producerId: 5000, producerEpoch: 0 },
  }),
  completeCommit: stored({
    ...empty,
    state: 'completeCommit',
    cause: 'producer',
    producer: { producerId: 4000, producerEpoch: 1 },
    previous: { producerId: 4000, producerEpoch: 0 },
  }),
  'completeAbort by another instance': stored({
    ...empty,
    state: 'completeAbort',
    cause: 'fence',
    producer: { producerId: 4000, producerEpoch: 1 },
  }),
  'completeAbort by an operator': stored({ ...empty, state: 'completeAbort', cause: 'operator' }),
  forgotten: { kind: 'gone', transactionalId: 'billing-1' },
};
