/**
 * The APIs that create, change, list and describe topics (rows T1, T2, T3).
 */
import { AddPartitions, AlterTopic, CreateTopic, DeleteTopic, DescribeTopic, ListTopics, errorCode } from '@q/protocol';
import type {
  AddPartitionsRequest,
  AddPartitionsResponse,
  AlterTopicRequest,
  AlterTopicResponse,
  CreateTopicRequest,
  CreateTopicResponse,
  DeleteTopicRequest,
  DeleteTopicResponse,
  DescribeTopicRequest,
  DescribeTopicResponse,
  DescribedPartition,
  ListTopicsRequest,
  ListTopicsResponse,
} from '@q/protocol';
import type { Handler } from '../dispatch.ts';
import type { TopicChanges } from '../topics/topic-changes.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { unknownTopic } from '../topics/topic-rules.ts';
import type { Partition } from '../topics/topic.ts';

export function createTopicHandler(changes: TopicChanges): Handler<CreateTopicRequest, CreateTopicResponse> {
  return { api: CreateTopic, handle: (request) => changes.create(request) };
}

export function deleteTopicHandler(changes: TopicChanges): Handler<DeleteTopicRequest, DeleteTopicResponse> {
  return { api: DeleteTopic, handle: ({ name }) => changes.delete(name) };
}

export function alterTopicHandler(changes: TopicChanges): Handler<AlterTopicRequest, AlterTopicResponse> {
  return { api: AlterTopic, handle: async (request) => ({ configs: await changes.alter(request) }) };
}

export function addPartitionsHandler(changes: TopicChanges): Handler<AddPartitionsRequest, AddPartitionsResponse> {
  return { api: AddPartitions, handle: async (request) => ({ partitions: await changes.addPartitions(request) }) };
}

export function listTopicsHandler(registry: TopicRegistry): Handler<ListTopicsRequest, ListTopicsResponse> {
  return {
    api: ListTopics,
    handle: ({ includeInternal }) => ({
      topics: [...registry.topics()]
        .filter((topic) => includeInternal || !topic.internal)
        .map((topic) => ({
          name: topic.name,
          topicId: topic.id,
          internal: topic.internal,
          partitions: topic.partitions.length,
          replicas: topic.replicas,
          messages: topic.messages,
          bytes: topic.bytes,
        })),
    }),
  };
}

export function describeTopicHandler(
  registry: TopicRegistry,
  brokerId: number,
): Handler<DescribeTopicRequest, DescribeTopicResponse> {
  return {
    api: DescribeTopic,
    handle: ({ name }) => {
      const topic = registry.byName(name);
      if (topic === undefined) throw unknownTopic(name);
      return {
        name,
        topicId: topic.id,
        internal: topic.internal,
        replicas: topic.replicas,
        messages: topic.messages,
        bytes: topic.bytes,
        configs: topic.describeSettings(),
        partitions: topic.partitions.map((partition) => describePartition(partition, brokerId)),
      };
    },
  };
}

function describePartition(partition: Partition, brokerId: number): DescribedPartition {
  const { log, trouble } = partition;
  return {
    partition: partition.index,
    leaderId: brokerId,
    leaderEpoch: partition.leaderEpoch,
    replicas: [brokerId],
    logStartOffset: log?.logStartOffset ?? -1,
    highWatermark: log?.highWatermark ?? -1,
    logEndOffset: log?.logEndOffset ?? -1,
    segments: log?.segments ?? 0,
    bytes: log?.bytes ?? 0,
    errorCode: trouble === null ? 0 : errorCode(trouble.code),
  };
}
