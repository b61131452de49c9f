/** What becomes of transactions without their producers. */
export const transactionEvents = {
  'transaction.timed_out': {
    level: 'info',
    meaning: 'A transaction took longer than its time-out, and is aborted.',
    fields: ['transactionalId', 'timeoutMs'],
  },
  'transaction.fenced': {
    level: 'info',
    meaning:
      'An instance begins to use a transactional id, and the transaction that the one before it had open is aborted. Again and again: two programs run with the same id.',
    fields: ['transactionalId', 'producerId'],
  },
  'transaction.aborted': {
    level: 'info',
    meaning: 'An operator has aborted a transaction. `prepareAbort`: not all of what it touched could be told so yet.',
    fields: ['transactionalId', 'principal', 'state'],
  },
  'transaction.not_told': {
    level: 'warn',
    meaning:
      'A transaction has ended, and not all of what it touched could be told so. It is tried again until it is done, and its id begins no other one before. If it lasts, mend what `err` names, or delete the topic.',
    fields: ['transactionalId', 'state', 'failures', 'pauseMs', 'err'],
  },
  'transaction.hanging_ended': {
    level: 'warn',
    meaning: 'A transaction was open in a partition, and nobody would have ended it: a crash came at its beginning.',
    fields: ['topic', 'partition', 'producerId', 'firstOffset', 'outcome'],
  },
} as const;
