/**
 * Reads batches as they are stored, and waits for them if asked to (rows C1, C2).
 */
import { QError } from '@q/protocol';
import type { Caller } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { BrokerCounters } from '../../metrics/counters.ts';
import type { Access } from '../access/access.ts';
import { checkPartitionCount } from '../topics/partition-lookup.ts';
import type { Throttle } from '../quotas/throttle.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { FetchPace, noPace } from './fetch-pace.ts';
import type { Pace } from './fetch-pace.ts';
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
  /**
   * How long it may be held because of a quota, in ms; then it is withheld: answered without anything. 0: it is
   * withheld at once. Missing: it is held as long as may be, and answered.
   */
  readonly quotaWaitMs?: number;
  /** Only records of transactions that were committed, and those of none. Default: all records. */
  readonly readsCommitted?: boolean;
  readonly topics: readonly FetchTopic[];
}

/** What was read: one entry for each partition, in the order of the query. */
export interface Fetched {
  readonly reads: readonly PartitionRead[];
  /** Nothing was looked at, because of a quota: `reads` is empty. */
  readonly isWithheld: boolean;
  /** How long it was held because of a quota, in ms. */
  readonly throttledMs: number;
  /** Gives lent memory back once nobody looks at the buffers any more; null where none is lent. */
  readonly release: (() => void) | null;
}

export interface FetchServiceOptions {
  /** Who may read. */
  readonly access: Access;
  readonly registry: TopicRegistry;
  readonly waiters: FetchWaiters;
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly counters: BrokerCounters;
  readonly logger: BrokerLogger;
  readonly throttle: Pick<Throttle, 'isOn' | 'use' | 'owed' | 'atOnce' | 'hold'>;
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
    const { registry, logger, access } = this.#options;
    const maxBytes = Math.min(query.maxBytes, limits.fetchBytesMax);
    const { turn, readsCommitted } = query;
    const looking = { registry, logger, access, caller };
    const plan = new FetchPlan(query.topics, { ...looking, maxBytes, turn, readsCommitted });
    const { throttle } = this.#options;
    const pace = throttle.isOn ? new FetchPace(this.#options, query.quotaWaitMs, caller) : noPace;
    const collection = await this.#collect(plan, { ...query, maxBytes }, { caller, pace });
    const { throttledMs } = pace;
    if (collection === null) return { reads: [], isWithheld: true, throttledMs, release: null };
    const { reads } = collection;
    counters.bytesOut += collection.bytes;
    counters.recordsOut += plan.countTraffic(collection);
    const isLent = reads.some(({ release }) => release !== undefined);
    return { reads, isWithheld: false, throttledMs, release: isLent ? () => releaseReads(collection) : null };
  }

  /** Looks until there is enough, something is wrong, or the time is up. Null: it is withheld. */
  async #collect(
    plan: FetchPlan,
    query: FetchQuery,
    { caller: { signal, budget }, pace }: { readonly caller: Caller; readonly pace: Pace },
  ): Promise<Collection | null> {
    const { waiters, clock, limits } = this.#options;
    const deadline = clock.monotonic() + Math.min(Math.max(query.maxWaitMs, 0), limits.fetchWaitMsMax);
    // No more than half of what may be pending, so that a connection that is never quite idle gets it too.
    const answerBytesMax = limits.outputBytesMax >> 1;
    for (;;) {
      const pacing = pace.take(query.maxBytes);
      const maxBytes = typeof pacing === 'number' ? pacing : await pacing;
      if (maxBytes === 0) return null;
      const roomBytes = Math.min(maxBytes, answerBytesMax);
      // A peer that does not take its answers gets no new ones made, which would only wait in memory.
      const room = budget.reserveAnswer(roomBytes, Math.min(roomBytes, limits.outputBytesLeast));
      const grantedBytes = typeof room === 'number' ? room : await room;
      // Whoever waited for room when the connection ended goes on at once, all together: nothing is read for them.
      if (signal.aborted) throw gone();
      const isShort = grantedBytes < roomBytes;
      const collection = await plan.collect(isShort ? grantedBytes : maxBytes);
      budget.keepAnswer(collection.bytes);
      const remainingMs = deadline - clock.monotonic();
      const isEnough = collection.bytes >= Math.min(query.minBytes, maxBytes) || (isShort && collection.bytes > 0);
      const isDone = isEnough || collection.hasError || collection.isFull || remainingMs <= 0;
      if (signal.aborted) {
        releaseReads(collection);
        throw gone();
      }
      const { partitions } = plan;
      const isLooking = !isDone && !waiters.isReleased;
      const isAgain = isLooking && plan.hasNews(collection);
      const unpark = isLooking && !isAgain ? budget.park(Math.max(1, partitions.length)) : null;
      // Done; or too many wait already, and this one gets what there is.
      if (!isAgain && unpark === null) {
        pace.used(collection.bytes);
        return collection;
      }
      pace.used(0);
      budget.keepAnswer(0);
      releaseReads(collection);
      if (unpark === null) continue;
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
