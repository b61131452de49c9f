import {
  AddPartitions,
  AlterTopic,
  Authenticate,
  CommitOffset,
  CreateTopic,
  DeleteGroup,
  DeleteOffsets,
  DeleteRecords,
  DeleteTopic,
  DescribeGroup,
  DescribeTopic,
  encodeBatch,
  EndTransaction,
  Fetch,
  FetchOffset,
  GroupHeartbeat,
  Hello,
  helloMagic,
  InitProducer,
  ListGroups,
  ListOffsets,
  ListTopics,
  Metadata,
  Ping,
  Produce,
  ReopenPartitions,
  ResetOffsets,
  StageOffsets,
  Stats,
} from '../src/index.ts';
import type { Api } from '../src/index.ts';
import { typicalStats } from './typical-stats.ts';

/** A request as one would meet it, and its answer. */
export interface TypicalExchange {
  readonly api: Api<unknown, unknown>;
  readonly request: unknown;
  readonly response: unknown;
}

/** Lets the type checker compare the values with the messages before their types are forgotten. */
function exchange<Q, A>(api: Api<Q, A>, request: Q, response: A): TypicalExchange {
  return { api, request, response };
}

const topicId = '6f1c2a8e-04b7-4d0e-9a55-7e3f8b1d2c60';
const memberId = '0b9d6c1e-8f52-4c55-b1a7-2d1c5e90af34';
const software = 'q';
const timestampMs = 1_763_800_000_000;
const ranges = { min: 0, max: 0 };

const records = encodeBatch(
  [
    { key: 'customer-1', value: '{"amount":12.5}' },
    { key: 'customer-2', value: null, headers: [{ key: 'trace', value: Buffer.from('abc') }] },
  ],
  { timestampMs, producerId: 7, producerEpoch: 0, baseSequence: 40 },
);

const configs = [
  { key: 'retention.ms', value: '3600000', source: 2 },
  { key: 'cleanup.policy', value: 'delete', source: 0 },
];

