import { isUnreadable } from '../errors.ts';
import { offsetFileName } from '../files/file-names.ts';
import type { LogContext } from './log-context.ts';
import type { Segment } from '../segment/segment.ts';
import { decodeAborted } from '../transactions/aborted-transactions.ts';
import type { LogTransactions } from '../transactions/log-transactions.ts';

export interface LoadAbortedOptions {
  readonly transactions: LogTransactions;
  readonly segments: readonly Segment[];
  /** Of segments that have such a file; nearly always none. */
  readonly bases: readonly number[];
}

/** Reads what the segments' files say. False: one is unreadable, so that all of it is made again from the log. */
export async function loadAborted(context: LogContext, o: LoadAbortedOptions): Promise<boolean> {
  const { aborted } = o.transactions;
  for (const segment of o.segments) {
    if (!o.bases.includes(segment.baseOffset)) continue;
    const path = `${segment.directory}/${offsetFileName(segment.baseOffset, 'txnindex')}`;
    try {
      const entries = decodeAborted(await context.fileSystem.readFile(path), segment);
      for (const entry of entries) aborted.add(entry);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      context.log.warn(
        { event: 'partition.transactions_rebuilt', directory: segment.directory, err: error },
        'an index of transactions is unreadable; it is made again from the log',
      );
      return false;
    }
  }
  return true;
}
