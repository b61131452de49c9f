/**
 * The settings of this broker under the names that Kafka's brokers have for them: those that tools look for and that
 * mean something here. Behind some of them is a setting of ours, which can change while the broker runs.
 */
import type { BrokerFacts, BrokerIdentity, BrokerLimits } from '@q/broker';
import type { ConfigTypeName } from './config-codes.ts';

/** One row. */
export interface BrokerConfig {
  readonly name: string;
  readonly type: ConfigTypeName;
  readonly documentation: string;
  /** What it is. */
  readonly value: string;
  /** The setting of ours behind it, in whose words values are written there. Null: there is none. */
  readonly behind: SettingBehind | null;
  /** Without one behind it: the broker was told so, and has not only its default. */
  readonly isGiven: boolean;
}

/** A setting of ours behind one of Kafka's. */
export interface SettingBehind {
  readonly setting: string;
  /** How Kafka writes our value. */
  readonly word: (text: string) => string;
  /** How we write Kafka's. */
  readonly ownWord: (text: string) => string;
}

/** What the table is made of. */
export interface ConfigFacts {
  readonly identity: Pick<BrokerIdentity, 'brokerId'>;
  readonly facts: Pick<BrokerFacts, 'dataDir' | 'groups'>;
  readonly limits: BrokerLimits;
}

type LimitName = keyof BrokerLimits;
type LimitRow = readonly [name: string, type: ConfigTypeName, limit: LimitName, documentation: string];

const limitRows: readonly LimitRow[] = [
  ['connections.max.idle.ms', 'long', 'idleTimeoutMs', 'A connection that is idle for so long is closed.'],
  ['fetch.max.bytes', 'int', 'fetchBytesMax', 'Most record bytes in the answer to a fetch.'],
  [
    'group.initial.rebalance.delay.ms',
    'int',
    'groupInitialDelayMs',
    'How long the first generation of a group waits for more members.',
  ],
  ['log.retention.check.interval.ms', 'long', 'maintenanceIntervalMs', 'Pause between two rounds of retention.'],
  ['max.connections', 'int', 'connectionsMax', 'Open connections in total.'],
  ['max.connections.per.ip', 'int', 'connectionsPerAddressMax', 'Open connections from one address.'],
  ['num.partitions', 'int', 'partitionsDefault', 'Partitions of a topic that is created without a number.'],
  [
    'offsets.retention.check.interval.ms',
    'long',
    'groupSweepIntervalMs',
    'Pause between two looks for groups that have expired.',
  ],
  ['socket.request.max.bytes', 'int', 'frameBytesMax', 'Largest request.'],
];

type GroupRow = readonly [
  name: string,
  type: ConfigTypeName,
  bound: keyof BrokerFacts['groups'],
  documentation: string,
];

const groupRows: readonly GroupRow[] = [
  ['group.max.session.timeout.ms', 'int', 'sessionTimeoutMsMax', 'Longest session of a member of a group.'],
  ['group.max.size', 'int', 'membersMax', 'Most members of a group.'],
  ['group.min.session.timeout.ms', 'int', 'sessionTimeoutMsMin', 'Shortest session of a member of a group.'],
  ['offset.metadata.max.bytes', 'int', 'metadataCharactersMax', 'Longest text beside a committed offset.'],
];

type FixedRow = readonly [name: string, type: ConfigTypeName, value: string, documentation: string];

const oneBroker = 'There is one broker.';

const fixedRows: readonly FixedRow[] = [
  ['default.replication.factor', 'int', '1', oneBroker],
  ['delete.topic.enable', 'boolean', 'true', 'Topics can be deleted.'],
  ['group.coordinator.rebalance.protocols', 'list', 'classic', 'Which kinds of groups there are.'],
  ['listener.security.protocol.map', 'string', 'PLAINTEXT:PLAINTEXT', 'Connections are not encrypted.'],
  ['log.cleaner.enable', 'boolean', 'true', 'Topics with the policy compact are compacted.'],
  ['offsets.topic.num.partitions', 'int', '1', 'The topic of the offsets has one partition.'],
  ['offsets.topic.replication.factor', 'short', '1', oneBroker],
  ['process.roles', 'list', 'broker,controller', 'The broker is its own controller.'],
];

export function brokerConfigTable({ identity, facts, limits }: ConfigFacts): BrokerConfig[] {
  const brokerId = String(identity.brokerId);
  const { groups, dataDir } = facts;
  return [
    ...limitRows.map(([name, type, limit, documentation]) =>
      changeable([name, type, String(limits[limit]), `${documentation} The limit ${limit} of the broker.`], {
        ...asItIs,
        setting: `limits.${limit}`,
      }),
    ),
    changeable(
      [
        'auto.create.topics.enable',
        'boolean',
        'false',
        'A topic is made when a client asks for one that does not exist.',
      ],
      { ...asItIs, ownWord: (text) => text.trim().toLowerCase(), setting: 'autoCreateTopics' },
    ),
    changeable(
      [
        'offsets.retention.minutes',
        'int',
        minutesOf(String(limits.groupExpiryMs)),
        'How long the offsets of an empty group are kept. The limit groupExpiryMs of the broker.',
      ],
      { setting: 'limits.groupExpiryMs', word: minutesOf, ownWord: fromMinutes },
    ),
    ...fixedRows.map((row) => fixed(row, { isGiven: false })),
    ...groupRows.map(([name, type, bound, documentation]) =>
      fixed([name, type, String(groups[bound]), documentation], { isGiven: false }),
    ),
    ...(dataDir === null ? [] : [fixed(['log.dirs', 'list', dataDir, 'Where records are.'], { isGiven: true })]),
    fixed(['broker.id', 'int', brokerId, 'The id of this broker.'], { isGiven: true }),
    fixed(['node.id', 'int', brokerId, 'The id of this broker.'], { isGiven: true }),
  ];
}

function fixed([name, type, value, documentation]: FixedRow, { isGiven }: { isGiven: boolean }): BrokerConfig {
  return { name, type, value, documentation, behind: null, isGiven };
}

function changeable([name, type, value, documentation]: FixedRow, behind: SettingBehind): BrokerConfig {
  return { name, type, value, documentation, behind, isGiven: false };
}

const asItIs = { word: (text: string) => text, ownWord: (text: string) => text.trim() } as const;

const msPerMinute = 60_000;

function minutesOf(ms: string): string {
  return String(Math.floor(Number(ms) / msPerMinute));
}

/** What is no number stays what it is, and is refused as such. */
function fromMinutes(minutes: string): string {
  return /^\d{1,9}$/.test(minutes.trim()) ? String(Number(minutes) * msPerMinute) : minutes;
}
