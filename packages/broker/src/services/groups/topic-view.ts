/**
 * Topics as groups see them, and the partitions of members between callers and the state machine.
 */
import { partitionsByTopic } from '@q/coordinator';
import type { PartitionsByTopic, TopicView } from '@q/coordinator';
import { QError } from '@q/protocol';
import type { TopicRegistry } from '../topics/topic-registry.ts';

/** Partitions of one topic that a member has, or is to have. */
export interface AssignedTopic {
  readonly topicId: string;
  /** Empty for a topic that is gone, and where nobody asks for it. */
  readonly name: string;
  readonly partitions: readonly number[];
}

/**
 * Internal topics are not there for groups: one that consumed the groups topic would feed itself with its own commits.
 */
export function topicViewOf(registry: TopicRegistry): TopicView {
  return {
    byName: (name) => {
      const topic = registry.byName(name);
      if (topic === undefined || topic.internal) return null;
      return { topicId: topic.id, partitions: topic.partitions.length };
    },
  };
}

/**
 * What a member says it owns.
 * @throws QError INVALID_REQUEST for more partitions than the broker may have, or a negative one
 */
export function ownedPartitions(topics: readonly AssignedTopic[], partitionsMax: number): PartitionsByTopic {
  const count = topics.reduce((sum, { partitions }) => sum + partitions.length, 0);
  if (count <= partitionsMax && !topics.some(({ partitions }) => partitions.some((partition) => partition < 0)))
    return partitionsByTopic(topics);
  const message = `a member owns at most ${partitionsMax} partitions, and their numbers are not negative`;
  throw new QError('INVALID_REQUEST', message, { details: { partitions: count, partitionsMax } });
}

/** Partitions as callers want them, with the names of their topics. */
export function assignedTopics(partitions: PartitionsByTopic, registry: TopicRegistry): AssignedTopic[] {
  return [...partitions].map(([topicId, numbers]) => ({
    topicId,
    name: registry.byId(topicId)?.name ?? '',
    partitions: numbers,
  }));
}
