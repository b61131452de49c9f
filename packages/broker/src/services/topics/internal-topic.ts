import { defaultLogConfig } from '@q/storage';
import type { LogConfig, PartitionLog } from '@q/storage';
import type { Leadership } from './leadership.ts';
import type { SettingTexts } from './topic-config.ts';
import { Partition, Topic } from './topic.ts';

/** Small segments, because only closed ones are compacted: what a start has to read is a few of them at most. */
const segmentBytes = 16 << 20;

/**
 * The settings of the broker's own topics. The texts are what `topic describe` shows; the config below is what they
 * come to.
 */
const internalSettings: Readonly<Record<string, string>> = {
  'cleanup.policy': 'compact',
  durability: 'fsync',
  'retention.bytes': '-1',
  'retention.ms': '-1',
  'segment.bytes': String(segmentBytes),
};

export const internalLogConfig: LogConfig = {
  ...defaultLogConfig,
  cleanupPolicy: { delete: false, compact: true },
  durability: 'fsync',
  retentionMs: -1,
  retentionBytes: -1,
  segmentBytes,
  isInternal: true,
};

/** A topic of the broker's own, with one partition, as the registry shows it. */
export function internalTopic(options: {
  log: PartitionLog;
  brokerDefaults: SettingTexts;
  leadership: Leadership;
  /** Default: those of a compacted one. */
  settings?: Readonly<Record<string, string>> | undefined;
}): Topic {
  const { log, brokerDefaults, leadership, settings = internalSettings } = options;
  const record = {
    name: log.id.topic,
    topicId: log.id.topicId,
    replicas: 1,
    configs: settings,
    firstTerm: null,
  };
  const topic = new Topic({ record, internal: true, brokerDefaults });
  const partition = new Partition(topic, log.id.partition, leadership.leaderOf(record, log.id.partition));
  partition.serve(log);
  topic.partitions.push(partition);
  return topic;
}
