import { codecNames, QError } from '@q/protocol';
import type { CodecName } from '@q/protocol';

import type { Address } from './address.ts';
import { parseAddress } from './address.ts';
import type { Clock } from './clock.ts';
import { checkStart } from './consumer/start-position.ts';
import type { StartPosition } from './consumer/start-position.ts';
import { clientLimits } from './limits.ts';
import type { Network } from './network/network.ts';
import { nodeNetwork } from './network/node-network.ts';
import { nodeClock } from './node-clock.ts';
import { nodeRandom } from './node-random.ts';
import { abortSignal, callable, checkList, checkOptions, flag, integer, oneOf, partitionNumber, port, text, waitMsMax } from './option-check.ts';
import type { Partitioner } from './producer/partitioner.ts';
import type { Random } from './random.ts';
import type { RetryOptions, RetryPolicy } from './retry.ts';
import { shown } from './shown.ts';

/** Options of `connect`. All have defaults; an unknown or impossible one is refused by name (`INVALID_CONFIG`). */
export interface ConnectOptions {
  /** Aborting it gives up connecting; later it closes the client in an orderly way, as `close()` does. */
  readonly signal?: AbortSignal;
  /** Names this client in the broker's logs and metrics. Default `q-client`. */
  readonly clientId?: string;
  /**
   * How long `connect` tries before it fails with `NO_BROKER`, milliseconds; `Infinity`: until its signal aborts. Default 10,000. Later
   * reconnects are never given up.
   */
  readonly connectTimeoutMs?: number;
  /** How long one request may wait for its answer, milliseconds. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Waits between tries, of reconnects as of requests. */
  readonly retry?: RetryOptions;
  /** Age after which a topic's metadata is asked for again without a cause, milliseconds. Default 300,000. */
  readonly metadataMaxAgeMs?: number;
  /** For tests and simulations. */
  readonly clock?: Clock;
  readonly random?: Random;
  readonly network?: Network;
}

export interface ResolvedConnectOptions {
  readonly seeds: readonly Address[];
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly retry: RetryPolicy;
  readonly metadataMaxAgeMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
}

export function resolveConnectOptions(url: string | readonly string[], options: ConnectOptions = {}): ResolvedConnectOptions {
  checkOptions('connect', options, {
    clientId: text({ lengthMax: clientLimits.clientIdLengthMax }),
    connectTimeoutMs: integer({ min: 1, max: waitMsMax, isEndless: true }),
    requestTimeoutMs: integer({ min: clientLimits.fetchMaxWaitMs + 1, max: waitMsMax }),
    metadataMaxAgeMs: integer({ min: 1, max: waitMsMax }),
    retry: null,
    signal: abortSignal,
    clock: port('now', 'monotonic', 'schedule', 'defer'),
    random: port('next', 'bytes'),
    network: port('connect'),
  });
  const urls: unknown = typeof url === 'string' ? [url] : url;
  if (!Array.isArray(urls) || urls.length === 0 || urls.length > clientLimits.seedsMax) {
    const given = Array.isArray(urls) ? urls.length : shown(urls);
    throw new QError('INVALID_CONFIG', `connect needs 1 to ${clientLimits.seedsMax} addresses, not ${given}`, { details: { argument: 'url' } });
  }
  return {
    seeds: Array.from(urls, parseAddress),
    clientId: options.clientId ?? 'q-client',
    connectTimeoutMs: options.connectTimeoutMs ?? clientLimits.connectTimeoutMs,
    requestTimeoutMs: options.requestTimeoutMs ?? clientLimits.requestTimeoutMs,
    retry: resolveRetry(options.retry),
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? clientLimits.metadataMaxAgeMs,
    clock: options.clock ?? nodeClock,
    random: options.random ?? nodeRandom,
    network: options.network ?? nodeNetwork,
  };
}

function resolveRetry(options: RetryOptions = {}): RetryPolicy {
  checkOptions('retry', options, { initialMs: integer({ min: 1, max: waitMsMax }), maxMs: integer({ min: 1, max: waitMsMax }) });
  const maxMs = options.maxMs ?? Math.max(clientLimits.retryMaxMs, options.initialMs ?? 0);
  const initialMs = options.initialMs ?? Math.min(clientLimits.retryInitialMs, maxMs);
  if (initialMs > maxMs) throw new QError('INVALID_CONFIG', `retry.initialMs (${initialMs}) must not be larger than retry.maxMs (${maxMs})`);
  return { initialMs, maxMs };
}

/** Records that could not be delivered and whose caller does not wait for them. */
export interface DeliveryFailure {
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
}

