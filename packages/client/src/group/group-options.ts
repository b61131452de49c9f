import { QError } from '@q/protocol';

import { isolations, resolveFetchWaits } from '../consumer/consumer-options.ts';
import type { FetchWaits, Isolation, OffsetOutOfRangePolicy } from '../consumer/consumer-options.ts';
import { clientLimits } from '../limits.ts';
import { abortSignal, checkOptions, flag, integer, oneOf, readingOption, text } from '../option-check.ts';

/**
 * Where a group begins in a topic of which it has committed no offset: with the first record that is kept, with what
 * comes from now on, with the first record at or after a time. A partition without an offset in a topic that has others
 * was added later, and is read from its beginning. `'fail'` begins in no partition without an offset: the loop throws
 * `NO_COMMITTED_OFFSET`.
 */
export type GroupStart = 'earliest' | 'latest' | { readonly timestampMs: number } | 'fail';

/** Options of `q.consumer()` with a `group`. */
export interface GroupConsumerOptions {
  /** Id of the group; its members share the partitions of the topic. 1 to 249 characters. */
  readonly group: string;
  /** Default `'earliest'`. Counts only where the group has committed nothing. */
  readonly from?: GroupStart;
  /**
   * Makes a static member: one that is stopped and comes back under this name within the session timeout keeps its
   * partitions.
   */
  readonly instanceId?: string;
  /**
   * Without a sign of life for so long the member's partitions go to others, milliseconds. Default: the broker's
   * (45,000).
   */
  readonly sessionTimeoutMs?: number;
  /** How long the member may take to give a partition up, milliseconds. Default 60,000. */
  readonly rebalanceTimeoutMs?: number;
  /** How the broker shares the partitions out. Default: the broker's (`uniform`). */
  readonly assignor?: 'uniform' | 'range';
  /**
   * Default true: what was acknowledged is committed every second, when partitions are given up, and at the end. False:
   * only `commit()` commits.
   */
  readonly autoCommit?: boolean | { readonly intervalMs: number };
  /**
   * True: a message counts as acknowledged when the loop asks for the next one. Default false: only `ack()`
   * acknowledges.
   */
  readonly autoAck?: boolean;
  /** Bytes of fetched batches, as stored, that wait to be consumed or are asked for; default 4 MiB. */
  readonly prefetchBytes?: number;
  /**
   * How long the broker may hold a fetch that finds fewer than `minBytes`, milliseconds. Default 500, up to 5,000 while
   * nothing comes.
   */
  readonly maxWaitMs?: number;
  /** Default 1. */
  readonly minBytes?: number;
  /** What to do when a committed offset is no longer in the log. Default `'fail'`. */
  readonly onOffsetOutOfRange?: OffsetOutOfRangePolicy;
  /** As of a consumer without a group; default `'read_committed'`. */
  readonly isolation?: Isolation;
  /** Hands out up to `max` messages before they are acknowledged, of each key one at a time and in order. */
  readonly concurrency?: { readonly by: 'key'; readonly max: number };
  /** Messages handed out and not acknowledged, at most; the loop waits beyond. Default 10,000. */
  readonly maxUnacked?: number;
  /**
   * After so long without progress although records wait the consumer counts as stalled, milliseconds. Default 30,000.
   */
  readonly stallTimeoutMs?: number;
  /**
   * How long messages that were handed out are waited for when a partition is given up or the consumer closes,
   * milliseconds. Default 5,000.
   */
  readonly drainTimeoutMs?: number;
  /** Aborting it closes the consumer as `close()` does. */
  readonly signal?: AbortSignal;
}

export interface ResolvedGroupOptions
  extends
    FetchWaits,
    Required<Omit<GroupConsumerOptions, 'autoCommit' | 'instanceId' | 'assignor' | 'concurrency' | 'signal'>> {
  /** Null: only by hand. */
  readonly commitIntervalMs: number | null;
  readonly instanceId: string | null;
  readonly assignor: string | null;
  /** Null: one after another. */
  readonly keyConcurrencyMax: number | null;
  readonly signal: AbortSignal | undefined;
}

