/** What is asked at the Kafka door to see what a row of its needs comes to: one probe or more for each API. */
import { addOffsetsToTxn } from '../../src/messages/add-offsets-to-txn.ts';
import { addPartitionsToTxn } from '../../src/messages/add-partitions-to-txn.ts';
import { describeTransactions } from '../../src/messages/describe-transactions.ts';
import { endTxn } from '../../src/messages/end-txn.ts';
import { listTransactions } from '../../src/messages/list-transactions.ts';
import { txnOffsetCommit } from '../../src/messages/txn-offset-commit.ts';
import { writeTxnMarkers } from '../../src/messages/write-txn-markers.ts';
import { alterClientQuotas } from '../../src/messages/alter-client-quotas.ts';
import { alterConfigs } from '../../src/messages/alter-configs.ts';
import { alterUserScramCredentials } from '../../src/messages/alter-user-scram-credentials.ts';
import { createAcls } from '../../src/messages/create-acls.ts';
import { createPartitions } from '../../src/messages/create-partitions.ts';
import { createTopics } from '../../src/messages/create-topics.ts';
import { deleteAcls } from '../../src/messages/delete-acls.ts';
import { deleteGroups } from '../../src/messages/delete-groups.ts';
import { deleteRecords } from '../../src/messages/delete-records.ts';
import { deleteTopics } from '../../src/messages/delete-topics.ts';
import { describeAcls } from '../../src/messages/describe-acls.ts';
import { describeClientQuotas } from '../../src/messages/describe-client-quotas.ts';
import { describeConfigs } from '../../src/messages/describe-configs.ts';
import { describeGroups } from '../../src/messages/describe-groups.ts';
import { describeLogDirs } from '../../src/messages/describe-log-dirs.ts';
import { describeProducers } from '../../src/messages/describe-producers.ts';
import { describeTopicPartitions } from '../../src/messages/describe-topic-partitions.ts';
import { describeUserScramCredentials } from '../../src/messages/describe-user-scram-credentials.ts';
import { findCoordinator } from '../../src/messages/find-coordinator.ts';
import { heartbeat } from '../../src/messages/heartbeat.ts';
import { incrementalAlterConfigs } from '../../src/messages/incremental-alter-configs.ts';
import { initProducerId } from '../../src/messages/init-producer-id.ts';
import { joinGroup } from '../../src/messages/join-group.ts';
import { leaveGroup } from '../../src/messages/leave-group.ts';
import { listConfigResources } from '../../src/messages/list-config-resources.ts';
import { listGroups } from '../../src/messages/list-groups.ts';
import { listOffsets } from '../../src/messages/list-offsets.ts';
import { listPartitionReassignments } from '../../src/messages/list-partition-reassignments.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { offsetCommit } from '../../src/messages/offset-commit.ts';
import { offsetDelete } from '../../src/messages/offset-delete.ts';
import { offsetFetch } from '../../src/messages/offset-fetch.ts';
import { offsetForLeaderEpoch } from '../../src/messages/offset-for-leader-epoch.ts';
import { syncGroup } from '../../src/messages/sync-group.ts';
import { fetchFrom, partitionsOf } from '../fetching.ts';
import type { RawClient } from '../harness.ts';
import { batchOf, inTransaction, sendOne, stamped } from '../producing.ts';

/** Who asks, and about what. The topic and the group are there, unless the probe wants others. */
export interface ProbeScene {
  readonly client: RawClient;
  readonly topic: string;
  readonly group: string;
  /** Of the transactional id that is called as the group, with the topic in its open transaction. */
  readonly producer: { readonly producerId: number; readonly producerEpoch: number };
}

/** The number of the first error in the answer; 0 where there is none. */
export type Told = number | 'hidden';

export interface Probe {
  /** Of the row's needs, those that are needed for this. */
  readonly needs: readonly number[];
  readonly title?: string;
  /** Needs that whoever asks has in any case: without them there is nothing to look at. */
  readonly also?: readonly number[];
  readonly isNew?: 'topic';
  /** Errors that come after the question who asks. */
  readonly fine?: readonly number[];
  readonly ask: (scene: ProbeScene) => Promise<Told>;
}

