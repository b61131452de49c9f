/** Where a transactional id may be, as the admin API calls it. */
export const transactionStates = [
  'empty',
  'ongoing',
  'prepareCommit',
  'prepareAbort',
  'completeCommit',
  'completeAbort',
] as const;
export type TransactionState = (typeof transactionStates)[number];

/** What each means, for people. */
export const stateMeanings: Readonly<Record<TransactionState, string>> = {
  empty: 'nothing was written yet',
  ongoing: 'a transaction is open',
  prepareCommit: 'the commit is decided, and being told to all that it touches',
  prepareAbort: 'the abort is decided, and being told to all that it touches',
  completeCommit: 'the last transaction was committed',
  completeAbort: 'the last transaction was aborted',
};
