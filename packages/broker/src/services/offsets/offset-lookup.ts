/**
 * Finds offsets in partitions: the start, an end, or a record by its time (rows C1, B1).
 */
import { QError } from '@q/protocol';
import { toPartitionError } from '../../errors/wire-error.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import { epochAt } from '../topics/epoch-history.ts';
import { checkLeaderEpoch, checkPartitionCount, requirePartition, requireTopicId } from '../topics/partition-lookup.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';

/** A place in one partition that is looked for. */
export interface SoughtOffset {
  readonly partition: number;
  /** The leader epoch that the caller believes in; -1: it does not say. */
  readonly leaderEpoch: number;
  /**
   * `stableEnd`: below it every transaction is settled. `latestTimestamp`: the record with the latest time. Or a time,
   * in ms since 1970: the first record at or after it.
   */
  readonly at: 'start' | 'end' | 'stableEnd' | 'latestTimestamp' | number;
}

/** The places that are looked for in one topic. */
export interface SoughtTopic {
  readonly topicId: string;
  readonly partitions: readonly SoughtOffset[];
}

/** The answer for one partition: an error, or null and an offset. */
export interface FoundOffset {
  readonly partition: number;
  readonly error: QError | null;
  /** -1 when there is no such record, or after an error. */
  readonly offset: number;
  /** Of the record that was found by its time; -1 otherwise. */
  readonly timestampMs: number;
  /** Of the record that was found; at an end the one in force, which the next record gets. -1 after an error. */
  readonly leaderEpoch: number;
}

export interface OffsetLookupOptions {
  readonly registry: TopicRegistry;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
}

export class OffsetLookup {
  readonly #options: OffsetLookupOptions;

  constructor(options: OffsetLookupOptions) {
    this.#options = options;
  }

  /** One list for each topic, in the order of the request. @throws QError INVALID_REQUEST (too many partitions) */
  async find(topics: readonly SoughtTopic[]): Promise<FoundOffset[][]> {
    checkPartitionCount(topics, this.#options.limits);
    const lists = topics.map(({ topicId, partitions }) =>
      Promise.all(partitions.map((sought) => this.#find(topicId, sought))),
    );
    return await Promise.all(lists);
  }

  async #find(topicId: string, sought: SoughtOffset): Promise<FoundOffset> {
    const { registry, logger } = this.#options;
    const { partition, at } = sought;
    try {
      const place = requirePartition(requireTopicId(registry, topicId), partition);
      checkLeaderEpoch(place, sought.leaderEpoch);
      const log = place.requireLog();
      const found = { partition, error: null, timestampMs: -1, leaderEpoch: place.leaderEpoch };
      if (at === 'end') return { ...found, offset: log.highWatermark };
      if (at === 'stableEnd') return { ...found, offset: log.lastStableOffset };
      if (at === 'start') {
        const { logStartOffset } = log;
        return { ...found, offset: logStartOffset, leaderEpoch: epochAt(place, logStartOffset) };
      }
      if (at !== 'latestTimestamp' && at < 0) throw noSuchTime(at);
      const record = await (at === 'latestTimestamp' ? log.latestTimestamp() : log.offsetForTimestamp(at));
      return record === null ? { ...found, offset: -1 } : { ...found, ...record };
    } catch (thrown) {
      return { partition, error: toPartitionError(thrown, logger), offset: -1, timestampMs: -1, leaderEpoch: -1 };
    }
  }
}

function noSuchTime(timestampMs: number): QError {
  const meaning = 'it is -1 for the end, -2 for the start, or ms since 1970';
  return new QError('INVALID_REQUEST', `timestampMs ${timestampMs} has no meaning; ${meaning}`, {
    details: { timestampMs },
  });
}
