/**
 * How far groups are behind, for whoever looks at all of them again and again. Cheaper than a description: offsets are
 * subtracted and records not counted, so a compacted topic may hold fewer than it says. What a group has never
 * committed counts as nothing: it may have begun at the end.
 */
import type { LagSeen } from '../health/group-lags.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Topic } from '../topics/topic.ts';
import type { LiveGroup } from './live-group.ts';

/** Every group with each topic in which it has committed something, as it is when it is asked for. */
export function* lagsSeen(
  groups: Iterable<LiveGroup>,
  registry: Pick<TopicRegistry, 'byId'>,
): Generator<LagSeen, void, undefined> {
  for (const live of groups) {
    if (!live.exists) continue;
    const topics = new Map<string, Sum>();
    for (const { topicId, partition, committed } of live.offsets.entries()) {
      const topic = topics.get(topicId)?.topic ?? registry.byId(topicId);
      if (topic === undefined) continue;
      let sum = topics.get(topicId);
      if (sum === undefined)
        topics.set(topicId, (sum = { topic, lag: 0, committed: 0, progressedMs: 0, partitions: 0 }));
      add(sum, partition, committed);
    }
    for (const [topicId, { topic, lag, committed, progressedMs, partitions }] of topics) {
      const { groupId, memberCount: members } = live;
      yield { groupId, topicId, topic: topic.name, members, lag, committed, progressedMs, partitions };
    }
  }
}

interface Sum {
  readonly topic: Topic;
  lag: number;
  committed: number;
  progressedMs: number;
  partitions: number;
}

function add(
  sum: Sum,
  partition: number,
  committed: { readonly offset: number; readonly progressedAtMs: number },
): void {
  sum.partitions += 1;
  sum.committed += committed.offset;
  sum.progressedMs = Math.max(sum.progressedMs, committed.progressedAtMs);
  const log = sum.topic.partitions[partition]?.log ?? null;
  if (log === null) return;
  // A trim may have moved the start above what was committed, and a crash the end below it.
  sum.lag += Math.max(0, log.highWatermark - Math.max(committed.offset, log.logStartOffset));
}