const first = (parts: readonly { readonly errorCode: number }[]): Told =>
  parts.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0;
const ofTopics = (topics: readonly { readonly partitions: readonly { readonly errorCode: number }[] }[]): Told =>
  first(topics.flatMap(({ partitions }) => partitions));
const shownIf = (isThere: boolean): Told => (isThere ? 0 : 'hidden');
const ofWhole = async (answer: Promise<{ readonly errorCode: number }>): Promise<Told> => (await answer).errorCode;

const nobody = { generationId: 1, memberId: 'nobody', groupInstanceId: null };
const unknownMember = [25];
const everyRule = {
  resourceTypeFilter: 1,
  resourceNameFilter: 'no-such-thing',
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};
const rule = { resourceType: 2, resourceName: 'x', principal: 'User:nobody', host: '*', operation: 3 };

const metadataOf = async ({ client, topic: name }: ProbeScene): Promise<Told> =>
  first((await client.ask(metadata, 9, { topics: [{ name }] })).topics);
const configsOf = async ({ client }: ProbeScene, resourceType: number, resourceName: string): Promise<Told> =>
  first((await client.ask(describeConfigs, 4, { resources: [{ resourceType, resourceName }] })).results);
const setting = (isOfTopic: boolean): { name: string; value: string } =>
  isOfTopic ? { name: 'retention.ms', value: '1000000' } : { name: 'connections.max.idle.ms', value: '500000' };
const altering = async ({ client }: ProbeScene, resourceType: number, resourceName: string): Promise<Told> => {
  const resources = [{ resourceType, resourceName, configs: [setting(resourceType === 2)] }];
  return first((await client.ask(alterConfigs, 2, { resources, validateOnly: true })).responses);
};
const alteringOne = async ({ client }: ProbeScene, resourceType: number, resourceName: string): Promise<Told> => {
  const configs = [{ ...setting(resourceType === 2), configOperation: 0 }];
  const resources = [{ resourceType, resourceName, configs }];
  return first((await client.ask(incrementalAlterConfigs, 1, { resources, validateOnly: true })).responses);
};
const offsetsOf = (
  { client, group: groupId }: ProbeScene,
  topics: { name: string; partitionIndexes: number[] }[] | null,
) => client.ask(offsetFetch, 8, { groups: [{ groupId, topics }] }).then(({ groups }) => groups[0]!);

const transactionOf = (client: RawClient, transactionalId: string) =>
  client.ask(describeTransactions, 0, { transactionalIds: [transactionalId] });