/** Options of `q.producer()`. */
export interface ProducerOptions {
  /** Default `none`. Brokers store and consumers get the batch as compressed here. */
  readonly compression?: CodecName;
  /**
   * Bytes of records accepted but not yet answered; default 32 MiB. Above it `send` waits and `enqueue` returns false;
   * above twice as much `enqueue` throws `BUFFER_FULL`.
   */
  readonly maxBufferedBytes?: number;
  /** Bytes of one batch before compression; default 1 MiB, and never more than the topic's `max.message.bytes`. */
  readonly batchBytesMax?: number;
  /** How long a batch that is not full waits for more records, milliseconds. Default 0: it gathers only while the leader is busy. */
  readonly lingerMs?: number;
  /** PRODUCE requests in flight to each leader, and so batches of one partition; 1 to 5, default 5. */
  readonly maxInFlight?: number;
  /** How long a record may take from `send` to its acknowledgement, retries included, milliseconds. Default 120,000. */
  readonly deliveryTimeoutMs?: number;
  /** Default true: a batch that is sent again is stored once. False: at least once, with one batch in flight per partition. */
  readonly idempotent?: boolean;
  /** Chooses partitions for records that name none. Default: murmur2 of the key; without a key, one partition per batch in turn. */
  readonly partitioner?: Partitioner;
  /** Told about every failed `enqueue`d record; `flush` reports the first of them too. */
  readonly onError?: (error: QError, failure: DeliveryFailure) => void;
  /** Aborting it closes the producer as `close()` does. */
  readonly signal?: AbortSignal;
}

export type ResolvedProducerOptions = Required<Omit<ProducerOptions, 'partitioner' | 'onError' | 'signal'>> &
  Pick<ProducerOptions, 'partitioner' | 'onError' | 'signal'>;

export function resolveProducerOptions(options: ProducerOptions = {}): ResolvedProducerOptions {
  checkOptions('producer', options, {
    compression: oneOf(codecNames),
    maxBufferedBytes: integer({ min: clientLimits.batchBytesMin }),
    batchBytesMax: integer({ min: clientLimits.batchBytesMin, max: clientLimits.responseBytesMax }),
    lingerMs: integer({ min: 0, max: waitMsMax }),
    maxInFlight: integer({ min: 1, max: clientLimits.maxInFlight }),
    deliveryTimeoutMs: integer({ min: 1, max: waitMsMax }),
    idempotent: flag,
    partitioner: callable,
    onError: callable,
    signal: abortSignal,
  });
  const maxBufferedBytes = options.maxBufferedBytes ?? clientLimits.maxBufferedBytes;
  return {
    compression: options.compression ?? 'none',
    maxBufferedBytes,
    batchBytesMax: Math.min(options.batchBytesMax ?? clientLimits.batchBytesMax, maxBufferedBytes),
    lingerMs: options.lingerMs ?? 0,
    maxInFlight: options.maxInFlight ?? clientLimits.maxInFlight,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? clientLimits.deliveryTimeoutMs,
    idempotent: options.idempotent ?? true,
    ...(options.partitioner === undefined ? {} : { partitioner: options.partitioner }),
    ...(options.onError === undefined ? {} : { onError: options.onError }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

/** What a consumer does when the offset it wants is not there (any more). */
export type OffsetOutOfRangePolicy = 'fail' | 'earliest' | 'latest';

/** Options of `q.consumer()`. */
export interface ConsumerOptions {
  /** With a group it is another kind of consumer, with options of its own: `GroupConsumerOptions`. */
  readonly group?: undefined;
  /** Default `'all'`, which also picks up partitions that are added later. */
  readonly partitions?: readonly number[] | 'all';
  /** Where to begin; default `'earliest'`. */
  readonly from?: StartPosition;
  /** End the loop once every partition has reached the end that it had when the consumer started. Default false. */
  readonly stopAtEnd?: boolean;
  /** Bytes of fetched batches, as stored, that wait to be consumed or are asked for; default 4 MiB. */
  readonly prefetchBytes?: number;
  /**
   * How long the broker may hold a fetch that finds fewer than `minBytes`, milliseconds. Default 500; with a `minBytes` of 1, which
   * is answered at once when anything comes, up to 5,000 while nothing does.
   */
  readonly maxWaitMs?: number;
  /** Default 1. */
  readonly minBytes?: number;
  /** Default `'fail'`: the loop throws `OFFSET_OUT_OF_RANGE` with the valid range. */
  readonly onOffsetOutOfRange?: OffsetOutOfRangePolicy;
  /** How often to look for new partitions, milliseconds. Default 30,000. */
  readonly partitionRefreshMs?: number;
  /** Aborting it ends the loop as `close()` does. */
  readonly signal?: AbortSignal;
}

export type ResolvedConsumerOptions = Required<Omit<ConsumerOptions, 'group' | 'signal'>> & Pick<ConsumerOptions, 'signal'> & FetchWaits;

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

export function resolveConsumerOptions(options: ConsumerOptions = {}, requestTimeoutMs: number): ResolvedConsumerOptions {
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
    partitionRefreshMs: options.partitionRefreshMs ?? clientLimits.partitionRefreshMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

function resolvePartitions(partitions: readonly number[] | 'all' = 'all'): readonly number[] | 'all' {
  if (partitions === 'all') return partitions;
  checkList('consumer.partitions', partitions, partitionNumber, 'INVALID_CONFIG');
  if (partitions.length === 0) throw new QError('INVALID_CONFIG', 'consumer.partitions must name at least one partition, or be "all"', { details: { option: 'partitions' } });
  return [...new Set(partitions)];
}
