/**
 * Finds offsets in partitions: the start, an end, or a record by its time (rows C1, B1).
 *
 * A search by time may have to look into a batch that becomes many MiB. So only so many are under way at once, of all
 * requests together, and who has hung up is not searched for any more.
 */
import { QError } from '@q/protocol';
import type { Asking, Caller } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { PartitionLog, TimestampedOffset } from '@q/storage';
import { toPartitionError } from '../../errors/wire-error.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import { demand, topicNamed } from '../access/access.ts';
import type { Access } from '../access/access.ts';
import { epochAt } from '../topics/epoch-history.ts';
import { checkLeaderEpoch, checkPartitionCount, requirePartition, requireTopicId } from '../topics/partition-lookup.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { WorkLane } from '../work-lane.ts';
import type { SentAway } from '../work-lane.ts';

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
  /** Who may ask. */
  readonly access: Access;
  readonly registry: TopicRegistry;
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
}

/** A place that is looked for, and what was found once it is known. */
interface Lookup {
  readonly topicId: string;
  readonly sought: SoughtOffset;
  found: FoundOffset | null;
}

type Asker = Asking & Pick<Caller, 'signal'>;

/** For whom a lookup is made, and until when (monotonic ms). */
interface Terms {
  readonly caller: Asker;
  readonly deadline: number;
}

/** After so many lookups each of those that look side by side gives others their turn. */
const lookupsBeforePause = 16;

const sentAway: SentAway = {
  late: () => 'the broker had no time to search for the record; ask again after a pause, or for less at once',
  gone: 'the connection ended before the record was searched for',
};

export class OffsetLookup {
  readonly #options: OffsetLookupOptions;
  readonly #searches: WorkLane;

  constructor(options: OffsetLookupOptions) {
    const { clock, limits } = options;
    this.#options = options;
    this.#searches = new WorkLane({ clock, placesMax: limits.timeSearchesMax, sentAway });
  }

  /** One list for each topic, in the order of the request. @throws QError INVALID_REQUEST (too many partitions) */
  async find(topics: readonly SoughtTopic[], caller: Asker): Promise<FoundOffset[][]> {
    const { clock, limits } = this.#options;
    checkPartitionCount(topics, limits);
    const lists = topics.map(({ topicId, partitions }) =>
      partitions.map((sought): Lookup => ({ topicId, sought, found: null })),
    );
    const terms = { caller, deadline: clock.monotonic() + limits.fetchWaitMsMax };
    // Each takes the next one as it is done. What needs no search is found on the way.
    const rest = lists.flat().values();
    let found = 0;
    const goOn = async (): Promise<void> => {
      for (const lookup of rest) {
        lookup.found = await this.#find(lookup, terms);
        found += 1;
        if (found % lookupsBeforePause === 0) await new Promise<void>((resolve) => clock.defer(resolve));
      }
    };
    await Promise.all(Array.from({ length: limits.timeSearchesMax }, goOn));
    return lists.map((list) => list.map((lookup) => lookup.found!));
  }

  async #find({ topicId, sought }: Lookup, terms: Terms): Promise<FoundOffset> {
    const { registry, logger, access } = this.#options;
    const { partition, at } = sought;
    try {
      const topic = requireTopicId(registry, topicId);
      demand(access, terms.caller, { operation: 'describe', resource: topicNamed(topic.name) });
      const place = requirePartition(topic, partition);
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
      const record = await this.#search(log, at, terms);
      return record === null ? { ...found, offset: -1 } : { ...found, ...record };
    } catch (thrown) {
      return { partition, error: toPartitionError(thrown, logger), offset: -1, timestampMs: -1, leaderEpoch: -1 };
    }
  }

  /** @throws QError REQUEST_TIMED_OUT when there was no place in time, or the caller is gone */
  async #search(
    log: PartitionLog,
    at: 'latestTimestamp' | number,
    { caller: { signal }, deadline }: Terms,
  ): Promise<TimestampedOffset | null> {
    const timeoutMs = Math.max(0, deadline - this.#options.clock.monotonic());
    await this.#searches.enter({ signal, timeoutMs });
    try {
      return await (at === 'latestTimestamp' ? log.latestTimestamp() : log.offsetForTimestamp(at));
    } finally {
      this.#searches.leave();
    }
  }
}

function noSuchTime(timestampMs: number): QError {
  const meaning = 'it is -1 for the end, -2 for the start, or ms since 1970';
  return new QError('INVALID_REQUEST', `timestampMs ${timestampMs} has no meaning; ${meaning}`, {
    details: { timestampMs },
  });
}
