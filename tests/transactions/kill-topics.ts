import type { TopicConfig } from '@q/client';

export interface KillTopic {
  readonly name: string;
  readonly partitions: number;
  readonly config: TopicConfig;
}

/**
 * Small segments, so that kills hit rolls, compaction and aborted transactions over several segments.
 * `checkTransactions` knows them by their names.
 */
export const killTopics: readonly KillTopic[] = [
  { name: 'kept', partitions: 3, config: { 'segment.bytes': 65_536 } },
  {
    name: 'compacted',
    partitions: 1,
    config: { 'segment.bytes': 32_768, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': 0.2 },
  },
  { name: 'source', partitions: 2, config: { 'segment.bytes': 32_768 } },
  { name: 'sink', partitions: 2, config: { 'segment.bytes': 65_536 } },
];

export const sourcePartitions = 2;
/** Where transactions write to; workers alone write to `sink`. */
export const writtenTopics: readonly KillTopic[] = killTopics.filter(({ name }) => name !== 'sink');
