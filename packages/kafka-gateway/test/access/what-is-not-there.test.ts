/**
 * Who may not see a topic is told the same of one that is not there (A3; SEC-12), and operations that a client is told
 * of are those that it has.
 */
import type { BrokerOptions } from '@q/broker';
import { cluster } from '@q/security';
import type { AclRule } from '@q/security';
import { describe, expect, it } from 'vitest';
import { createTopics } from '../../src/messages/create-topics.ts';
import { deleteRecords } from '../../src/messages/delete-records.ts';
import { describeCluster } from '../../src/messages/describe-cluster.ts';
import { describeGroups } from '../../src/messages/describe-groups.ts';
import { describeTopicPartitions } from '../../src/messages/describe-topic-partitions.ts';
import { fetch } from '../../src/messages/fetch.ts';
import { listOffsets } from '../../src/messages/list-offsets.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { offsetCommit } from '../../src/messages/offset-commit.ts';
import { offsetDelete } from '../../src/messages/offset-delete.ts';
import { offsetFetch } from '../../src/messages/offset-fetch.ts';
import { offsetForLeaderEpoch } from '../../src/messages/offset-for-leader-epoch.ts';
import { fetchRequest } from '../fetching.ts';
import { kafkaBroker } from '../harness.ts';
import type { RawClient } from '../harness.ts';
import { openAs, tokensAreNames } from '../logging-in.ts';
import { batchOf, sendOne } from '../producing.ts';

interface Logged {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A broker with the topic `orders`, which root has made, and the group `g` with an offset. */
async function scene() {
  const log: Logged[] = [];
  const note = (fields: object): void => void log.push(fields as Logged);
  const logger: NonNullable<BrokerOptions['logger']> = { debug: note, info: note, warn: note, error: note };
  const { broker, kafkaPort } = await kafkaBroker({
    logger,
    security: tokensAreNames,
  });
  const as = (user: string): Promise<RawClient> => openAs(user, kafkaPort);
  const root = await as('root');
  const topics = [{ name: 'orders', numPartitions: 1, replicationFactor: 1 }];
  await root.ask(createTopics, 7, { topics, timeoutMs: 5_000 });
  await root.ask(offsetCommit, 8, commitOf('orders'));
  const allow = async (rule: Pick<AclRule, 'operation'> & Partial<AclRule>): Promise<void> => {
    const common = { principal: 'User:bob', host: '*', permission: 'allow', patternType: 'literal' } as const;
    await broker.rules!.add({ ...common, resourceType: 'topic', resourceName: 'orders', ...rule });
  };
  return { broker, root, bob: await as('bob'), allow, log };
}

function commitOf(name: string) {
  const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: null }];
  return { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name, partitions }] };
}

const byName: Record<string, (client: RawClient, name: string) => Promise<number>> = {
  Produce: async (client, name) => (await sendOne(client, { name }, batchOf('x'))).errorCode,
  Fetch: async (client, topic) =>
    (await client.ask(fetch, 11, fetchRequest([{ topic }]))).responses[0]!.partitions[0]!.errorCode,
  ListOffsets: async (client, name) => {
    const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
    return (await client.ask(listOffsets, 6, { replicaId: -1, topics })).topics[0]!.partitions[0]!.errorCode;
  },
  OffsetForLeaderEpoch: async (client, topic) => {
    const topics = [{ topic, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }];
    return (await client.ask(offsetForLeaderEpoch, 4, { replicaId: -2, topics })).topics[0]!.partitions[0]!.errorCode;
  },
  OffsetCommit: async (client, name) =>
    (await client.ask(offsetCommit, 8, commitOf(name))).topics[0]!.partitions[0]!.errorCode,
  OffsetFetch: async (client, name) => {
    const topics = [{ name, partitionIndexes: [0] }];
    return (await client.ask(offsetFetch, 7, { groupId: 'g', topics })).topics[0]!.partitions[0]!.errorCode;
  },
  OffsetDelete: async (client, name) => {
    const topics = [{ name, partitions: [{ partitionIndex: 0 }] }];
    return (await client.ask(offsetDelete, 0, { groupId: 'g', topics })).topics[0]!.partitions[0]!.errorCode;
  },
  DeleteRecords: async (client, name) => {
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset: 0 }] }];
    return (await client.ask(deleteRecords, 2, { topics, timeoutMs: 5_000 })).topics[0]!.partitions[0]!.errorCode;
  },
  DescribeTopicPartitions: async (client, name) => {
    const asked = { topics: [{ name }], responsePartitionLimit: 10, cursor: null };
    return (await client.ask(describeTopicPartitions, 0, asked)).topics[0]!.errorCode;
  },
};

