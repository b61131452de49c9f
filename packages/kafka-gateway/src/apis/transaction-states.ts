import type { Services } from '@q/broker';

type State = ReturnType<Services['transactions']['describe']>['state'];

/** What Kafka calls each state of a transactional id. */
export const kafkaTransactionStates: Readonly<Record<State, string>> = {
  empty: 'Empty',
  ongoing: 'Ongoing',
  prepareCommit: 'PrepareCommit',
  prepareAbort: 'PrepareAbort',
  completeCommit: 'CompleteCommit',
  completeAbort: 'CompleteAbort',
};

/** Other states of Kafka. Nothing is ever in them here: whoever asks for them gets none, and no word of an error. */
export const otherKafkaStates: readonly string[] = ['Dead', 'PrepareEpochFence'];