export const probes: Readonly<Record<string, readonly Probe[]>> = {
  Produce: [
    { needs: [0], ask: async ({ client, topic: name }) => (await sendOne(client, { name }, batchOf('x'))).errorCode },
    {
      needs: [0, 1],
      title: 'in a transaction',
      ask: async ({ client, topic: name, producer: { producerId: id, producerEpoch: epoch } }) => {
        const batch = inTransaction(stamped(batchOf('x'), { id, epoch, sequence: 0 }));
        return (await sendOne(client, { name }, batch, { version: 12 })).errorCode;
      },
    },
  ],
  Fetch: [
    {
      needs: [0],
      ask: async ({ client, topic }) => first(partitionsOf(await fetchFrom(client, [{ topic }], { version: 11 }))),
    },
  ],
  ListOffsets: [
    {
      needs: [0],
      ask: async ({ client, topic: name }) => {
        const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
        return ofTopics((await client.ask(listOffsets, 6, { replicaId: -1, topics })).topics);
      },
    },
  ],
  Metadata: [
    { needs: [0], title: 'of a topic', ask: metadataOf },
    {
      needs: [1],
      title: 'of all topics',
      ask: async ({ client, topic }) =>
        shownIf((await client.ask(metadata, 9, { topics: null })).topics.some(({ name }) => name === topic)),
    },
    { needs: [0, 2], title: 'of a topic that it makes', isNew: 'topic', fine: [5], ask: metadataOf },
  ],
  OffsetCommit: [
    {
      needs: [0, 1],
      ask: async ({ client, topic: name, group: groupId }) => {
        const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: null }];
        const request = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name, partitions }] };
        return ofTopics((await client.ask(offsetCommit, 8, request)).topics);
      },
    },
  ],
  OffsetFetch: [
    {
      needs: [0, 1],
      title: 'of a topic',
      ask: async (scene) => {
        const found = await offsetsOf(scene, [{ name: scene.topic, partitionIndexes: [0] }]);
        return found.errorCode === 0 ? ofTopics(found.topics) : found.errorCode;
      },
    },
    {
      needs: [0, 2],
      title: 'of all topics',
      ask: async (scene) => {
        const found = await offsetsOf(scene, null);
        return found.errorCode === 0 ? shownIf(found.topics.some(({ name }) => name === scene.topic)) : found.errorCode;
      },
    },
  ],
  FindCoordinator: [
    {
      needs: [0],
      ask: async ({ client, group }) =>
        first((await client.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: [group] })).coordinators),
    },
    {
      needs: [1],
      title: 'of a transactional id',
      ask: async ({ client, group }) =>
        first((await client.ask(findCoordinator, 4, { keyType: 1, coordinatorKeys: [group] })).coordinators),
    },
  ],
  JoinGroup: [
    {
      needs: [0],
      fine: [79],
      ask: ({ client, group: groupId }) =>
        ofWhole(
          client.ask(joinGroup, 5, {
            groupId,
            sessionTimeoutMs: 10_000,
            rebalanceTimeoutMs: 10_000,
            memberId: '',
            protocolType: 'consumer',
            protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
          }),
        ),
    },
  ],
  Heartbeat: [
    {
      needs: [0],
      fine: unknownMember,
      ask: ({ client, group: groupId }) => ofWhole(client.ask(heartbeat, 3, { groupId, ...nobody })),
    },
  ],
  LeaveGroup: [
    {
      needs: [0],
      fine: unknownMember,
      ask: ({ client, group: groupId }) => ofWhole(client.ask(leaveGroup, 2, { groupId, memberId: 'nobody' })),
    },
  ],
  SyncGroup: [
    {
      needs: [0],
      fine: unknownMember,
      ask: ({ client, group: groupId }) => ofWhole(client.ask(syncGroup, 3, { groupId, ...nobody, assignments: [] })),
    },
  ],
  DescribeGroups: [
    {
      needs: [0],
      ask: async ({ client, group }) => first((await client.ask(describeGroups, 5, { groups: [group] })).groups),
    },
  ],
  ListGroups: [
    {
      needs: [0],
      ask: async ({ client, group }) =>
        shownIf((await client.ask(listGroups, 4, {})).groups.some(({ groupId }) => groupId === group)),
    },
  ],
  CreateTopics: [
    {
      needs: [0, 1],
      isNew: 'topic',
      ask: async ({ client, topic: name }) => {
        const topics = [{ name, numPartitions: 1, replicationFactor: 1 }];
        const [made] = (await client.ask(createTopics, 7, { topics, timeoutMs: 5_000 })).topics;
        if (made!.errorCode !== 0) return made!.errorCode;
        return shownIf(made!.topicConfigErrorCode === 0 && (made!.configs ?? []).length > 0);
      },
    },
  ],
  DeleteTopics: [
    {
      needs: [0],
      ask: async ({ client, topic }) =>
        first((await client.ask(deleteTopics, 5, { topicNames: [topic], timeoutMs: 5_000 })).responses),
    },
  ],
  DeleteRecords: [
    {
      needs: [0],
      ask: async ({ client, topic: name }) => {
        const topics = [{ name, partitions: [{ partitionIndex: 0, offset: -1 }] }];
        return ofTopics((await client.ask(deleteRecords, 2, { topics, timeoutMs: 5_000 })).topics);
      },
    },
  ],
  InitProducerId: [
    {
      needs: [0],
      ask: ({ client }) =>
        ofWhole(client.ask(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1_000 })),
    },
    {
      needs: [1],
      title: 'with a transactional id',
      ask: ({ client, group: transactionalId }) =>
        ofWhole(client.ask(initProducerId, 4, { transactionalId, transactionTimeoutMs: 1_000 })),
    },
  ],
  AddPartitionsToTxn: [
    {
      needs: [0, 1],
      ask: async ({ client, topic: name, group: transactionalId, producer }) => {
        const topics = [{ name, partitions: [0] }];
        const { results } = await client.ask(addPartitionsToTxn, 3, { transactionalId, ...producer, topics });
        return first(results[0]!.results);
      },
    },
  ],
  AddOffsetsToTxn: [
    {
      needs: [0, 1],
      ask: ({ client, group, producer }) =>
        ofWhole(client.ask(addOffsetsToTxn, 3, { transactionalId: group, groupId: group, ...producer })),
    },
  ],
  EndTxn: [
    {
      needs: [0],
      ask: ({ client, group: transactionalId, producer }) =>
        ofWhole(client.ask(endTxn, 3, { transactionalId, ...producer, committed: false })),
    },
  ],
  WriteTxnMarkers: [
    {
      needs: [0],
      ask: async ({ client, topic: name, producer }) => {
        const topics = [{ name, partitionIndexes: [0] }];
        const { markers } = await client.ask(writeTxnMarkers, 1, {
          markers: [{ ...producer, transactionResult: false, topics, coordinatorEpoch: 0 }],
        });
        return ofTopics(markers[0]!.topics);
      },
    },
  ],
  TxnOffsetCommit: [
    {
      needs: [0, 1, 2],
      ask: async ({ client, topic: name, group, producer }) => {
        const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: null }];
        const request = { transactionalId: group, groupId: group, ...producer, topics: [{ name, partitions }] };
        return ofTopics((await client.ask(txnOffsetCommit, 3, request)).topics);
      },
    },
  ],
  DescribeTransactions: [
    {
      needs: [0],
      ask: async ({ client, group }) => first((await transactionOf(client, group)).transactionStates),
    },
    {
      needs: [1],
      title: 'and its topics',
      also: [0],
      ask: async ({ client, group, topic: name }) =>
        shownIf((await transactionOf(client, group)).transactionStates[0]!.topics.some(({ topic }) => topic === name)),
    },
  ],
  ListTransactions: [
    {
      needs: [0],
      ask: async ({ client, group }) => {
        const { transactionStates } = await client.ask(listTransactions, 1, {
          stateFilters: [],
          producerIdFilters: [],
        });
        return shownIf(transactionStates.some(({ transactionalId }) => transactionalId === group));
      },
    },
  ],
  OffsetForLeaderEpoch: [
    {
      needs: [0],
      ask: async ({ client, topic }) => {
        const topics = [{ topic, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }];
        return ofTopics((await client.ask(offsetForLeaderEpoch, 4, { replicaId: -1, topics })).topics);
      },
    },
  ],
  DescribeAcls: [{ needs: [0], ask: ({ client }) => ofWhole(client.ask(describeAcls, 3, everyRule)) }],
  CreateAcls: [
    {
      needs: [0],
      ask: async ({ client }) =>
        first((await client.ask(createAcls, 3, { creations: [{ ...rule, permissionType: 3 }] })).results),
    },
  ],
  DeleteAcls: [
    {
      needs: [0],
      ask: async ({ client }) => first((await client.ask(deleteAcls, 3, { filters: [everyRule] })).filterResults),
    },
  ],
  DescribeConfigs: [
    { needs: [0], title: 'of a topic', ask: (scene) => configsOf(scene, 2, scene.topic) },
    { needs: [1], title: 'of the broker', ask: (scene) => configsOf(scene, 4, '1') },
  ],
  AlterConfigs: [
    { needs: [0], title: 'of a topic', ask: (scene) => altering(scene, 2, scene.topic) },
    { needs: [1], title: 'of the broker', ask: (scene) => altering(scene, 4, '1') },
  ],
  IncrementalAlterConfigs: [
    { needs: [0], title: 'of a topic', ask: (scene) => alteringOne(scene, 2, scene.topic) },
    { needs: [1], title: 'of the broker', ask: (scene) => alteringOne(scene, 4, '1') },
  ],
  DescribeLogDirs: [{ needs: [0], ask: ({ client }) => ofWhole(client.ask(describeLogDirs, 3, { topics: null })) }],
  CreatePartitions: [
    {
      needs: [0],
      ask: async ({ client, topic: name }) =>
        first((await client.ask(createPartitions, 2, { topics: [{ name, count: 2 }], timeoutMs: 5_000 })).results),
    },
  ],
  DeleteGroups: [
    {
      needs: [0],
      ask: async ({ client, group }) => first((await client.ask(deleteGroups, 2, { groupsNames: [group] })).results),
    },
  ],
  ListPartitionReassignments: [
    {
      needs: [0],
      ask: ({ client }) => ofWhole(client.ask(listPartitionReassignments, 0, { timeoutMs: 5_000, topics: null })),
    },
  ],
  OffsetDelete: [
    {
      needs: [0, 1],
      ask: async ({ client, topic: name, group: groupId }) => {
        const topics = [{ name, partitions: [{ partitionIndex: 0 }] }];
        const answer = await client.ask(offsetDelete, 0, { groupId, topics });
        return answer.errorCode === 0 ? ofTopics(answer.topics) : answer.errorCode;
      },
    },
  ],
  DescribeClientQuotas: [
    {
      needs: [0],
      ask: ({ client }) => ofWhole(client.ask(describeClientQuotas, 1, { components: [], strict: false })),
    },
  ],
  AlterClientQuotas: [
    {
      needs: [0],
      ask: async ({ client }) => {
        const ops = [{ key: 'producer_byte_rate', value: 1e9, remove: false }];
        const entries = [{ entity: [{ entityType: 'user', entityName: 'nobody' }], ops }];
        return first((await client.ask(alterClientQuotas, 1, { entries, validateOnly: true })).entries);
      },
    },
  ],
  DescribeUserScramCredentials: [
    { needs: [0], ask: ({ client }) => ofWhole(client.ask(describeUserScramCredentials, 0, { users: null })) },
  ],
  AlterUserScramCredentials: [
    {
      needs: [0],
      fine: [91],
      ask: async ({ client }) => {
        const deletions = [{ name: 'nobody', mechanism: 1 }];
        return first((await client.ask(alterUserScramCredentials, 0, { deletions, upsertions: [] })).results);
      },
    },
  ],
  DescribeProducers: [
    {
      needs: [0],
      ask: async ({ client, topic: name }) =>
        ofTopics((await client.ask(describeProducers, 0, { topics: [{ name, partitionIndexes: [0] }] })).topics),
    },
  ],
  ListConfigResources: [
    { needs: [0], ask: ({ client }) => ofWhole(client.ask(listConfigResources, 1, { resourceTypes: [4] })) },
  ],
  DescribeTopicPartitions: [
    {
      needs: [0],
      title: 'of a topic',
      ask: async ({ client, topic: name }) => {
        const request = { topics: [{ name }], responsePartitionLimit: 10, cursor: null };
        return first((await client.ask(describeTopicPartitions, 0, request)).topics);
      },
    },
    {
      needs: [1],
      title: 'of all topics',
      ask: async ({ client, topic }) => {
        const request = { topics: [], responsePartitionLimit: 2_000, cursor: null };
        return shownIf(
          (await client.ask(describeTopicPartitions, 0, request)).topics.some(({ name }) => name === topic),
        );
      },
    },
  ],
};
