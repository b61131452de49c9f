/**
 * The settings of a topic as Kafka's tools know them: those that this broker has, and those that it knows by name only.
 * Of the latter each has the one value that is true here: tools find what they look for, and may set what is so anyway.
 */
import { topicSettings } from '@q/broker';
import type { BrokerLimits, Setting } from '@q/broker';
import { protocolLimits } from '@q/protocol';
import type { ConfigTypeName } from './config-codes.ts';
import { longMax } from './config-value.ts';

/** One row. */
export interface TopicConfig {
  readonly name: string;
  readonly type: ConfigTypeName;
  /** What Kafka calls the broker's setting that it falls back to; null where there is none. */
  readonly brokerName: string | null;
  readonly documentation: string;
  /** Null: it cannot be changed here, and is what `fixed` says. */
  readonly setting: Setting | null;
  readonly fixed: string;
}

/** How Kafka types the settings that both have, and what its brokers call them. */
const shared: Readonly<Record<string, readonly [ConfigTypeName, string | null]>> = {
  'cleanup.policy': ['list', 'log.cleanup.policy'],
  'compression.type': ['string', 'compression.type'],
  'dedup.window.ms': ['long', null],
  'delete.retention.ms': ['long', 'log.cleaner.delete.retention.ms'],
  durability: ['string', null],
  'file.delete.delay.ms': ['long', 'log.segment.delete.delay.ms'],
  'index.interval.bytes': ['int', 'log.index.interval.bytes'],
  'max.message.bytes': ['int', 'message.max.bytes'],
  'message.timestamp.type': ['string', 'log.message.timestamp.type'],
  'min.cleanable.dirty.ratio': ['double', 'log.cleaner.min.cleanable.ratio'],
  'min.compaction.lag.ms': ['long', 'log.cleaner.min.compaction.lag.ms'],
  'retention.bytes': ['long', 'log.retention.bytes'],
  'retention.ms': ['long', 'log.retention.ms'],
  'segment.bytes': ['int', 'log.segment.bytes'],
  'segment.ms': ['long', 'log.roll.ms'],
};

type FixedRow = readonly [
  name: string,
  type: ConfigTypeName,
  brokerName: string | null,
  fixed: string,
  documentation: string,
];

const noTiers = 'This broker keeps all records on its own disk.';
const noReplicas = 'This broker keeps one copy of each partition: nothing is replicated.';
const byDurability = 'The setting durability says when records are synced to the disk.';
const ownLevel = 'The level of this codec cannot be chosen.';

function fixedRows(limits: BrokerLimits): readonly FixedRow[] {
  return [
    ['compression.gzip.level', 'int', 'compression.gzip.level', '-1', ownLevel],
    ['compression.lz4.level', 'int', 'compression.lz4.level', '9', ownLevel],
    ['compression.zstd.level', 'int', 'compression.zstd.level', '3', ownLevel],
    ['errors.deadletterqueue.group.enable', 'boolean', null, 'false', 'There are no share groups.'],
    ['flush.messages', 'long', 'log.flush.interval.messages', longMax, byDurability],
    ['flush.ms', 'long', null, longMax, byDurability],
    ['follower.replication.throttled.replicas', 'list', null, '', noReplicas],
    ['leader.replication.throttled.replicas', 'list', null, '', noReplicas],
    ['local.retention.bytes', 'long', 'log.local.retention.bytes', '-2', noTiers],
    ['local.retention.ms', 'long', 'log.local.retention.ms', '-2', noTiers],
    [
      'max.compaction.lag.ms',
      'long',
      'log.cleaner.max.compaction.lag.ms',
      longMax,
      'Compaction is not forced by the age of records.',
    ],
    [
      'max.decompressed.message.bytes',
      'int',
      'max.decompressed.message.bytes',
      String(protocolLimits.uncompressedBytesMax),
      'Most bytes that a compressed batch may become.',
    ],
    [
      'message.timestamp.after.max.ms',
      'long',
      'log.message.timestamp.after.max.ms',
      String(limits.timestampAheadMsMax),
      'How far a timestamp may lie in the future: the limit timestampAheadMsMax of the broker.',
    ],
    [
      'message.timestamp.before.max.ms',
      'long',
      'log.message.timestamp.before.max.ms',
      longMax,
      'A timestamp may be as old as it likes.',
    ],
    ['min.insync.replicas', 'int', 'min.insync.replicas', '1', noReplicas],
    ['preallocate', 'boolean', 'log.preallocate', 'false', 'Segment files grow as they are written.'],
    ['remote.copy.lag.bytes', 'long', 'log.remote.copy.lag.bytes', '-1', noTiers],
    ['remote.copy.lag.ms', 'long', 'log.remote.copy.lag.ms', '0', noTiers],
    ['remote.log.copy.disable', 'boolean', null, 'false', noTiers],
    ['remote.log.delete.on.disable', 'boolean', null, 'false', noTiers],
    ['remote.storage.enable', 'boolean', null, 'false', noTiers],
    ['segment.index.bytes', 'int', 'log.index.size.max.bytes', '10485760', 'An index grows with its segment.'],
    ['segment.jitter.ms', 'long', null, '0', 'Segments are begun at exactly the age that segment.ms says.'],
    ['unclean.leader.election.enable', 'boolean', 'unclean.leader.election.enable', 'false', noReplicas],
  ];
}

/** Every setting of a topic, by name. */
export function topicConfigTable(limits: BrokerLimits): readonly TopicConfig[] {
  const own = topicSettings.map((setting): TopicConfig => {
    const [type, brokerName] = shared[setting.name] ?? ['string', null];
    return { name: setting.name, type, brokerName, documentation: setting.doc, setting, fixed: '' };
  });
  const fixed = fixedRows(limits).map(([name, type, brokerName, value, documentation]): TopicConfig => ({
    name,
    type,
    brokerName,
    documentation: `${documentation} It cannot be changed.`,
    setting: null,
    fixed: value,
  }));
  return [...own, ...fixed].sort((left, right) => (left.name < right.name ? -1 : 1));
}
