/**
 * The leader epochs of a partition and their records. A log knows those that have records; the one in force counts as
 * begun at the log's end until it has some.
 */
import type { EpochEnd } from '@q/storage';
import type { Partition } from './topic.ts';

/** The epoch of the record at `offset`; at the log's end the one in force. */
export function epochAt(partition: Partition, offset: number): number {
  const log = partition.requireLog();
  return offset >= log.logEndOffset ? partition.leaderEpoch : log.leaderEpochAt(offset);
}

/**
 * Where the records of an epoch end. For one without records it is the end of the one before, and says which that is.
 * Null for an epoch that this broker does not know.
 */
export function epochEnd(partition: Partition, epoch: number): EpochEnd | null {
  const log = partition.requireLog();
  if (epoch > partition.leaderEpoch) return null;
  if (epoch === partition.leaderEpoch) return { epoch, endOffset: log.logEndOffset };
  const known = log.leaderEpochEnd(Math.min(epoch, log.leaderEpoch));
  return known ?? { epoch, endOffset: log.logEndOffset };
}
