import { errorEntry, QError } from '@q/protocol';
import type { DescribedGroupPartition, DescribeGroupResponse, FetchOffsetResponse } from '@q/protocol';

/** A consumer group with everything about it at one moment. */
export interface GroupDescription extends Omit<DescribeGroupResponse, 'partitions'> {
  /**
   * Records that can be read behind the committed offsets, over all partitions whose lag is known. Where nothing was
   * committed in a partition, its records count from its start on. Null: no lag is known, because the group has neither
   * members nor offsets, or its topics are gone. That is no lag of 0: an alarm on the lag has to look for null.
   */
  readonly lag: number | null;
  /**
   * False: there may be fewer, because compaction or transactions have left offsets without a record that are not
   * counted one by one, or it is unknown.
   */
  readonly lagExact: boolean;
  /**
   * Every partition of the topics that members own or want, or that the group has an offset in, by topic name and
   * number.
   */
  readonly partitions: readonly GroupPartition[];
}

/** A partition that a group reads or has an offset of. */
export interface GroupPartition {
  /** Empty: the topic is not known any more. */
  readonly topic: string;
  /** The id of the topic, which a topic of the same name made later does not have. */
  readonly topicId: string;
  /** The number of the partition. */
  readonly partition: number;
  /** The member that owns it; null: nobody. */
  readonly memberId: string | null;
  /** Offset of the next record to handle; null: none was committed. */
  readonly committedOffset: number | null;
  /** Text that was committed with the offset. */
  readonly metadata: string | null;
  /** First offset that the partition still holds; null: unknown. */
  readonly logStartOffset: number | null;
  /** First offset that cannot be read yet; null: unknown. */
  readonly highWatermark: number | null;
  /** Records that can be read behind the committed offset, or behind the start without one; null: unknown. */
  readonly lag: number | null;
  /** False: there may be fewer. */
  readonly lagExact: boolean;
  /** Milliseconds since the committed offset last moved forward; null: it never did. */
  readonly sinceProgressMs: number | null;
}

/** An offset that a group has committed. */
export interface GroupOffset {
  /** Empty: the topic is not known any more. */
  readonly topic: string;
  /** The id of the topic, which a topic of the same name made later does not have. */
  readonly topicId: string;
  /** The number of the partition. */
  readonly partition: number;
  /** Of the next record to handle. */
  readonly offset: number;
  /** Of the last record that was handled; null: unknown. */
  readonly leaderEpoch: number | null;
  /** What was committed beside it; null: nothing. */
  readonly metadata: string | null;
  /** Ms since 1970. */
  readonly committedAtMs: number;
}

/** From the wire's -1 to null: `offset < lag` and sums must not go wrong over a number that is none. */
export function readGroupDescription({ partitions, ...group }: DescribeGroupResponse): GroupDescription {
  const read = partitions.map(readPartition);
  const known = read.filter(({ lag }) => lag !== null);
  return {
    ...group,
    lag: known.length === 0 ? null : known.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    lagExact: known.length > 0 && known.every(({ lagExact }) => lagExact),
    partitions: read,
  };
}

function readPartition(partition: DescribedGroupPartition): GroupPartition {
  return {
    topic: partition.name,
    topicId: partition.topicId,
    partition: partition.partition,
    memberId: partition.memberId,
    committedOffset: unlessNone(partition.committedOffset),
    metadata: partition.metadata,
    logStartOffset: unlessNone(partition.logStartOffset),
    highWatermark: unlessNone(partition.highWatermark),
    lag: unlessNone(partition.lag),
    lagExact: partition.lagExact,
    sinceProgressMs: unlessNone(partition.sinceProgressMs),
  };
}

/** @throws QError what the broker says of a partition. */
export function readGroupOffsets(group: string, { topics }: FetchOffsetResponse): GroupOffset[] {
  return topics.flatMap(({ topicId, name: topic, partitions }) =>
    partitions.flatMap(({ partition, errorCode, offset, leaderEpoch, metadata, committedAtMs }) => {
      if (errorCode !== 0) {
        const { name, description } = errorEntry(errorCode);
        throw new QError(
          name,
          `Group "${group}", topic "${topic || topicId}", partition ${partition}: ${description}`,
          { details: { group, topic, partition } },
        );
      }
      return offset === -1
        ? []
        : [{ topic, topicId, partition, offset, leaderEpoch: unlessNone(leaderEpoch), metadata, committedAtMs }];
    }),
  );
}

export function unlessNone(value: number): number | null {
  return value === -1 ? null : value;
}