export const typicalExchanges: readonly TypicalExchange[] = [
  exchange(
    Hello,
    { magic: helloMagic, clientId: 'billing', software: 'q-client', softwareVersion: '0.1.0' },
    {
      brokerId: 1,
      clusterId: 'qMk3Vx2bTn6s1Zy8',
      software,
      softwareVersion: '0.1.0',
      frameBytesMax: 16_777_216,
      requestsInFlightMax: 256,
      features: [],
      authMechanisms: [],
      apis: [
        { key: 0, ...ranges },
        { key: 1, ...ranges },
      ],
    },
  ),
  exchange(
    Produce,
    {
      timeoutMs: 30_000,
      topics: [{ topicId, partitions: [{ partition: 3, leaderEpoch: 0, records }] }],
      traceContexts: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    },
    {
      topics: [
        {
          topicId,
          partitions: [
            {
              partition: 3,
              errorCode: 0,
              errorMessage: null,
              baseOffset: 1042,
              logAppendTimeMs: -1,
              logStartOffset: 0,
              duplicate: false,
              durability: 0,
            },
          ],
        },
      ],
      retryAfterMs: 0,
      throttleTimeMs: 250,
    },
  ),
  exchange(
    Fetch,
    {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 52_428_800,
      isolation: 1,
      topics: [{ topicId, partitions: [{ partition: 3, leaderEpoch: 0, fetchOffset: 1043, maxBytes: 1_048_576 }] }],
      throttleWaitMs: 5000,
    },
    {
      throttleTimeMs: 250,
      topics: [
        {
          topicId,
          partitions: [
            {
              partition: 3,
              errorCode: 0,
              errorMessage: null,
              highWatermark: 1044,
              lastStableOffset: 1044,
              logStartOffset: 0,
              records,
              aborted: [{ producerId: 7, firstOffset: 1043 }],
            },
            {
              partition: 4,
              errorCode: 50,
              errorMessage: 'offset 9 is out of range: the partition holds 100 to 200',
              highWatermark: 200,
              lastStableOffset: 200,
              logStartOffset: 100,
              records: Buffer.alloc(0),
              aborted: [],
            },
          ],
        },
      ],
    },
  ),
  exchange(
    Metadata,
    { topics: ['orders', 'missing'] },
    {
      clusterId: 'qMk3Vx2bTn6s1Zy8',
      brokers: [{ id: 1, host: '', port: 7420 }],
      topics: [
        {
          errorCode: 0,
          errorMessage: null,
          name: 'orders',
          topicId,
          internal: false,
          cleanupPolicy: 'delete',
          maxMessageBytes: 1_048_576,
          partitions: [
            { partition: 0, errorCode: 0, leaderId: 1, leaderEpoch: 0, replicas: [1], inSyncReplicas: [1] },
            { partition: 1, errorCode: 0, leaderId: 1, leaderEpoch: 0, replicas: [1], inSyncReplicas: [1] },
          ],
        },
        {
          errorCode: 20,
          errorMessage: 'there is no topic named missing',
          name: 'missing',
          topicId: '00000000-0000-0000-0000-000000000000',
          internal: false,
          cleanupPolicy: '',
          maxMessageBytes: 0,
          partitions: [],
        },
      ],
    },
  ),
  exchange(
    ListOffsets,
    {
      topics: [
        {
          topicId,
          partitions: [
            { partition: 0, leaderEpoch: -1, timestampMs: -1 },
            { partition: 0, leaderEpoch: -1, timestampMs },
          ],
        },
      ],
    },
    {
      topics: [
        {
          topicId,
          partitions: [
            { partition: 0, errorCode: 0, errorMessage: null, offset: 1044, timestampMs: -1, leaderEpoch: 0 },
            { partition: 0, errorCode: 0, errorMessage: null, offset: 1042, timestampMs, leaderEpoch: 0 },
          ],
        },
      ],
    },
  ),
  exchange(
    CreateTopic,
    {
      name: 'orders',
      partitions: 8,
      replicas: 1,
      configs: [{ key: 'retention.ms', value: '3600000' }],
      validateOnly: false,
    },
    { topicId, partitions: 8, replicas: 1, configs },
  ),
  exchange(DeleteTopic, { name: 'orders' }, { topicId }),
  exchange(
    ListTopics,
    { includeInternal: false },
    {
      topics: [
        {
          name: 'orders',
          topicId,
          internal: false,
          partitions: 8,
          replicas: 1,
          messages: 200_000,
          messagesExact: true,
          bytes: 21_400_000,
        },
      ],
    },
  ),
  exchange(
    DescribeTopic,
    { name: 'orders' },
    {
      name: 'orders',
      topicId,
      internal: false,
      replicas: 1,
      messages: 1044,
      messagesExact: true,
      bytes: 98_304,
      configs,
      partitions: [
        {
          partition: 0,
          leaderId: 1,
          leaderEpoch: 0,
          replicas: [1],
          logStartOffset: 0,
          highWatermark: 1044,
          logEndOffset: 1044,
          segments: 1,
          bytes: 98_304,
          errorCode: 0,
          messages: 1044,
          messagesExact: true,
        },
      ],
    },
  ),
  exchange(
    AlterTopic,
    {
      name: 'orders',
      set: [{ key: 'retention.ms', value: '7200000' }],
      unset: ['cleanup.policy'],
      validateOnly: false,
    },
    { configs },
  ),
  exchange(AddPartitions, { name: 'orders', partitions: 12, validateOnly: false }, { partitions: 12 }),
  exchange(
    DeleteRecords,
    {
      name: 'orders',
      partitions: [
        { partition: 0, beforeOffset: 500 },
        { partition: 1, beforeOffset: -1 },
      ],
    },
    {
      partitions: [
        { partition: 0, errorCode: 0, errorMessage: null, logStartOffset: 500 },
        { partition: 1, errorCode: 0, errorMessage: null, logStartOffset: 1044 },
      ],
    },
  ),
  exchange(
    InitProducer,
    { producerId: -1, producerEpoch: -1, transactionalId: null, transactionTimeoutMs: -1 },
    { producerId: 7, producerEpoch: 0 },
  ),
  exchange(Stats, {}, typicalStats),
  exchange(Ping, { payload: Buffer.from('hello') }, { payload: Buffer.from('hello') }),
  exchange(
    GroupHeartbeat,
    {
      groupId: 'billing',
      memberId,
      memberEpoch: 0,
      instanceId: null,
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: -1,
      assignor: 'uniform',
      topics: ['orders'],
      owned: [],
      stalledMs: 0,
      maxWaitMs: 5000,
    },
    {
      memberEpoch: 7,
      heartbeatIntervalMs: 5000,
      sessionTimeoutMs: 45_000,
      assignment: [{ topicId, name: 'orders', partitions: [0, 2] }],
    },
  ),
  exchange(
    CommitOffset,
    {
      groupId: 'billing',
      memberId,
      memberEpoch: 7,
      topics: [{ topicId, partitions: [{ partition: 0, offset: 1044, leaderEpoch: 0, metadata: 'invoice-88' }] }],
    },
    { topics: [{ topicId, partitions: [{ partition: 0, errorCode: 0, errorMessage: null }] }] },
  ),
  exchange(
    FetchOffset,
    { groupId: 'billing', memberId, memberEpoch: 7, topics: [{ topicId, partitions: [0, 2] }], requireStable: true },
    {
      topics: [
        {
          topicId,
          name: 'orders',
          partitions: [
            {
              partition: 0,
              errorCode: 0,
              offset: 1044,
              leaderEpoch: 0,
              metadata: 'invoice-88',
              committedAtMs: timestampMs,
            },
            { partition: 2, errorCode: 0, offset: -1, leaderEpoch: -1, metadata: null, committedAtMs: -1 },
          ],
        },
      ],
    },
  ),
  exchange(ListGroups, { prefix: '' }, { groups: [{ groupId: 'billing', state: 'stable', members: 1, offsets: 1 }] }),
  exchange(
    DescribeGroup,
    { groupId: 'billing' },
    {
      groupId: 'billing',
      state: 'stable',
      assignor: 'uniform',
      groupEpoch: 7,
      targetEpoch: 7,
      members: [
        {
          memberId,
          instanceId: null,
          clientId: 'billing',
          host: '127.0.0.1',
          memberEpoch: 7,
          state: 'stable',
          topics: ['orders'],
          assigned: [{ topicId, name: 'orders', partitions: [0, 2] }],
          target: [{ topicId, name: 'orders', partitions: [0, 2] }],
          sinceHeartbeatMs: 1200,
          sessionTimeoutMs: 45_000,
          stalledMs: 0,
          stalled: false,
        },
      ],
      partitions: [
        {
          topicId,
          name: 'orders',
          partition: 0,
          memberId,
          committedOffset: 1044,
          leaderEpoch: 0,
          metadata: 'invoice-88',
          logStartOffset: 0,
          highWatermark: 1050,
          lag: 6,
          lagExact: true,
          sinceProgressMs: 800,
        },
      ],
    },
  ),
  exchange(DeleteGroup, { groupId: 'billing' }, { offsets: 1 }),
  exchange(
    ResetOffsets,
    { groupId: 'billing', validateOnly: true, topics: [{ topicId, partitions: [{ partition: 0, offset: 500 }] }] },
    {
      topics: [
        {
          topicId,
          partitions: [{ partition: 0, errorCode: 0, errorMessage: null, previousOffset: 1044, offset: 500 }],
        },
      ],
    },
  ),
  exchange(
    DeleteOffsets,
    { groupId: 'billing', topics: [{ topicId, partitions: null }] },
    { topics: [{ topicId, errorCode: 0, errorMessage: null, offsets: 1 }] },
  ),
  exchange(
    ReopenPartitions,
    { name: 'orders', partitions: [0, 7] },
    {
      partitions: [
        { partition: 0, errorCode: 0, errorMessage: null },
        { partition: 7, errorCode: 58, errorMessage: 'stored data of partition 7 of topic orders is damaged' },
      ],
    },
  ),
  exchange(
    Authenticate,
    { mechanism: 'SCRAM-SHA-256', message: Buffer.from('n,,n=alice,r=rOprNGfwEbeRWgbNEkqO') },
    {
      message: Buffer.from('r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=16384'),
      isDone: false,
      principal: '',
      lifetimeMs: 0,
    },
  ),
  exchange(
    EndTransaction,
    { transactionalId: 'billing-1', producerId: 7, producerEpoch: 41, outcome: 1 },
    { producerId: 7, producerEpoch: 42 },
  ),
  exchange(
    StageOffsets,
    {
      transactionalId: 'billing-1',
      producerId: 7,
      producerEpoch: 41,
      groupId: 'billing',
      memberId,
      memberEpoch: 7,
      topics: [{ topicId, partitions: [{ partition: 0, offset: 1044, leaderEpoch: 0, metadata: null }] }],
    },
    { topics: [{ topicId, partitions: [{ partition: 0, errorCode: 0, errorMessage: null }] }] },
  ),
];
