import type { PartitionLog } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { silentLogger } from '../../src/logger.ts';
import { SoleLeadership } from '../../src/services/topics/leadership.ts';
import type { Leader } from '../../src/services/topics/leadership.ts';
import { TopicRegistry } from '../../src/services/topics/topic-registry.ts';
import { Partition, Topic } from '../../src/services/topics/topic.ts';

const fakeTerm = 100;
const leadership = new SoleLeadership({ brokerId: 1, term: fakeTerm });

/** The only broker, in some epoch. */
export function leaderAt(epoch: number): Leader {
  return leadership.leaderOf({ topicId: '', firstTerm: fakeTerm - epoch });
}

/** A topic that nobody registered. */
export function topicOf(
  options: { name?: string; topicId?: string; configs?: Record<string, string>; leaderEpoch?: number } = {},
): Topic {
  const { name = 't', topicId = '00000000-0000-4000-8000-0000000000aa', configs = {}, leaderEpoch = 0 } = options;
  const firstTerm = fakeTerm - leaderEpoch;
  return new Topic({
    record: { name, topicId, replicas: 1, configs, firstTerm },
    internal: false,
    brokerDefaults: new Map(),
  });
}

/** A partition that serves the log, the next one of its topic. */
export function partitionWith(log: PartitionLog, topic: Topic = topicOf()): Partition {
  const partition = new Partition(
    topic,
    topic.partitions.length,
    leadership.leaderOf({ topicId: topic.id, firstTerm: topic.firstTerm }),
  );
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
    leadership,
    logOpensMax: 1,
    clock: new ManualClock(),
    retryPauseMsMin: 1,
    retryPauseMsMax: 1,
  });
}
