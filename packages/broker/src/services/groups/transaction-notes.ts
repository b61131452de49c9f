import { QError } from '@q/protocol';
import type { LiveGroup } from './live-group.ts';

/** Says when a group may forget which transactions have committed offsets of it: none may be told to it again. */
export interface TransactionNotes {
  /** Nothing that the group has noted is told to it again, whatever comes. */
  areEnded(group: LiveGroup): boolean;
  /** That, and no transaction that is decided has still to commit offsets of it. */
  isFree(group: LiveGroup): boolean;
  /** Resolves once it is free. @throws QError CONCURRENT_TRANSACTIONS after a while, STORAGE_FAILED, STORAGE_FULL */
  settle(group: LiveGroup): Promise<void>;
}

/** Until the transactions are read, nobody knows what may be told again. */
export const unknownNotes: TransactionNotes = {
  areEnded: ({ applied }) => applied.size === 0,
  isFree: ({ applied }) => applied.size === 0,
  settle: () => Promise.resolve(),
};

/** What whoever deletes a group is told. */
export function stillCommitting(groupId: string): QError {
  const message = `a transaction that commits offsets of group ${JSON.stringify(groupId)} is still ending; send again`;
  return new QError('CONCURRENT_TRANSACTIONS', message, { details: { groupId } });
}
