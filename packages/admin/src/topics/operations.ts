/** Topics: list, create, describe, alter, delete, more partitions, trim, open again (rows T1, T2, T3, S2). */
import type { PartitionDetails } from '@q/broker';
import { wishesBefore, wouldBegin } from './trim-plan.ts';
import type { z } from 'zod';
import { json, operation } from '../operation/operation.ts';
import { pageOf } from '../operation/query.ts';
import { partErrorOf } from '../operation/scalars.ts';
import {
  addPartitionsBody,
  alterTopicBody,
  alteredTopic,
  createTopicBody,
  createdTopic,
  deletedTopic,
  describeTopicQuery,
  listTopicsQuery,
  partitionTotal,
  reopenBody,
  reopened,
  topicDetails,
  topicList,
  topicParams,
  topicUsers,
  trimBody,
  trimmed,
} from './topic-schemas.ts';
import { usersOf } from './topic-users.ts';

const listTopics = operation({
  id: 'listTopics',
  method: 'get',
  path: '/api/v1/topics',
  tag: 'topics',
  summary: 'Topics with their partitions, messages and size, by name.',
  query: listTopicsQuery,
  answer: json(topicList),
  handle: ({ query: { internal = false, prefix = '', ...page } }, { services, who }) => {
    const all = services.topics
      .list({ includeInternal: internal }, who)
      .filter(({ name }) => name.startsWith(prefix))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
    const { items, next } = pageOf(all, page, ({ name }) => name);
    return { topics: items, next };
  },
});

const createTopic = operation({
  id: 'createTopic',
  method: 'post',
  path: '/api/v1/topics',
  tag: 'topics',
  summary: 'Make a topic.',
  body: createTopicBody,
  answer: json(createdTopic, 201),
  errors: [
    'TOPIC_EXISTS',
    'INVALID_TOPIC_NAME',
    'INVALID_PARTITIONS',
    'INVALID_REPLICAS',
    'INVALID_CONFIG',
    'TOPIC_LIMIT',
  ],
  handle: async (
    { body: { name, partitions = -1, replicas = -1, configs = {}, validateOnly = false } },
    { services, who },
  ) => {
    const wanted = { name, partitions, replicas, configs: settingsOf(configs), validateOnly };
    const created = await services.topicChanges.create(wanted, who);
    return { name, ...created, configs: [...created.configs], validateOnly };
  },
});

const describeTopic = operation({
  id: 'describeTopic',
  method: 'get',
  path: '/api/v1/topics/:topic',
  tag: 'topics',
  summary: 'A topic: totals, settings, and its partitions, page by page.',
  params: topicParams,
  query: describeTopicQuery,
  answer: json(topicDetails),
  errors: ['UNKNOWN_TOPIC'],
  handle: ({ params, query: { limit, after } }, { services, who }) => {
    const { partitions, configs, ...topic } = services.topics.describe(params.topic, who);
    // Keys of pages are texts in their order; numbers of partitions are that with leading zeros.
    const page = { limit, after: after === undefined ? undefined : partitionKey(Number(after)) };
    const { items, next } = pageOf(partitions, page, ({ partition }) => partitionKey(partition));
    return {
      ...topic,
      partitionCount: partitions.length,
      configs: [...configs],
      partitions: items.map(describedPartition),
      next: next === null ? null : String(Number(next)),
    };
  },
});

const listUsers = operation({
  id: 'listTopicUsers',
  method: 'get',
  path: '/api/v1/topics/:topic/users',
  tag: 'topics',
  summary: 'Who uses a topic: groups with their lag and members, producers, and transactions that hold it back.',
  params: topicParams,
  answer: json(topicUsers),
  errors: ['UNKNOWN_TOPIC'],
  handle: ({ params }, { who, ...context }) => usersOf(context, params.topic, who),
});

