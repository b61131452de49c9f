import { codecNames, QError } from '@q/protocol';
import type { CodecName } from '@q/protocol';

import { clientLimits } from '../limits.ts';
import { abortSignal, callable, checkOptions, flag, integer, oneOf, text, waitMsMax } from '../option-check.ts';
import type { Partitioner } from './partitioner.ts';

/** Records that could not be delivered and whose caller does not wait for them. */
export interface DeliveryFailure {
  /** The topic that the records were for. */
  readonly topic: string;
  /** Its partition; -1 while none was chosen. */
  readonly partition: number;
  /** How many records were lost. */
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
  /**
   * How long a batch that is not full waits for more records, milliseconds. Default 0: it gathers only while the leader
   * is busy.
   */
  readonly lingerMs?: number;
  /** PRODUCE requests in flight to each leader, and so batches of one partition; 1 to 5, default 5. */
  readonly maxInFlight?: number;
  /** How long a record may take from `send` to its acknowledgement, retries included, milliseconds. Default 120,000. */
  readonly deliveryTimeoutMs?: number;
  /**
   * Default true: a batch that is sent again is stored once. False: at least once, with one batch in flight per
   * partition.
   */
  readonly idempotent?: boolean;
  /**
   * Chooses partitions for records that name none. Default: murmur2 of the key; without a key, one partition per batch
   * in turn.
   */
  readonly partitioner?: Partitioner;
  /** Told about every failed `enqueue`d record; `flush` reports the first of them too. */
  readonly onError?: (error: QError, failure: DeliveryFailure) => void;
  /** Aborting it closes the producer as `close()` does. */
  readonly signal?: AbortSignal;
}

/** Options of `q.producer()` with a `transactionalId`: it makes transactions. */
export interface TransactionalProducerOptions extends Omit<ProducerOptions, 'idempotent'> {
  /**
   * Names the program, or its part, over restarts: 1 to 249 characters. One instance at a time uses it; who begins to
   * use it fences who did before.
   */
  readonly transactionalId: string;
  /**
   * A transaction that is open for longer is aborted by the broker, milliseconds; default 10,000. So long a crashed
   * program holds back whoever reads what it wrote to.
   */
  readonly transactionTimeoutMs?: number;
}

export interface ResolvedTransactionalOptions {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  readonly producer: ResolvedProducerOptions;
}

const transactionalChecks = {
  transactionalId: text({ lengthMax: clientLimits.transactionalIdLengthMax }),
  transactionTimeoutMs: integer({ min: 1, max: waitMsMax }),
};

/** @throws QError `INVALID_CONFIG` naming the option, the value and what is allowed. */
export function resolveTransactionalOptions(options: TransactionalProducerOptions): ResolvedTransactionalOptions {
  const { transactionalId, transactionTimeoutMs, ...others } = options;
  const own = { transactionalId, ...(transactionTimeoutMs === undefined ? {} : { transactionTimeoutMs }) };
  checkOptions<Pick<TransactionalProducerOptions, 'transactionalId' | 'transactionTimeoutMs'>>(
    'producer',
    own,
    transactionalChecks,
  );
  if ('idempotent' in others)
    throw new QError('INVALID_CONFIG', 'producer.idempotent is not for transactions, which always are', {
      details: { option: 'idempotent' },
    });
  return {
    transactionalId,
    transactionTimeoutMs: transactionTimeoutMs ?? clientLimits.transactionTimeoutMs,
    producer: resolveProducerOptions(others, Object.keys(transactionalChecks)),
  };
}

export type ResolvedProducerOptions = Required<Omit<ProducerOptions, 'partitioner' | 'onError' | 'signal'>>
  & Pick<ProducerOptions, 'partitioner' | 'onError' | 'signal'>;

/** `more`: names of options that were checked already. */
export function resolveProducerOptions(
  options: ProducerOptions = {},
  more: readonly string[] = [],
): ResolvedProducerOptions {
  checkOptions(
    'producer',
    options,
    {
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
    },
    more,
  );
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
