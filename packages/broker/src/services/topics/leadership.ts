/** Who leads a partition, and since which epoch. */
export interface Leader {
  readonly brokerId: number;
  /** Rises with every change of the leader, and with every start after a crash. */
  readonly epoch: number;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
}

/** What leadership goes by: a topic as its record tells of it. */
export interface LedTopic {
  readonly topicId: string;
  /** The broker's term in which the topic was made; null for a topic of the broker's own, whose epoch stays 0. */
  readonly firstTerm: number | null;
}

/** Says who leads what, and when that changes. */
export interface Leadership {
  leaderOf(topic: LedTopic, partition: number): Leader;
  /** Calls `listener` with each partition whose leader has changed. Returns how to stop that. */
  watch(listener: (topicId: string, partition: number) => void): () => void;
}

/** One broker leads everything, as long as it lives: an epoch is how often it has crashed since the topic was made. */
export class SoleLeadership implements Leadership {
  readonly #brokerIds: readonly number[];
  readonly #term: number;

  constructor({ brokerId, term }: { brokerId: number; term: number }) {
    this.#brokerIds = [brokerId];
    this.#term = term;
  }

  leaderOf({ firstTerm }: LedTopic): Leader {
    const brokerIds = this.#brokerIds;
    return {
      brokerId: brokerIds[0]!,
      epoch: firstTerm === null ? 0 : this.#term - firstTerm,
      replicas: brokerIds,
      inSyncReplicas: brokerIds,
    };
  }

  watch(): () => void {
    return () => undefined;
  }
}
