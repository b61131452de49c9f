import { errorEntry, QError } from '@q/protocol';
import type { MetadataTopic } from '@q/protocol';

import { clientLimits } from '../limits.ts';

/** A partition, and the broker that leads it. */
export interface PartitionMetadata {
  /** The number of the partition. */
  readonly partition: number;
  /** -1: no leader at the moment. */
  readonly leaderId: number;
  /** Rises with each new leader. */
  readonly leaderEpoch: number;
  /** Ids of the brokers that keep it. */
  readonly replicas: readonly number[];
  /** Ids of those that have all that is acknowledged. */
  readonly inSyncReplicas: readonly number[];
}

/** What is known of a topic. `partitions[n].partition === n`. */
export interface TopicMetadata {
  /** The name of the topic. */
  readonly name: string;
  /** Its id, which a topic of the same name made later does not have. */
  readonly topicId: string;
  /** Whether it belongs to the broker itself. */
  readonly internal: boolean;
  /** `delete`, `compact`, or both with a comma. */
  readonly cleanupPolicy: string;
  /** The largest batch that it takes, in bytes. */
  readonly maxMessageBytes: number;
  /** In the order of their numbers. */
  readonly partitions: readonly PartitionMetadata[];
}

/**
 * Reads one topic of a METADATA answer.
 *
 * @throws QError what the broker says of the topic; `MALFORMED_FRAME` if it contradicts itself.
 */
export function readTopicMetadata(topic: MetadataTopic): TopicMetadata {
  if (topic.errorCode !== 0) {
    const { name, description } = errorEntry(topic.errorCode);
    throw new QError(name, `Topic "${topic.name}": ${topic.errorMessage ?? description}`, {
      details: { topic: topic.name },
    });
  }
  const ordered = topic.partitions.every(({ partition }, index) => partition === index);
  if (
    !ordered
    || topic.partitions.length === 0
    || topic.partitions.length > clientLimits.partitionsMax
    || topic.maxMessageBytes < 1
  ) {
    throw new QError(
      'MALFORMED_FRAME',
      `The broker's metadata of topic "${topic.name}" makes no sense: ${topic.partitions.length} partitions, messages of up to ${topic.maxMessageBytes} bytes`,
    );
  }
  return {
    name: topic.name,
    topicId: topic.topicId,
    internal: topic.internal,
    cleanupPolicy: topic.cleanupPolicy,
    maxMessageBytes: topic.maxMessageBytes,
    partitions: topic.partitions.map(({ partition, leaderId, leaderEpoch, replicas, inSyncReplicas }) => ({
      partition,
      leaderId,
      leaderEpoch,
      replicas,
      inSyncReplicas,
    })),
  };
}

/**
 * What to believe after an answer: of each partition the newer leader epoch. Brokers learn of a change one after
 * another, and one that lags must not undo what another already told. A new topic id is a new topic: nothing of the old
 * one counts.
 */
export function newerTopicMetadata(known: TopicMetadata | undefined, told: TopicMetadata): TopicMetadata {
  if (known === undefined || known.topicId !== told.topicId) return told;
  const partitions = told.partitions.map((partition, index) => {
    const before = known.partitions[index];
    return before !== undefined && before.leaderEpoch > partition.leaderEpoch ? before : partition;
  });
  // A partition count only grows, so a shorter list is an older one.
  return { ...told, partitions: [...partitions, ...known.partitions.slice(partitions.length)] };
}
