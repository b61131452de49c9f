import { defaultLogConfig } from '@q/storage';
import type { LogConfig } from '@q/storage';
import type { TopicConfig } from '@q/client';
import type { SimulationPlan } from './simulation-plan.ts';

/** What becomes of a topic's records, and so what a reader may find at the end. */
export type TopicKind = 'kept' | 'compacted' | 'trimmed' | 'loose';

export interface SimulatedTopic {
  readonly name: string;
  readonly kind: TopicKind;
  readonly partitions: number;
  readonly config: TopicConfig;
}

export const anewName = 'anew';

/** The topics that exist from the start on. `anew` comes and goes: see topic-actor.ts. */
export function simulatedTopics(plan: SimulationPlan): readonly SimulatedTopic[] {
  const small = {
    'segment.bytes': plan.segmentBytes,
    'index.interval.bytes': plan.indexIntervalBytes,
    'file.delete.delay.ms': 100,
  };
  return [
    // Longer than any run, and shorter than a clock that is wrong is ahead: nothing of it may go.
    { name: 'kept', kind: 'kept', partitions: plan.partitions, config: { ...small, 'retention.ms': 7 * 86_400_000 } },
    {
      name: 'compacted',
      kind: 'compacted',
      partitions: 1,
      // Tombstones are never dropped, so the last record of each key must be there at the end, whatever it is.
      config: { ...small, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': 0.1 },
    },
    { name: 'trimmed', kind: 'trimmed', partitions: 1, config: { ...small, 'retention.bytes': 4 * plan.segmentBytes } },
    // Promises nothing through a power cut, but to be there and readable afterwards.
    {
      name: 'loose',
      kind: 'loose',
      partitions: 1,
      config: { ...small, durability: plan.looseDurability, 'retention.ms': -1 },
    },
  ];
}

/** The same settings as storage has them, to open a log without a broker. */
export function logConfigOf(topic: SimulatedTopic, plan: SimulationPlan): LogConfig {
  const isCompacted = topic.kind === 'compacted';
  return {
    ...defaultLogConfig,
    durability: topic.kind === 'loose' ? plan.looseDurability : 'fsync',
    cleanupPolicy: { delete: !isCompacted, compact: isCompacted },
    segmentBytes: plan.segmentBytes,
    indexIntervalBytes: plan.indexIntervalBytes,
  };
}
