import type { PartitionLog } from '@q/storage';
import type { SettingTexts } from './topic-config.ts';
import { Partition, Topic } from './topic.ts';

/** A topic of the broker's own, with one partition, as the registry shows it. */
export function internalTopic(options: {
  log: PartitionLog;
  settings: Readonly<Record<string, string>>;
  brokerDefaults: SettingTexts;
}): Topic {
  const { log, settings, brokerDefaults } = options;
  const record = { name: log.id.topic, topicId: log.id.topicId, replicas: 1, configs: settings };
  const topic = new Topic({ record, internal: true, leaderEpoch: 0, brokerDefaults });
  const partition = new Partition(topic, log.id.partition);
  partition.serve(log);
  topic.partitions.push(partition);
  return topic;
}