describe('A3 a topic that may not be seen', () => {
  it.each(Object.entries(byName))('A3, SEC-12: %s is 29 whether it is there or not', async (_api, ask) => {
    const { bob, allow } = await scene();
    await allow({ operation: 'all', resourceType: 'group', resourceName: 'g' });
    expect([await ask(bob, 'orders'), await ask(bob, 'nothing')]).toEqual([29, 29]);
  });

  it('A3, SEC-12: a commit of nothing that is there is 30 for whoever may not use the group', async () => {
    const { bob } = await scene();
    expect(await byName['OffsetCommit']!(bob, 'nothing')).toBe(30);
  });
});

/** Bits of Kafka's AclOperation. */
const bits = { read: 1 << 3, describe: 1 << 8, describeConfigs: 1 << 10 } as const;

describe('A3 operations that a client is told of', () => {
  it('A3, SEC-11: are those that it has: of topics, groups and the cluster', async () => {
    const { root, bob, allow } = await scene();
    await allow({ operation: 'read' });
    await allow({ operation: 'read', resourceType: 'group', resourceName: 'g' });
    const named = { topics: [{ name: 'orders' }], includeTopicAuthorizedOperations: true };
    const ofTopic = async (client: RawClient) =>
      (await client.ask(metadata, 9, named)).topics[0]!.topicAuthorizedOperations;
    const ofGroup = async (client: RawClient) =>
      (await client.ask(describeGroups, 4, { groups: ['g'], includeAuthorizedOperations: true })).groups[0]!
        .authorizedOperations;
    const ofCluster = async (client: RawClient) =>
      (await client.ask(describeCluster, 0, { includeClusterAuthorizedOperations: true })).clusterAuthorizedOperations;
    const asked = { topics: [{ name: 'orders' }], responsePartitionLimit: 10, cursor: null };
    const inPages = async (client: RawClient) =>
      (await client.ask(describeTopicPartitions, 0, asked)).topics[0]!.topicAuthorizedOperations;
    const mayRead = bits.read | bits.describe;
    expect([await ofTopic(bob), await inPages(bob), await ofGroup(bob), await ofCluster(bob)]).toEqual([
      mayRead,
      mayRead,
      mayRead,
      0,
    ]);
    await allow({ operation: 'describeConfigs', resourceType: 'cluster', resourceName: cluster.name });
    expect(await ofCluster(bob)).toBe(bits.describeConfigs);
    expect([await ofTopic(root), await ofGroup(root), await ofCluster(root)]).toEqual([3576, 3400, 8096]);
  });
});

describe('A3 facts, What an operator sees', () => {
  it('A3, SEC-15: a refusal is told with who, what and which, without a stack, and not as a fault', async () => {
    const { bob, log } = await scene();
    await byName['ListOffsets']!(bob, 'orders');
    const denied = log.filter(({ event }) => event === 'audit.denied');
    expect(denied).toMatchObject([{ principal: 'User:bob', operation: 'describe', resourceName: 'orders' }]);
    expect(log.filter(({ err }) => err !== undefined)).toEqual([]);
  });
});
