import type { DoorNeeds, Need } from './api-needs.ts';

const makeTopic: Need = {
  resource: 'topic',
  operation: 'create',
  or: [{ resource: 'cluster', operation: 'create' }],
  lack: 'refused',
};
const readGroup: Need = { resource: 'group', operation: 'read', lack: 'refused' };
const writeTransaction: Need = { resource: 'transactionalId', operation: 'write', lack: 'refused' };
const settingsShown: Need = {
  resource: 'topic',
  operation: 'describeConfigs',
  lack: 'hidden',
  when: 'for the settings in the answer',
};

/** The native protocol. */
export const nativeNeeds: DoorNeeds = {
  HELLO: [],
  AUTHENTICATE: [],
  PING: [],
  PRODUCE: [
    { resource: 'topic', operation: 'write', lack: 'part' },
    {
      resource: 'transactionalId',
      operation: 'write',
      lack: 'part',
      when: 'for batches of a transaction: of its transactional id',
    },
  ],
  FETCH: [
    { resource: 'topic', operation: 'read', lack: 'part' },
    { resource: 'cluster', operation: 'clusterAction', lack: 'part', when: 'for the topic `__metadata`, instead' },
  ],
  METADATA: [
    { resource: 'topic', operation: 'describe', lack: 'part', when: 'for topics that are named' },
    { resource: 'topic', operation: 'describe', lack: 'hidden', when: 'for topics that are not named' },
    { ...makeTopic, lack: 'part', when: 'for a topic that is made because it is not there' },
  ],
  LIST_OFFSETS: [{ resource: 'topic', operation: 'describe', lack: 'part' }],
  CREATE_TOPIC: [makeTopic, settingsShown],
  DELETE_TOPIC: [{ resource: 'topic', operation: 'delete', lack: 'refused' }],
  LIST_TOPICS: [{ resource: 'topic', operation: 'describe', lack: 'hidden' }],
  DESCRIBE_TOPIC: [{ resource: 'topic', operation: 'describe', lack: 'refused' }, settingsShown],
  ALTER_TOPIC: [{ resource: 'topic', operation: 'alterConfigs', lack: 'refused' }],
  ADD_PARTITIONS: [{ resource: 'topic', operation: 'alter', lack: 'refused' }],
  DELETE_RECORDS: [{ resource: 'topic', operation: 'delete', lack: 'refused' }],
  REOPEN_PARTITIONS: [{ resource: 'topic', operation: 'alter', lack: 'refused' }],
  INIT_PRODUCER: [
    {
      resource: 'topic',
      operation: 'write',
      ofAny: true,
      or: [{ resource: 'cluster', operation: 'idempotentWrite' }],
      lack: 'refused',
      when: 'without a transactional id',
    },
    { ...writeTransaction, when: 'with a transactional id' },
  ],
  END_TRANSACTION: [writeTransaction],
  STAGE_OFFSETS: [writeTransaction, readGroup, { resource: 'topic', operation: 'read', lack: 'part' }],
  STATS: [{ resource: 'cluster', operation: 'describe', lack: 'refused' }],
  GROUP_HEARTBEAT: [
    readGroup,
    { resource: 'topic', operation: 'describe', lack: 'refused', when: 'for the topics that the member names' },
  ],
  COMMIT_OFFSET: [readGroup, { resource: 'topic', operation: 'read', lack: 'part' }],
  FETCH_OFFSET: [
    { resource: 'group', operation: 'describe', lack: 'refused' },
    { resource: 'topic', operation: 'describe', lack: 'part', when: 'for topics that are named' },
    { resource: 'topic', operation: 'describe', lack: 'hidden', when: 'for topics that are not named' },
  ],
  LIST_GROUPS: [
    { resource: 'group', operation: 'describe', or: [{ resource: 'cluster', operation: 'describe' }], lack: 'hidden' },
  ],
  DESCRIBE_GROUP: [
    { resource: 'group', operation: 'describe', lack: 'refused' },
    { resource: 'topic', operation: 'describe', lack: 'hidden', when: 'for the topics in the answer' },
  ],
  DELETE_GROUP: [{ resource: 'group', operation: 'delete', lack: 'refused' }],
  RESET_OFFSETS: [readGroup, { resource: 'topic', operation: 'read', lack: 'refused' }],
  DELETE_OFFSETS: [
    { resource: 'group', operation: 'delete', lack: 'refused' },
    { resource: 'topic', operation: 'read', lack: 'part' },
  ],
};
