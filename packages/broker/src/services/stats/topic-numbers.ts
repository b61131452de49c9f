import type { Traffic } from '../../metrics/traffic.ts';
import type { Partition, Topic } from '../topics/topic.ts';

/** A topic in numbers at one moment. */
export interface TopicNumbers {
  readonly topic: string;
  /** Since the broker's start. */
  readonly traffic: Readonly<Omit<Traffic, 'samples'>>;
  /** How many of them there are. */
  readonly partitionCount: number;
  /** Each is looked at when its turn comes: there may be thousands. */
  readonly partitions: Iterable<PartitionNumbers>;
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
  /** What deleting it gives back to the disk: more than `bytes` while files of dropped segments are still there. */
  readonly diskBytes: number;
  readonly segments: number;
}

const nothing = {
  startOffset: 0,
  highWatermark: 0,
  records: 0,
  recordsExact: true,
  bytes: 0,
  diskBytes: 0,
  segments: 0,
};

export function numbersOf(topic: Topic): TopicNumbers {
  const { name, traffic, partitions } = topic;
  return { topic: name, traffic, partitionCount: partitions.length, partitions: numbersOfEach(partitions) };
}

function* numbersOfEach(partitions: readonly Partition[]): Generator<PartitionNumbers> {
  for (const partition of partitions) yield partitionOf(partition);
}

function partitionOf({ index, log }: Partition): PartitionNumbers {
  if (log === null) return { partition: index, isOnline: false, ...nothing };
  const { logStartOffset, highWatermark, bytes, diskBytes, segments, state } = log;
  const { records, isExact } = log.recordsFrom(logStartOffset);
  return {
    partition: index,
    isOnline: state === 'open',
    startOffset: logStartOffset,
    highWatermark,
    records,
    recordsExact: isExact,
    bytes,
    diskBytes,
    segments,
  };
}
