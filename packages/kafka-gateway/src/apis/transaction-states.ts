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

/** States of Kafka in which nothing is here: a client that asks for them gets none, and no word that they are unknown. */
export const otherKafkaStates: readonly string[] = ['Dead', 'PrepareEpochFence'];
