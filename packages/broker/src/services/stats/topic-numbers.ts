import type { Traffic } from '../../metrics/traffic.ts';
import type { Partition, Topic } from '../topics/topic.ts';

/** A topic in numbers at one moment. */
export interface TopicNumbers {
  readonly topic: string;
  /** Since the broker's start. */
  readonly traffic: Readonly<Omit<Traffic, 'samples'>>;
  /** What deleting the topic gives back to the disk, in bytes. */
  readonly bytes: number;
  readonly partitions: readonly PartitionNumbers[];
}

/** Its partition. All numbers are 0 where the log is not open. */
export interface PartitionNumbers {
  readonly partition: number;
  /** False: it could not be opened, or is damaged. */
  readonly isOnline: boolean;
  readonly startOffset: number;
  readonly highWatermark: number;
  /** That can be read; fewer unless it is exact. */
  readonly records: number;
  readonly recordsExact: boolean;
  readonly bytes: number;
  readonly segments: number;
}

export function numbersOf(topic: Topic): TopicNumbers {
  const { name, traffic, bytes, partitions } = topic;
  return { topic: name, traffic, bytes, partitions: partitions.map(partitionOf) };
}

function partitionOf({ index, log }: Partition): PartitionNumbers {
  if (log === null) {
    const nothing = { startOffset: 0, highWatermark: 0, records: 0, recordsExact: true, bytes: 0, segments: 0 };
    return { partition: index, isOnline: false, ...nothing };
  }
  const { logStartOffset, highWatermark, bytes, segments, state } = log;
  const { records, isExact } = log.recordsFrom(logStartOffset);
  return {
    partition: index,
    isOnline: state === 'open',
    startOffset: logStartOffset,
    highWatermark,
    records,
    recordsExact: isExact,
    bytes,
    segments,
  };
}
