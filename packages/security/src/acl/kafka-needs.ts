import type { DoorNeeds, Need } from './api-needs.ts';

const describeNamed: Need = {
  resource: 'topic',
  operation: 'describe',
  lack: 'part',
  when: 'for topics that are named',
};
const describeOther: Need = {
  resource: 'topic',
  operation: 'describe',
  lack: 'hidden',
  when: 'for topics that are not named',
};
const makeTopic: Need = {
  resource: 'topic',
  operation: 'create',
  or: [{ resource: 'cluster', operation: 'create' }],
  lack: 'part',
};
const readGroup: Need = { resource: 'group', operation: 'read', lack: 'refused' };
const ofCluster = (operation: Need['operation']): Need => ({ resource: 'cluster', operation, lack: 'refused' });

/** The Kafka protocol, by Kafka's names. */
export const kafkaNeeds: DoorNeeds = {
  ApiVersions: [],
  SaslHandshake: [],
  SaslAuthenticate: [],
  Produce: [
    { resource: 'topic', operation: 'write', lack: 'part' },
    {
      resource: 'transactionalId',
      operation: 'write',
      lack: 'part',
      when: 'for batches of a transaction: of its transactional id',
    },
  ],
  Fetch: [{ resource: 'topic', operation: 'read', lack: 'part' }],
  ListOffsets: [{ resource: 'topic', operation: 'describe', lack: 'part' }],
  Metadata: [describeNamed, describeOther, { ...makeTopic, when: 'for a topic that is made because it is not there' }],
  OffsetCommit: [readGroup, { resource: 'topic', operation: 'read', lack: 'part' }],
  OffsetFetch: [{ resource: 'group', operation: 'describe', lack: 'part' }, describeNamed, describeOther],
  FindCoordinator: [
    { resource: 'group', operation: 'describe', lack: 'part', when: 'for groups' },
    { resource: 'transactionalId', operation: 'describe', lack: 'part', when: 'for transactional ids' },
  ],
  JoinGroup: [readGroup],
  Heartbeat: [readGroup],
  LeaveGroup: [readGroup],
  SyncGroup: [readGroup],
  DescribeGroups: [{ resource: 'group', operation: 'describe', lack: 'part' }],
  ListGroups: [
    { resource: 'group', operation: 'describe', or: [{ resource: 'cluster', operation: 'describe' }], lack: 'hidden' },
  ],
  CreateTopics: [
    makeTopic,
    { resource: 'topic', operation: 'describeConfigs', lack: 'hidden', when: 'for the settings in the answer' },
  ],
  DeleteTopics: [{ resource: 'topic', operation: 'delete', lack: 'part' }],
  DeleteRecords: [{ resource: 'topic', operation: 'delete', lack: 'part' }],
  InitProducerId: [
    {
      resource: 'topic',
      operation: 'write',
      ofAny: true,
      or: [{ resource: 'cluster', operation: 'idempotentWrite' }],
      lack: 'refused',
      when: 'without a transactional id',
    },
    { resource: 'transactionalId', operation: 'write', lack: 'refused', when: 'with a transactional id' },
  ],
  AddPartitionsToTxn: [
    { resource: 'transactionalId', operation: 'write', lack: 'refused' },
    { resource: 'topic', operation: 'write', lack: 'part' },
  ],
  AddOffsetsToTxn: [{ resource: 'transactionalId', operation: 'write', lack: 'refused' }, readGroup],
  EndTxn: [{ resource: 'transactionalId', operation: 'write', lack: 'refused' }],
  WriteTxnMarkers: [
    {
      resource: 'cluster',
      operation: 'alter',
      or: [{ resource: 'cluster', operation: 'clusterAction' }],
      lack: 'refused',
    },
  ],
  TxnOffsetCommit: [
    { resource: 'transactionalId', operation: 'write', lack: 'refused' },
    readGroup,
    { resource: 'topic', operation: 'read', lack: 'part' },
  ],
  OffsetForLeaderEpoch: [{ resource: 'topic', operation: 'describe', lack: 'part' }],
  DescribeAcls: [ofCluster('describe')],
  CreateAcls: [ofCluster('alter')],
  DeleteAcls: [ofCluster('alter')],
  DescribeConfigs: [
    { resource: 'topic', operation: 'describeConfigs', lack: 'part', when: 'for topics' },
    { resource: 'cluster', operation: 'describeConfigs', lack: 'part', when: 'for the broker' },
  ],
  AlterConfigs: [
    { resource: 'topic', operation: 'alterConfigs', lack: 'part', when: 'for topics' },
    { resource: 'cluster', operation: 'alterConfigs', lack: 'part', when: 'for the broker' },
  ],
  DescribeLogDirs: [ofCluster('describe')],
  CreatePartitions: [{ resource: 'topic', operation: 'alter', lack: 'part' }],
  DeleteGroups: [{ resource: 'group', operation: 'delete', lack: 'part' }],
  IncrementalAlterConfigs: [
    { resource: 'topic', operation: 'alterConfigs', lack: 'part', when: 'for topics' },
    { resource: 'cluster', operation: 'alterConfigs', lack: 'part', when: 'for the broker' },
  ],
  ListPartitionReassignments: [ofCluster('describe')],
  OffsetDelete: [
    { resource: 'group', operation: 'delete', lack: 'refused' },
    { resource: 'topic', operation: 'read', lack: 'part' },
  ],
  DescribeClientQuotas: [ofCluster('describeConfigs')],
  AlterClientQuotas: [ofCluster('alterConfigs')],
  DescribeUserScramCredentials: [ofCluster('describe')],
  AlterUserScramCredentials: [ofCluster('alter')],
  DescribeCluster: [],
  DescribeProducers: [{ resource: 'topic', operation: 'read', lack: 'part' }],
  // Both answer everybody that they are not served: clients go by the error, and not by the list of APIs.
  ConsumerGroupHeartbeat: [],
  ConsumerGroupDescribe: [],
  ListConfigResources: [ofCluster('describeConfigs')],
  DescribeTopicPartitions: [describeNamed, describeOther],
  DescribeTransactions: [
    { resource: 'transactionalId', operation: 'describe', lack: 'part' },
    { resource: 'topic', operation: 'describe', lack: 'hidden', when: 'for topics that are not named' },
  ],
  ListTransactions: [{ resource: 'transactionalId', operation: 'describe', lack: 'hidden' }],
};
