/** What is asked at the native door to see what a row of its needs comes to: one probe or more for each API. */
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
  errorCode,
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
  formatBearer,
  ReopenPartitions,
  ResetOffsets,
  StageOffsets,
  Stats,
  transactionOutcomeCode,
} from '@q/protocol';
import type { EncodeBatchOptions, FetchOffsetRequest, InitProducerResponse } from '@q/protocol';
import type { WireConnection } from '../wire-connection.ts';

/** Who asks, and about what. The topic and the group are there, unless the probe wants another. */
export interface ProbeScene {
  readonly wire: WireConnection;
  /** May everything. */
  readonly root: WireConnection;
  readonly user: string;
  readonly topic: string;
  readonly topicId: string;
  readonly group: string;
}

/** What it came to: as `Lack` has it, or `done`. What else goes wrong is thrown. */
export type Outcome = 'done' | 'refused' | 'part' | 'hidden';

export interface Probe {
  /** Of the row's needs, those that are needed for this. */
  readonly needs: readonly number[];
  readonly title?: string;
  /** What is not there yet: a topic has its group with it. */
  readonly isNew?: 'topic' | 'group';
  /** The one topic that it is about. */
  readonly topic?: string;
  readonly ask: (scene: ProbeScene) => Promise<Outcome>;
}

const notAuthorized = errorCode('NOT_AUTHORIZED');

/** Of the parts of an answer. */
function ofParts(parts: readonly { readonly errorCode: number }[]): Outcome {
  for (const { errorCode: code } of parts) {
    if (code === notAuthorized) return 'part';
    if (code !== 0) throw new Error(`a part was answered with ${code}`);
  }
  return 'done';
}

function ofTopics(topics: readonly { readonly partitions: readonly { readonly errorCode: number }[] }[]): Outcome {
  return ofParts(topics.flatMap(({ partitions }) => partitions));
}

async function done(answer: Promise<unknown>): Promise<Outcome> {
  await answer;
  return 'done';
}

function shownIf(isThere: boolean): Outcome {
  return isThere ? 'done' : 'hidden';
}

const one = { partitions: 1, replicas: 1, configs: [], validateOnly: false };
const member = { memberId: '', memberEpoch: -1 };

function fetchOf({ wire }: ProbeScene, topicId: string): Promise<Outcome> {
  const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset: 0, maxBytes: 1000 }];
  const query = { maxWaitMs: 0, minBytes: 1, maxBytes: 1000, isolation: 0, throttleWaitMs: 0 };
  return wire.call(Fetch, { ...query, topics: [{ topicId, partitions }] }).then(({ topics }) => ofTopics(topics));
}

function offsetsOf({ wire, group }: ProbeScene, topics: FetchOffsetRequest['topics']) {
  return wire.call(FetchOffset, { groupId: group, ...member, topics, requireStable: false });
}

/** The transactional id is called as the topic is: rights are given by that name. */
function begun(wire: WireConnection, transactionalId: string): Promise<InitProducerResponse> {
  const nobody = { producerId: -1, producerEpoch: -1 };
  return wire.call(InitProducer, { ...nobody, transactionalId, transactionTimeoutMs: 60_000 }, 1);
}

async function produceIn({ wire, topicId }: ProbeScene, options: EncodeBatchOptions): Promise<Outcome> {
  const records = encodeBatch([{ key: null, value: Buffer.from('x'), timestampMs: 1 }], options);
  const partitions = [{ partition: 0, leaderEpoch: -1, records }];
  const request = { timeoutMs: 5_000, topics: [{ topicId, partitions }], traceContexts: [] };
  return ofTopics((await wire.call(Produce, request)).topics);
}

export const metadataTopicId = '00000000-0000-4000-8000-000000000001';