const alterTopic = operation({
  id: 'alterTopic',
  method: 'patch',
  path: '/api/v1/topics/:topic',
  tag: 'topics',
  summary: 'Set settings of a topic, or let them go back to their defaults.',
  params: topicParams,
  body: alterTopicBody,
  answer: json(alteredTopic),
  errors: ['UNKNOWN_TOPIC', 'INVALID_CONFIG'],
  handle: async ({ params, body: { set = {}, unset = [], validateOnly = false } }, { services, who }) => {
    const wanted = { name: params.topic, set: settingsOf(set), unset, validateOnly };
    return { configs: await services.topicChanges.alter(wanted, who) };
  },
});

const deleteTopic = operation({
  id: 'deleteTopic',
  method: 'delete',
  path: '/api/v1/topics/:topic',
  tag: 'topics',
  summary: 'Delete a topic with all its records.',
  params: topicParams,
  answer: json(deletedTopic),
  errors: ['UNKNOWN_TOPIC'],
  handle: ({ params }, { services, who }) => services.topicChanges.delete(params.topic, who),
});

const addPartitions = operation({
  id: 'addPartitions',
  method: 'post',
  path: '/api/v1/topics/:topic/partitions',
  tag: 'topics',
  summary: 'Give a topic more partitions; keyed records may then go to other partitions than before.',
  params: topicParams,
  body: addPartitionsBody,
  answer: json(partitionTotal),
  errors: ['UNKNOWN_TOPIC', 'INVALID_PARTITIONS', 'TOPIC_LIMIT'],
  handle: async ({ params, body: { partitions, validateOnly = false } }, { services, who }) => ({
    partitions: await services.topicChanges.addPartitions({ name: params.topic, partitions, validateOnly }, who),
  }),
});

const trimTopic = operation({
  id: 'trimTopic',
  method: 'post',
  path: '/api/v1/topics/:topic/trim',
  tag: 'topics',
  summary: 'Delete the records of partitions that lie before an offset.',
  params: topicParams,
  body: trimBody,
  answer: json(trimmed),
  errors: ['UNKNOWN_TOPIC'],
  handle: async ({ params: { topic }, body }, context) => {
    const { services, who } = context;
    const wishes = 'partitions' in body ? body.partitions : await wishesBefore(topic, body, context);
    if (body.validateOnly === true) return { validateOnly: true, partitions: wouldBegin(topic, wishes, context) };
    const results = await services.recordDeletion.delete(topic, wishes, who);
    const partitions = results.map(({ error, ...result }) => ({ ...result, error: partErrorOf(error) }));
    return { validateOnly: false, partitions };
  },
});

const reopenTopic = operation({
  id: 'reopenTopic',
  method: 'post',
  path: '/api/v1/topics/:topic/reopen',
  tag: 'topics',
  summary: 'Open partitions again that are in trouble, once somebody has put their files right.',
  params: topicParams,
  body: reopenBody,
  answer: json(reopened),
  errors: ['UNKNOWN_TOPIC', 'UNKNOWN_PARTITION'],
  handle: async ({ params, body: { partitions } }, { services, who }) => {
    const results = await services.partitionReopening.reopen(params.topic, partitions ?? 'in trouble', who);
    return { partitions: results.map(({ partition, error }) => ({ partition, error: partErrorOf(error) })) };
  },
});

export const topicOperations = [
  listTopics,
  createTopic,
  describeTopic,
  listUsers,
  alterTopic,
  deleteTopic,
  addPartitions,
  trimTopic,
  reopenTopic,
] as const;

function settingsOf(values: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

function partitionKey(partition: number): string {
  return String(partition).padStart(10, '0');
}

function describedPartition({
  error,
  replicas,
  inSyncReplicas,
  ...partition
}: PartitionDetails): z.input<typeof topicDetails>['partitions'][number] {
  return { ...partition, replicas: [...replicas], inSyncReplicas: [...inSyncReplicas], error: partErrorOf(error) };
}