/** @throws QError `INVALID_CONFIG` naming the option, the value and what is allowed. */
export function resolveGroupOptions(options: GroupConsumerOptions, requestTimeoutMs: number): ResolvedGroupOptions {
  const timeout = integer({ min: 1, max: clientLimits.groupTimeoutMsMax });
  checkOptions('consumer', options, {
    group: text({ lengthMax: clientLimits.groupIdLengthMax }),
    from: null,
    instanceId: text({ lengthMax: clientLimits.instanceIdLengthMax }),
    sessionTimeoutMs: timeout,
    rebalanceTimeoutMs: timeout,
    assignor: oneOf(['uniform', 'range']),
    autoCommit: null,
    autoAck: flag,
    prefetchBytes: integer({ min: clientLimits.prefetchBytesMin, max: clientLimits.responseBytesMax >> 1 }),
    maxWaitMs: integer({ min: 0, max: requestTimeoutMs - 1 }),
    minBytes: integer({ min: 0, max: clientLimits.prefetchBytes }),
    onOffsetOutOfRange: oneOf(['fail', 'earliest', 'latest']),
    isolation: oneOf(isolations),
    concurrency: null,
    maxUnacked: integer({ min: 1, max: clientLimits.unackedMax }),
    stallTimeoutMs: timeout,
    drainTimeoutMs: integer({ min: 0, max: clientLimits.groupTimeoutMsMax }),
    signal: abortSignal,
  });
  const maxUnacked = options.maxUnacked ?? clientLimits.unackedDefault;
  return {
    group: options.group,
    from: checkedStart(options.from ?? 'earliest'),
    instanceId: options.instanceId ?? null,
    sessionTimeoutMs: options.sessionTimeoutMs ?? -1,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? clientLimits.rebalanceTimeoutMs,
    assignor: options.assignor ?? null,
    commitIntervalMs: commitInterval(options.autoCommit ?? true),
    autoAck: options.autoAck ?? false,
    prefetchBytes: options.prefetchBytes ?? clientLimits.prefetchBytes,
    ...resolveFetchWaits(options.maxWaitMs, requestTimeoutMs),
    minBytes: options.minBytes ?? clientLimits.fetchMinBytes,
    onOffsetOutOfRange: options.onOffsetOutOfRange ?? 'fail',
    isolation: options.isolation ?? 'read_committed',
    keyConcurrencyMax: keyConcurrency(options, maxUnacked),
    maxUnacked,
    stallTimeoutMs: options.stallTimeoutMs ?? clientLimits.stallTimeoutMs,
    drainTimeoutMs: options.drainTimeoutMs ?? clientLimits.drainTimeoutMs,
    signal: options.signal,
  };
}

function refuse(option: string, problem: string): never {
  throw new QError('INVALID_CONFIG', `consumer.${option} ${problem}`, { details: { option } });
}

function checkedStart(from: GroupStart): GroupStart {
  if (from === 'earliest' || from === 'latest' || from === 'fail') return from;
  const timestampMs = readingOption('consumer', 'from', () =>
    typeof from === 'object' && from !== null ? from.timestampMs : undefined,
  );
  if (Number.isSafeInteger(timestampMs) && (timestampMs as number) >= 0) return from;
  return refuse('from', `of a group must be 'earliest', 'latest', 'fail' or { timestampMs }`);
}

function commitInterval(autoCommit: boolean | { readonly intervalMs: number }): number | null {
  if (autoCommit === false) return null;
  if (autoCommit === true) return clientLimits.commitIntervalMs;
  if (typeof autoCommit !== 'object' || autoCommit === null)
    return refuse('autoCommit', 'must be true, false or { intervalMs }');
  checkOptions('consumer.autoCommit', autoCommit, {
    intervalMs: integer({ min: 1, max: clientLimits.groupTimeoutMsMax }),
  });
  return autoCommit.intervalMs ?? refuse('autoCommit', 'needs intervalMs when it is an object');
}

function keyConcurrency(options: GroupConsumerOptions, maxUnacked: number): number | null {
  const { concurrency } = options;
  if (concurrency === undefined) return null;
  const isWhole = readingOption(
    'consumer',
    'concurrency',
    () => concurrency?.by !== undefined && concurrency.max !== undefined,
  );
  if (!isWhole) return refuse('concurrency', "needs by: 'key' and max");
  checkOptions('consumer.concurrency', concurrency, { by: oneOf(['key']), max: integer({ min: 1, max: maxUnacked }) });
  if (options.autoAck === true)
    return refuse(
      'autoAck',
      'makes no sense with concurrency: the loop asks for the next message while others are in work',
    );
  return concurrency.max;
}
