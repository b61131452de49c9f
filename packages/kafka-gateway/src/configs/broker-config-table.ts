/**
 * The settings of this broker under the names that Kafka's brokers have for them: those that tools look for and that
 * mean something here. None can be changed while the broker runs.
 */
import { defaultLimits } from '@q/broker';
import type { BrokerIdentity, BrokerLimits, BrokerSettings } from '@q/broker';
import type { ConfigTypeName } from './config-codes.ts';

/** One row. `isGiven`: the broker was told so, and has not only its default. */
export interface BrokerConfig {
  readonly name: string;
  readonly type: ConfigTypeName;
  readonly value: string;
  readonly isGiven: boolean;
  readonly documentation: string;
}

/** What the table is made of. */
export interface BrokerFacts {
  readonly identity: Pick<BrokerIdentity, 'brokerId'>;
  readonly settings: BrokerSettings;
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
  bound: keyof BrokerSettings['groups'],
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

export function brokerConfigTable({ identity, settings, limits }: BrokerFacts): BrokerConfig[] {
  const { groupExpiryMs } = limits;
  const brokerId = String(identity.brokerId);
  const { groups, dataDir } = settings;
  return [
    ...limitRows.map(([name, type, limit, documentation]) => ({
      name,
      type,
      value: String(limits[limit]),
      isGiven: limits[limit] !== defaultLimits[limit],
      documentation: `${documentation} The limit ${limit} of the broker.`,
    })),
    ...fixedRows.map(([name, type, value, documentation]) => ({ name, type, value, isGiven: false, documentation })),
    {
      name: 'auto.create.topics.enable',
      type: 'boolean',
      value: String(settings.autoCreateTopics),
      isGiven: settings.autoCreateTopics,
      documentation: 'A topic is made when a client asks for one that does not exist.',
    },
    ...groupRows.map(([name, type, bound, documentation]) => ({
      name,
      type,
      value: String(groups[bound]),
      isGiven: false,
      documentation,
    })),
    ...(dataDir === null
      ? []
      : [
          {
            name: 'log.dirs',
            type: 'list' as const,
            value: dataDir,
            isGiven: true,
            documentation: 'Where records are.',
          },
        ]),
    { name: 'broker.id', type: 'int', value: brokerId, isGiven: true, documentation: 'The id of this broker.' },
    { name: 'node.id', type: 'int', value: brokerId, isGiven: true, documentation: 'The id of this broker.' },
    {
      name: 'offsets.retention.minutes',
      type: 'int',
      value: String(Math.floor(groupExpiryMs / msPerMinute)),
      isGiven: groupExpiryMs !== defaultLimits.groupExpiryMs,
      documentation: 'How long the offsets of an empty group are kept. The limit groupExpiryMs of the broker.',
    },
  ];
}

const msPerMinute = 60_000;
