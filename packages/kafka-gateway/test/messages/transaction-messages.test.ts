import { describe } from 'vitest';
import { addPartitionsToTxn } from '../../src/messages/add-partitions-to-txn.ts';
import { describeTransactions } from '../../src/messages/describe-transactions.ts';
import { endTxn } from '../../src/messages/end-txn.ts';
import { listTransactions } from '../../src/messages/list-transactions.ts';
import { txnOffsetCommit } from '../../src/messages/txn-offset-commit.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('messages of transactions', () => {
  itReadsTheCaptures(addPartitionsToTxn, 1);
  itReadsTheCaptures(endTxn, 7);
  itReadsTheCaptures(txnOffsetCommit, 4);
  itReadsTheCaptures(describeTransactions, 1);
  itReadsTheCaptures(listTransactions, 1);
});
