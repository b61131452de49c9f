/**
 * The internal topic that transactions live on. It is made when the first transactional id is used.
 */
import { decodeTransactionRecord, encodeTransactionRecord } from '@q/coordinator';
import type { TransactionImage, TransactionRecord } from '@q/coordinator';
import type { LogId, PartitionLog } from '@q/storage';
import { replayStateLog } from '../../state-log/replay.ts';
import type { StateRecords } from '../../state-log/state-log.ts';

/** Fixed, so that the log is found before anything else is known of it. Frozen. */
export const transactionsLogId: LogId = {
  topic: '__transactions',
  topicId: '00000000-0000-4000-8000-000000000004',
  partition: 0,
};

/** One record has all of a transactional id. */
export const transactionRecords: StateRecords<TransactionRecord> = {
  name: 'changes of transactions',
  keyOf: () => 'transaction',
  encode: encodeTransactionRecord,
};

/** Folds the topic into the image. @throws QError CORRUPT_LOG */
export function replayTransactions(log: PartitionLog, image: TransactionImage): Promise<void> {
  return replayStateLog(log, { decode: decodeTransactionRecord, apply: (record) => image.apply(record) });
}
