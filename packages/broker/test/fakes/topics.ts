import type { PartitionLog } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { silentLogger } from '../../src/logger.ts';
import { TopicRegistry } from '../../src/topics/topic-registry.ts';
import { Partition, Topic } from '../../src/topics/topic.ts';

/** A topic that nobody registered. */
export function topicOf(
  options: { name?: string; topicId?: string; configs?: Record<string, string>; leaderEpoch?: number } = {},
): Topic {
  const { name = 't', topicId = '00000000-0000-4000-8000-0000000000aa', configs = {}, leaderEpoch = 0 } = options;
  return new Topic({
    record: { name, topicId, replicas: 1, configs },
    internal: false,
    leaderEpoch,
    brokerDefaults: new Map(),
  });
}

/** A partition that serves the log, the next one of its topic. */
export function partitionWith(log: PartitionLog, topic: Topic = topicOf()): Partition {
  const partition = new Partition(topic, topic.partitions.length);
  partition.serve(log);
  topic.partitions.push(partition);
  return partition;
}

/** A registry to put such topics in. It opens nothing. */
export function emptyRegistry(): TopicRegistry {
  const nothing = {} as never;
  return new TopicRegistry({
    store: nothing,
    metadata: nothing,
    logger: silentLogger,
    brokerDefaults: new Map(),
    term: 0,
    logOpensMax: 1,
    clock: new ManualClock(),
    retryPauseMsMin: 1,
    retryPauseMsMax: 1,
  });
}
