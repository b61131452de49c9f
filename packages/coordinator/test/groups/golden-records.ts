import type { DurableClassicMember, DurableMember, GroupRecord } from '../../src/index.ts';

const topicA = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
const topicB = '00000000-0000-4000-8000-00000000000b';

const member: DurableMember = {
  memberId: 'member-1',
  instanceId: null,
  clientId: 'billing',
  host: '10.0.0.7',
  sessionTimeoutMs: 45_000,
  rebalanceTimeoutMs: 60_000,
  assignor: 'uniform',
  topics: ['orders', 'payments'],
  place: 3,
  memberEpoch: 7,
  previousEpoch: 5,
  assigned: new Map([[topicA, [0, 1, 130]]]),
  revoking: new Map([[topicB, [2]]]),
  target: new Map([[topicA, [0, 1, 130]]]),
  isAway: false,
};

const classicMember: DurableClassicMember = {
  memberId: 'consumer-7',
  instanceId: null,
  clientId: 'consumer',
  host: '10.0.0.7',
  sessionTimeoutMs: 45_000,
  rebalanceTimeoutMs: 300_000,
  protocols: [
    { name: 'range', metadata: Buffer.from('0001', 'hex') },
    { name: 'cooperative-sticky', metadata: Buffer.alloc(0) },
  ],
  assignment: Buffer.alloc(0),
  place: 2,
};

/** One of each kind, by the name of its vector in `group-records.json`. */
export const goldenRecords: Readonly<Record<string, GroupRecord>> = {
  group: {
    kind: 'group',
    groupId: 'orders',
    assigns: 'broker',
    groupEpoch: 12,
    targetEpoch: 12,
    emptySinceWallMs: null,
  },
  'empty group': {
    kind: 'group',
    groupId: 'größe',
    assigns: 'broker',
    groupEpoch: 2 ** 31 - 1,
    targetEpoch: 1,
    emptySinceWallMs: 1_700_000_000_000,
  },
  member: { kind: 'member', groupId: 'orders', member },
  'static member that is away': {
    kind: 'member',
    groupId: 'orders',
    member: {
      ...member,
      instanceId: 'worker-1',
      assignor: 'range',
      isAway: true,
      topics: [],
      assigned: new Map(),
      revoking: new Map(),
    },
  },
  offset: {
    kind: 'offset',
    groupId: 'orders',
    topicId: topicA,
    partition: 300,
    committed: {
      offset: 2 ** 53 - 1,
      leaderEpoch: 4,
      metadata: 'naïve text',
      committedAtMs: 1_700_000_000_000,
      progressedAtMs: 1_600_000_000_000,
    },
  },
  'offset without metadata': {
    kind: 'offset',
    groupId: 'orders',
    topicId: topicB,
    partition: 0,
    committed: { offset: 0, leaderEpoch: -1, metadata: null, committedAtMs: 0, progressedAtMs: 0 },
  },
  applied: {
    kind: 'applied',
    groupId: 'orders',
    transactionalId: 'billing-1',
    producer: { producerId: 4000, producerEpoch: 32_767 },
  },
  'applied gone': { kind: 'applied-gone', groupId: 'orders', transactionalId: 'billing-1' },
  'group gone': { kind: 'group-gone', groupId: 'orders' },
  'member gone': { kind: 'member-gone', groupId: 'orders', memberId: 'member-1' },
  'offset gone': { kind: 'offset-gone', groupId: 'orders', topicId: topicA, partition: 300 },
  'classic group': {
    kind: 'group',
    groupId: 'kafka',
    assigns: 'client',
    generation: 12,
    isAssigned: true,
    protocolType: 'consumer',
    protocolName: 'range',
    leaderId: 'consumer-7',
    emptySinceWallMs: null,
  },
  'empty classic group': {
    kind: 'group',
    groupId: 'kafka',
    assigns: 'client',
    generation: 2 ** 31 - 1,
    isAssigned: false,
    protocolType: '',
    protocolName: null,
    leaderId: null,
    emptySinceWallMs: 1_700_000_000_000,
  },
  'classic member': { kind: 'classic-member', groupId: 'kafka', member: classicMember },
  'static classic member': {
    kind: 'classic-member',
    groupId: 'kafka',
    member: {
      ...classicMember,
      instanceId: 'worker-1',
      protocols: [],
      assignment: Buffer.from('00030102', 'hex'),
    },
  },
  'classic member gone': { kind: 'classic-member-gone', groupId: 'kafka', memberId: 'consumer-7' },
};
