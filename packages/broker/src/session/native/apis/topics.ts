/**
 * The APIs that create, change, list and describe topics (rows T1, T2, T3).
 */
import {
  AddPartitions,
  AlterTopic,
  CreateTopic,
  DeleteTopic,
  DescribeTopic,
  ListTopics,
  settingSource,
} from '@q/protocol';
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
  ResolvedTopicSetting,
} from '@q/protocol';
import type { Services } from '../../../services/services.ts';
import type { PartitionDetails, TopicCatalog } from '../../../services/topics/topic-catalog.ts';
import type { SettingInForce } from '../../../services/topics/topic-config.ts';
import type { Handler } from '../handler.ts';
import { wireCode } from './wire-result.ts';

export function createTopicHandler(
  changes: Services['topicChanges'],
): Handler<CreateTopicRequest, CreateTopicResponse> {
  return { api: CreateTopic, handle: async (request, caller) => onWire(await changes.create(request, caller)) };
}

export function deleteTopicHandler(
  changes: Services['topicChanges'],
): Handler<DeleteTopicRequest, DeleteTopicResponse> {
  return { api: DeleteTopic, handle: ({ name }, caller) => changes.delete(name, caller) };
}

export function alterTopicHandler(changes: Services['topicChanges']): Handler<AlterTopicRequest, AlterTopicResponse> {
  return {
    api: AlterTopic,
    handle: async (request, caller) => onWire({ configs: await changes.alter(request, caller) }),
  };
}

export function addPartitionsHandler(
  changes: Services['topicChanges'],
): Handler<AddPartitionsRequest, AddPartitionsResponse> {
  return {
    api: AddPartitions,
    handle: async (request, caller) => ({ partitions: await changes.addPartitions(request, caller) }),
  };
}

export function listTopicsHandler(catalog: Pick<TopicCatalog, 'list'>): Handler<ListTopicsRequest, ListTopicsResponse> {
  return { api: ListTopics, handle: (request, caller) => ({ topics: catalog.list(request, caller) }) };
}

export function describeTopicHandler(
  catalog: Pick<TopicCatalog, 'describe'>,
): Handler<DescribeTopicRequest, DescribeTopicResponse> {
  return {
    api: DescribeTopic,
    handle: ({ name }, caller) => {
      const { partitions, ...topic } = catalog.describe(name, caller);
      return { ...onWire(topic), partitions: partitions.map(described) };
    },
  };
}

function described({ error, ...partition }: PartitionDetails): DescribedPartition {
  return { ...partition, errorCode: wireCode(error) };
}

/** The same with its settings as the wire has them. */
function onWire<T extends { readonly configs: readonly SettingInForce[] }>(
  told: T,
): Omit<T, 'configs'> & { configs: ResolvedTopicSetting[] } {
  return { ...told, configs: told.configs.map((config) => ({ ...config, source: settingSource[config.source] })) };
}
