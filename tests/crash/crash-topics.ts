import type { TopicConfig } from '@q/client';
import { formatLog } from '@q/testkit';

/** What becomes of a topic's records while brokers are killed. */
export interface CrashTopic {
  readonly name: string;
  readonly partitions: number;
  readonly isCompacted: boolean;
  readonly config: TopicConfig;
}

/** Small segments, so that crashes hit rolls, retention and compaction, several segments and their indexes too. */
export const crashTopics: readonly CrashTopic[] = [
  { name: 'crash', partitions: 3, isCompacted: false, config: { 'segment.bytes': 131_072 } },
  {
    name: 'crash-trimmed',
    partitions: 1,
    isCompacted: false,
    config: { 'segment.bytes': 32_768, 'retention.bytes': 131_072, 'file.delete.delay.ms': 10 },
  },
  {
    name: 'crash-compacted',
    partitions: 1,
    isCompacted: true,
    config: { 'segment.bytes': 32_768, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': 0.2 },
  },
];

export const compactedLogs: ReadonlySet<string> = new Set(
  crashTopics.flatMap(({ name, partitions, isCompacted }) =>
    isCompacted ? Array.from({ length: partitions }, (_, partition) => formatLog(name, partition)) : [],
  ),
);
