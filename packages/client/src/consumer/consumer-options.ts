import { QError } from '@q/protocol';

import { clientLimits } from '../limits.ts';
import {
  abortSignal,
  checkList,
  checkOptions,
  flag,
  integer,
  oneOf,
  partitionNumber,
  waitMsMax,
} from '../option-check.ts';
import { checkStart } from './start-position.ts';
import type { StartPosition } from './start-position.ts';

/** What a consumer does when the offset it wants is not there (any more). */
export type OffsetOutOfRangePolicy = 'fail' | 'earliest' | 'latest';

/**
 * Which records of transactions a consumer gives: those of committed ones, or also those of open and aborted ones.
 * Records outside of transactions it gives in any case.
 */
export type Isolation = 'read_committed' | 'read_uncommitted';

/** Options of `q.consumer()`. */
export interface ConsumerOptions {
  /** With a group it is another kind of consumer, with options of its own: `GroupConsumerOptions`. */
  readonly group?: undefined;
  /** Default `'all'`, which also picks up partitions that are added later. */
  readonly partitions?: readonly number[] | 'all';
  /** Where to begin; default `'earliest'`. */
  readonly from?: StartPosition;
  /**
   * End the loop once every partition has reached the end that it had when the consumer started, or what an open
   * transaction holds back. Default false.
   */
  readonly stopAtEnd?: boolean;
  /** Bytes of fetched batches, as stored, that wait to be consumed or are asked for; default 4 MiB. */
  readonly prefetchBytes?: number;
  /**
   * How long the broker may hold a fetch that finds fewer than `minBytes`, milliseconds. Default 500; with a `minBytes`
   * of 1, which is answered at once when anything comes, up to 5,000 while nothing does.
   */
  readonly maxWaitMs?: number;
  /** Default 1. */
  readonly minBytes?: number;
  /** Default `'fail'`: the loop throws `OFFSET_OUT_OF_RANGE` with the valid range. */
  readonly onOffsetOutOfRange?: OffsetOutOfRangePolicy;
  /**
   * Default `'read_committed'`: nothing of a transaction is given before it commits, nor what comes behind it in the
   * partition; nothing of an aborted one ever. `'read_uncommitted'` gives all records as soon as they are stored.
   */
  readonly isolation?: Isolation;
  /** How often to look for new partitions, milliseconds. Default 30,000. */
  readonly partitionRefreshMs?: number;
  /** Aborting it ends the loop as `close()` does. */
  readonly signal?: AbortSignal;
}

/** All that there are. */
export const isolations: readonly Isolation[] = ['read_committed', 'read_uncommitted'];

export type ResolvedConsumerOptions = Required<Omit<ConsumerOptions, 'group' | 'signal'>>
  & Pick<ConsumerOptions, 'signal'>
  & FetchWaits;

/** How long the broker may hold a fetch: while records come, and at most while none do. */
export interface FetchWaits {
  readonly maxWaitMs: number;
  readonly idleWaitMs: number;
}

export function resolveFetchWaits(maxWaitMs: number | undefined, requestTimeoutMs: number): FetchWaits {
  if (maxWaitMs !== undefined) return { maxWaitMs, idleWaitMs: maxWaitMs };
  const bounded = (ms: number): number => Math.min(ms, requestTimeoutMs - 1);
  return { maxWaitMs: bounded(clientLimits.fetchMaxWaitMs), idleWaitMs: bounded(clientLimits.fetchIdleWaitMs) };
}

export function resolveConsumerOptions(
  options: ConsumerOptions = {},
  requestTimeoutMs: number,
): ResolvedConsumerOptions {
  checkOptions('consumer', options, {
    group: null,
    partitions: null,
    from: null,
    stopAtEnd: flag,
    prefetchBytes: integer({ min: clientLimits.prefetchBytesMin, max: clientLimits.responseBytesMax >> 1 }),
    // A long poll must be answered before its request is taken for lost.
    maxWaitMs: integer({ min: 0, max: requestTimeoutMs - 1 }),
    minBytes: integer({ min: 0, max: clientLimits.prefetchBytes }),
    onOffsetOutOfRange: oneOf(['fail', 'earliest', 'latest']),
    isolation: oneOf(isolations),
    partitionRefreshMs: integer({ min: 1, max: waitMsMax }),
    signal: abortSignal,
  });
  checkStart(options.from ?? 'earliest');
  return {
    partitions: resolvePartitions(options.partitions),
    from: options.from ?? 'earliest',
    stopAtEnd: options.stopAtEnd ?? false,
    prefetchBytes: options.prefetchBytes ?? clientLimits.prefetchBytes,
    ...resolveFetchWaits(options.maxWaitMs, requestTimeoutMs),
    minBytes: options.minBytes ?? clientLimits.fetchMinBytes,
    onOffsetOutOfRange: options.onOffsetOutOfRange ?? 'fail',
    isolation: options.isolation ?? 'read_committed',
    partitionRefreshMs: options.partitionRefreshMs ?? clientLimits.partitionRefreshMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

function resolvePartitions(partitions: readonly number[] | 'all' = 'all'): readonly number[] | 'all' {
  if (partitions === 'all') return partitions;
  checkList('consumer.partitions', partitions, partitionNumber, 'INVALID_CONFIG');
  if (partitions.length === 0)
    throw new QError('INVALID_CONFIG', 'consumer.partitions must name at least one partition, or be "all"', {
      details: { option: 'partitions' },
    });
  return [...new Set(partitions)];
}