export const nativeProbes: Readonly<Record<string, readonly Probe[]>> = {
  HELLO: [
    {
      needs: [],
      ask: ({ wire }) =>
        done(wire.call(Hello, { magic: helloMagic, clientId: 'again', software: 'q-tests', softwareVersion: '0' })),
    },
  ],
  AUTHENTICATE: [
    {
      needs: [],
      ask: ({ wire, user }) => done(wire.call(Authenticate, { mechanism: 'OAUTHBEARER', message: formatBearer(user) })),
    },
  ],
  PING: [{ needs: [], ask: ({ wire }) => done(wire.call(Ping, { payload: Buffer.alloc(0) })) }],
  PRODUCE: [
    { needs: [0], ask: (scene) => produceIn(scene, {}) },
    {
      needs: [0, 1],
      title: 'in a transaction',
      ask: async (scene) => {
        const producer = await begun(scene.root, scene.topic);
        return produceIn(scene, { ...producer, baseSequence: 0, isTransactional: true });
      },
    },
  ],
  FETCH: [
    { needs: [0], ask: (scene) => fetchOf(scene, scene.topicId) },
    { needs: [1], title: 'of the metadata', topic: '__metadata', ask: (scene) => fetchOf(scene, metadataTopicId) },
  ],
  METADATA: [
    {
      needs: [0],
      title: 'of a topic',
      ask: async ({ wire, topic }) => ofParts((await wire.call(Metadata, { topics: [topic] })).topics),
    },
    {
      needs: [1],
      title: 'of all topics',
      ask: async ({ wire, topic }) =>
        shownIf((await wire.call(Metadata, { topics: null })).topics.some(({ name }) => name === topic)),
    },
    {
      needs: [0, 2],
      title: 'of a topic that it makes',
      isNew: 'topic',
      ask: async ({ wire, topic }) => ofParts((await wire.call(Metadata, { topics: [topic] })).topics),
    },
  ],
  LIST_OFFSETS: [
    {
      needs: [0],
      ask: async ({ wire, topicId }) => {
        const partitions = [{ partition: 0, leaderEpoch: -1, timestampMs: -1 }];
        return ofTopics((await wire.call(ListOffsets, { topics: [{ topicId, partitions }] })).topics);
      },
    },
  ],
  CREATE_TOPIC: [
    {
      needs: [0, 1],
      isNew: 'topic',
      ask: async ({ wire, topic }) =>
        shownIf((await wire.call(CreateTopic, { name: topic, ...one })).configs.length > 0),
    },
  ],
  DELETE_TOPIC: [{ needs: [0], ask: ({ wire, topic: name }) => done(wire.call(DeleteTopic, { name })) }],
  LIST_TOPICS: [
    {
      needs: [0],
      ask: async ({ wire, topic }) =>
        shownIf((await wire.call(ListTopics, { includeInternal: false })).topics.some(({ name }) => name === topic)),
    },
  ],
  DESCRIBE_TOPIC: [
    {
      needs: [0, 1],
      ask: async ({ wire, topic: name }) => shownIf((await wire.call(DescribeTopic, { name })).configs.length > 0),
    },
  ],
  ALTER_TOPIC: [
    {
      needs: [0],
      ask: ({ wire, topic: name }) =>
        done(
          wire.call(AlterTopic, {
            name,
            set: [{ key: 'retention.ms', value: '1000000' }],
            unset: [],
            validateOnly: false,
          }),
        ),
    },
  ],
  ADD_PARTITIONS: [
    {
      needs: [0],
      ask: ({ wire, topic: name }) => done(wire.call(AddPartitions, { name, partitions: 2, validateOnly: false })),
    },
  ],
  DELETE_RECORDS: [
    {
      needs: [0],
      ask: async ({ wire, topic: name }) =>
        ofParts(
          (await wire.call(DeleteRecords, { name, partitions: [{ partition: 0, beforeOffset: -1 }] })).partitions,
        ),
    },
  ],
  REOPEN_PARTITIONS: [
    { needs: [0], ask: ({ wire, topic: name }) => done(wire.call(ReopenPartitions, { name, partitions: [0] })) },
  ],
  INIT_PRODUCER: [
    { needs: [1], title: 'of transactions', ask: ({ wire, topic }) => done(begun(wire, topic)) },
    {
      needs: [0],
      ask: ({ wire }) =>
        done(
          wire.call(InitProducer, {
            producerId: -1,
            producerEpoch: -1,
            transactionalId: null,
            transactionTimeoutMs: -1,
          }),
        ),
    },
  ],
  END_TRANSACTION: [
    {
      needs: [0],
      ask: async ({ root, wire, topic: transactionalId }) => {
        const producer = await begun(root, transactionalId);
        return done(wire.call(EndTransaction, { transactionalId, ...producer, outcome: transactionOutcomeCode.abort }));
      },
    },
  ],
  STAGE_OFFSETS: [
    {
      needs: [0, 1, 2],
      ask: async ({ root, wire, topic: transactionalId, topicId, group: groupId }) => {
        const claim = { transactionalId, ...(await begun(root, transactionalId)) };
        const partitions = [{ partition: 0, offset: 0, leaderEpoch: -1, metadata: null }];
        const commits = { groupId, ...member, topics: [{ topicId, partitions }] };
        return ofTopics((await wire.call(StageOffsets, { ...claim, ...commits })).topics);
      },
    },
  ],
  STATS: [{ needs: [0], ask: ({ wire }) => done(wire.call(Stats, {})) }],
  GROUP_HEARTBEAT: [
    {
      needs: [0, 1],
      isNew: 'group',
      ask: ({ wire, topic, group }) =>
        done(
          wire.call(GroupHeartbeat, {
            groupId: group,
            memberId: '00000000-0000-4000-8000-0000000000aa',
            memberEpoch: 0,
            instanceId: null,
            sessionTimeoutMs: -1,
            rebalanceTimeoutMs: -1,
            assignor: null,
            topics: [topic],
            owned: [],
            stalledMs: 0,
            maxWaitMs: 0,
          }),
        ),
    },
  ],
  COMMIT_OFFSET: [
    {
      needs: [0, 1],
      ask: async ({ wire, topicId, group: groupId }) => {
        const partitions = [{ partition: 0, offset: 0, leaderEpoch: -1, metadata: null }];
        const { topics } = await wire.call(CommitOffset, { groupId, ...member, topics: [{ topicId, partitions }] });
        return ofTopics(topics);
      },
    },
  ],
  FETCH_OFFSET: [
    {
      needs: [0, 1],
      title: 'of a topic',
      ask: async (scene) => ofTopics((await offsetsOf(scene, [{ topicId: scene.topicId, partitions: [0] }])).topics),
    },
    {
      needs: [0, 2],
      title: 'of all topics',
      ask: async (scene) => shownIf((await offsetsOf(scene, null)).topics.some(({ name }) => name === scene.topic)),
    },
  ],
  LIST_GROUPS: [
    {
      needs: [0],
      ask: async ({ wire, group }) =>
        shownIf((await wire.call(ListGroups, { prefix: '' })).groups.some(({ groupId }) => groupId === group)),
    },
  ],
  DESCRIBE_GROUP: [
    {
      needs: [0, 1],
      ask: async ({ wire, topic, group: groupId }) =>
        shownIf((await wire.call(DescribeGroup, { groupId })).partitions.some(({ name }) => name === topic)),
    },
  ],
  DELETE_GROUP: [{ needs: [0], ask: ({ wire, group: groupId }) => done(wire.call(DeleteGroup, { groupId })) }],
  RESET_OFFSETS: [
    {
      needs: [0, 1],
      ask: async ({ wire, topicId, group: groupId }) => {
        const topics = [{ topicId, partitions: [{ partition: 0, offset: 0 }] }];
        return ofTopics((await wire.call(ResetOffsets, { groupId, validateOnly: false, topics })).topics);
      },
    },
  ],
  DELETE_OFFSETS: [
    {
      needs: [0, 1],
      ask: async ({ wire, topicId, group: groupId }) =>
        ofParts((await wire.call(DeleteOffsets, { groupId, topics: [{ topicId, partitions: null }] })).topics),
    },
  ],
};
