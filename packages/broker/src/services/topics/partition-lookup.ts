import { QError } from '@q/protocol';
import type { BrokerLimits } from '../../limits.ts';
import type { TopicRegistry } from './topic-registry.ts';
import type { Partition, Topic } from './topic.ts';

/** @throws QError UNKNOWN_TOPIC_ID */
export function requireTopicId(registry: TopicRegistry, topicId: string): Topic {
  const topic = registry.byId(topicId);
  if (topic !== undefined) return topic;
  throw unknownTopicId(topicId);
}

export function unknownTopicId(topicId: string): QError {
  return new QError(
    'UNKNOWN_TOPIC_ID',
    `there is no topic with the id ${topicId}; it was deleted, or made anew under the same name`,
    { details: { topicId } },
  );
}

/** @throws QError UNKNOWN_PARTITION */
export function requirePartition(topic: Topic, index: number): Partition {
  const partition = topic.partitions[index];
  if (partition !== undefined) return partition;
  const { name, partitions } = topic;
  throw new QError(
    'UNKNOWN_PARTITION',
    `topic ${name} has the partitions 0 to ${partitions.length - 1}, not ${index}`,
    {
      details: { topic: name, partition: index, partitions: partitions.length },
    },
  );
}

/**
 * Compares the leader epoch that a client believes in (-1: it does not say) with the one in force.
 * @throws QError STALE_LEADER_EPOCH when the client is behind, UNKNOWN_LEADER_EPOCH when this broker is
 */
export function checkLeaderEpoch(partition: Partition, leaderEpoch: number): void {
  const current = partition.leaderEpoch;
  if (leaderEpoch === -1 || leaderEpoch === current) return;
  const where = `partition ${partition.index} of topic ${partition.topic.name}`;
  const details = { leaderEpoch, currentLeaderEpoch: current };
  if (leaderEpoch < current) {
    throw new QError(
      'STALE_LEADER_EPOCH',
      `${where} is at leader epoch ${current}, the request believes in ${leaderEpoch}`,
      { details },
    );
  }
  throw new QError(
    'UNKNOWN_LEADER_EPOCH',
    `${where} is at leader epoch ${current}, the request knows ${leaderEpoch} already`,
    { details },
  );
}

/**
 * A frame has room for far more partitions than a broker has, and each costs more in memory than in the frame.
 * @throws QError INVALID_REQUEST
 */
export function checkPartitionCount(
  topics: readonly { readonly partitions: readonly unknown[] }[],
  { partitionsMax }: Pick<BrokerLimits, 'partitionsMax'>,
): void {
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
  if (partitions <= partitionsMax) return;
  throw new QError('INVALID_REQUEST', `the request names ${partitions} partitions, more than this broker may have`, {
    details: { partitions, partitionsMax },
  });
}
