import type { Mutation } from './mutation.ts';

const machine = 'packages/coordinator/src/transactions';
const service = 'packages/broker/src/services/transactions';
const stepped = 'packages/coordinator/test/transactions/step-transaction.test.ts';
const served = 'packages/broker/test/services/transactions/transactions.test.ts';
const lost = 'packages/broker/test/services/transactions/lost-decisions.test.ts';
const deleted = 'packages/broker/test/services/transactions/deleted-groups.test.ts';
const indexed = 'packages/storage/test/transactions/damaged-index.test.ts';
const logged = 'packages/storage/test/conformance/simulated-disk-store.test.ts';

/** Bugs of transactions. */
export const transactionMutations: readonly Mutation[] = [
  {
    name: 'the last stable offset is one too high',
    isOfTransactions: true,
    file: 'packages/storage/src/log/log-core.ts',
    find: '    return Math.max(this.logStartOffset, firstUnstable);',
    replace: '    return Math.max(this.logStartOffset, firstUnstable + 1);',
  },
  {
    name: 'the last stable offset is the high watermark',
    isOfTransactions: true,
    file: 'packages/storage/src/log/log-core.ts',
    find: '    if (firstUnstable >= this.highWatermark) return',
    replace: '    if (firstUnstable >= 0) return',
  },
  {
    name: 'an index of aborted transactions that is damaged is not made again',
    test: indexed,
    file: 'packages/storage/src/log/saved-state.ts',
    find: 'transactions: isAbortedKnown ? snapshotOffset : 0,',
    replace: 'transactions: snapshotOffset,',
  },
  {
    name: 'a repair forgets what was aborted',
    test: indexed,
    file: 'packages/storage/src/repair/repair.ts',
    find: "for (const kind of ['index', 'timeindex'] as const)",
    replace: "for (const kind of ['index', 'timeindex', 'txnindex'] as const)",
  },
  {
    name: 'zeros are taken for an aborted transaction',
    test: 'packages/storage/test/transactions/aborted-transactions.test.ts',
    file: 'packages/storage/src/transactions/aborted-transactions.ts',
    find: '&& firstOffset < lastOffset',
    replace: '&& firstOffset <= lastOffset',
  },
  {
    name: 'transactions that are open are forgotten with a restart',
    test: served,
    file: 'packages/storage/src/log/saved-state.ts',
    find: '? [] : openTransactionsOf(producers));',
    replace: '? [] : openTransactionsOf([]));',
  },
  {
    name: 'the epoch does not rise with a transaction',
    test: stepped,
    file: `${machine}/raised.ts`,
    find: 'return { producerId, producerEpoch: producerEpoch + 1 };',
    replace: 'return { producerId, producerEpoch };',
  },
  {
    name: 'whoever comes with an earlier epoch is taken for the producer',
    test: stepped,
    file: `${machine}/claim.ts`,
    find: 'left.producerEpoch === right.producerEpoch',
    replace: 'left.producerEpoch <= right.producerEpoch',
  },
  {
    name: 'a late end of one transaction ends the next one',
    test: stepped,
    file: `${machine}/end.ts`,
    find: "  if (refusal !== null) return refusal;\n  if (before.state === 'ongoing') return",
    replace:
      "  if (refusal !== null && before.state !== 'ongoing') return refusal;\n  if (before.state === 'ongoing') return",
  },
  {
    name: 'markers are written before the decision is stored',
    test: lost,
    file: `${service}/outcome-teller.ts`,
    find: 'live.whenSettled((isStored) => {',
    replace: '[true].forEach((isStored) => {',
  },
  {
    name: 'markers that are written with the decision stay without it',
    test: lost,
    file: `${service}/outcome-teller.ts`,
    find: 'const after = decision === undefined ? {} : { after: decision };',
    replace: 'const after = {};\n      void decision;',
  },
  {
    name: 'offsets of a transaction are committed although it was aborted',
    test: served,
    file: `${service}/outcome-teller.ts`,
    find: "if (decided.state !== 'prepareCommit') return;",
    replace: "if (decided.state === 'ongoing') return;",
  },
  {
    name: 'offsets of a transaction are committed again after a crash',
    test: lost,
    file: 'packages/broker/src/services/groups/live-group.ts',
    find: 'if (before?.producerId === producer.producerId && before.producerEpoch === producer.producerEpoch) return;',
    replace: 'if (before?.producerId === producer.producerId && before.producerEpoch > producer.producerEpoch) return;',
  },
  {
    name: 'a group that is deleted forgets a transaction that may be told to it again',
    test: deleted,
    file: `${service}/group-notes.ts`,
    find: 'for (const note of group.applied.values()) if (!this.#ended.has(note)) return false;',
    replace: 'void group;',
  },
  {
    name: 'offsets of a producer that keeps its epoch are committed by its first transaction alone',
    test: served,
    file: `${service}/group-notes.ts`,
    find: 'if (group === null || !isNotedIn(group, live)) return;',
    replace: 'if (group === null || isNotedIn(group, live)) return;',
  },
  {
    name: 'a batch is acknowledged before it is stored which transaction it is part of',
    test: lost,
    file: 'packages/broker/src/services/append/append-service.ts',
    find: 'joined === null ? appended : appendOnce(appended, joined)',
    replace: 'joined === null || !appended.duplicate ? appended : appendOnce(appended, joined)',
  },
  {
    name: 'a time-out that could not be stored never comes again',
    test: served,
    file: `${service}/transaction-directory.ts`,
    find: "if (outcome === 'failed') this.#options.wentBack(written);",
    replace: "if (outcome === 'durable' && written.newest === null) this.#options.wentBack(written);",
  },
  {
    name: 'compaction takes a marker before the records that it ends',
    test: logged,
    file: 'packages/storage/src/compaction/compacted-transactions.ts',
    find: 'return !this.#kept.delete(batchProducerId(marker));',
    replace: 'return this.#kept.delete(batchProducerId(marker)) || this.#kept.size >= 0;',
  },
  {
    name: 'an aborted value stands for the committed one of its key',
    test: logged,
    file: 'packages/storage/src/compaction/batch-compaction.ts',
    find: '  if (batchIsTransactional(batch) && transactions.isAborted(batch, batchBaseOffset(batch))) return;\n',
    replace: '',
  },
  {
    name: 'what hangs in a partition is not found',
    test: lost,
    file: `${service}/hanging-transactions.ts`,
    find: 'trouble !== null || topic.internal ? []',
    replace: "trouble !== null || topic.name !== '' ? []",
  },
  {
    name: 'offsets of the former life of a member are committed',
    test: 'packages/client/test/group/exactly-once.test.ts',
    file: 'packages/client/src/transactions/open-transaction.ts',
    find: '    for (const share of shares) share.check();\n',
    replace: '',
  },
  {
    name: 'what an old snapshot has open stays open where the log begins behind it',
    test: 'packages/storage/test/transactions/old-snapshot.test.ts',
    file: 'packages/storage/src/log/saved-state.ts',
    find: 'o.transactions.load(offset < o.firstOffset ? []',
    replace: 'o.transactions.load(offset < 0 ? []',
  },
  {
    name: 'a broker that stops spins for whoever waits for an outcome',
    test: 'packages/broker/test/services/transactions/untold-outcomes.test.ts',
    file: `${service}/transactions.ts`,
    find: 'clock.monotonic() >= deadlineMs || this.#teller.isStopped',
    replace: 'clock.monotonic() >= deadlineMs',
  },
];
