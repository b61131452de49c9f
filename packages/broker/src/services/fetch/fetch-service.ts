/**
 * Reads batches as they are stored, and waits for them if asked to (rows C1, C2).
 */
import { QError } from '@q/protocol';
import type { Caller } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { BrokerCounters } from '../../metrics/counters.ts';
import { everybodyMay } from '../access/access.ts';
import type { Access } from '../access/access.ts';
import { checkPartitionCount } from '../topics/partition-lookup.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { FetchPlan, releaseReads } from './fetch-plan.ts';
import type { Collection, FetchTopic, PartitionRead } from './fetch-plan.ts';
import type { FetchWaiters } from './fetch-waiters.ts';

/** What a fetch wants, and how long it waits. Sizes are in bytes. */
export interface FetchQuery {
  /** How long to wait for `minBytes`, in ms. */
  readonly maxWaitMs: number;
  readonly minBytes: number;
  /** Record bytes of the answer; one batch that is larger comes all the same. */
  readonly maxBytes: number;
  /** Where to begin among the partitions: whoever counts it up with each of its fetches starves none of them. */
  readonly turn: number;
  readonly topics: readonly FetchTopic[];
}

/** What was read: one entry for each partition, in the order of the query. */
export interface Fetched {
  readonly reads: readonly PartitionRead[];
  /** Gives lent memory back once nobody looks at the buffers any more; null where none is lent. */
  readonly release: (() => void) | null;
}

export interface FetchServiceOptions {
  /** Who may read; everybody if missing. */
  readonly access?: Access;
  readonly registry: TopicRegistry;
  readonly waiters: FetchWaiters;
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly counters: BrokerCounters;
  readonly logger: BrokerLogger;
}

export class FetchService {
  readonly #options: FetchServiceOptions;

  constructor(options: FetchServiceOptions) {
    this.#options = options;
  }

  /**
   * Answers when there is enough, when something is wrong with a partition, or when the time is up.
   * @throws QError INVALID_REQUEST; REQUEST_TIMED_OUT when the caller is gone
   */
  async fetch(query: FetchQuery, caller: Caller): Promise<Fetched> {
    const { counters, limits } = this.#options;
    if (query.maxBytes < 1) throw new QError('INVALID_REQUEST', `maxBytes must be at least 1, not ${query.maxBytes}`);
    checkPartitionCount(query.topics, limits);
    const { registry, logger, access = everybodyMay } = this.#options;
    const maxBytes = Math.min(query.maxBytes, limits.fetchBytesMax);
    const plan = new FetchPlan(query.topics, { registry, logger, access, caller, maxBytes, turn: query.turn });
    const collection = await this.#collect(plan, { ...query, maxBytes }, caller);
    const { reads } = collection;
    counters.bytesOut += collection.bytes;
    counters.recordsOut += plan.countTraffic(collection);
    const isLent = reads.some(({ release }) => release !== undefined);
    return { reads, release: isLent ? () => releaseReads(collection) : null };
  }

  /** Looks until there is enough, something is wrong, or the time is up. */
  async #collect(plan: FetchPlan, query: FetchQuery, { signal, budget }: Caller): Promise<Collection> {
    const { waiters, clock, limits } = this.#options;
    const deadline = clock.monotonic() + Math.min(Math.max(query.maxWaitMs, 0), limits.fetchWaitMsMax);
    const { maxBytes } = query;
    const minBytes = Math.min(query.minBytes, maxBytes);
    // No more than half of what may be pending, so that a connection that is never quite idle gets it too.
    const roomBytes = Math.min(maxBytes, limits.outputBytesMax >> 1);
    for (;;) {
      // A peer that does not take its answers gets no new ones made, which would only wait in memory.
      const room = budget.reserveAnswer(roomBytes, Math.min(roomBytes, limits.outputBytesLeast));
      const grantedBytes = typeof room === 'number' ? room : await room;
      // Whoever waited for room when the connection ended goes on at once, all together: nothing is read for them.
      if (signal.aborted) throw gone();
      const isShort = grantedBytes < roomBytes;
      const collection = await plan.collect(isShort ? grantedBytes : maxBytes);
      budget.keepAnswer(collection.bytes);
      const remainingMs = deadline - clock.monotonic();
      const isEnough = collection.bytes >= minBytes || (isShort && collection.bytes > 0);
      const isDone = isEnough || collection.hasError || collection.isFull || remainingMs <= 0;
      if (signal.aborted) {
        releaseReads(collection);
        throw gone();
      }
      if (isDone || waiters.isReleased) return collection;
      if (plan.hasNews(collection)) {
        budget.keepAnswer(0);
        releaseReads(collection);
        continue;
      }
      const { partitions } = plan;
      const unpark = budget.park(Math.max(1, partitions.length));
      // Too many wait already; this one gets what there is.
      if (unpark === null) return collection;
      budget.keepAnswer(0);
      releaseReads(collection);
      await waiters.wait({ partitions, timeoutMs: remainingMs, signal });
      unpark();
      // Most polls end so. What was found before is still true, and holds no memory.
      const isOver = clock.monotonic() >= deadline && !signal.aborted;
      if (isOver && collection.bytes === 0 && !plan.hasNews(collection)) return collection;
    }
  }
}

function gone(): QError {
  return new QError('REQUEST_TIMED_OUT', 'the connection ended before the answer was made');
}
