import { QError } from '@q/protocol';
import type { BatchMemory } from '@q/protocol';

import { onAbort, throwIfAborted, untilAborted } from '../abort.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { closedError } from '../cluster/broker-link.ts';
import { clientLimits } from '../limits.ts';
import { abortSignal, checkOptions, integer, reading, waitMsMax } from '../option-check.ts';
import type { DeliveryFailure, ResolvedProducerOptions } from './producer-options.ts';
import { toQError } from '../retry.ts';
import { shown } from '../shown.ts';
import { checkTyped } from '../topic/topic.ts';
import type { BytesIn, Topic } from '../topic/topic.ts';
import { Accumulator, unseen } from './accumulator.ts';
import { batchError, DeliveryGroup, SendDelivery } from './delivery.ts';
import type { Delivery, SendResult } from './delivery.ts';
import type { Identities } from './producer-identity.ts';
import { serialize } from './record.ts';
import type { PlainRecord, ProducerRecord } from './record.ts';
import { checkRecord, invalidRecord, refusedRecord } from './record-check.ts';
import { Sender } from './sender.ts';

/** How closing a producer went, in records. */
export interface CloseResult {
  /** Acknowledged while closing. */
  readonly drained: number;
  /**
   * Given up when the time was over. Their `send` rejected; of those sent once already it is not known whether they
   * were stored.
   */
  readonly abandoned: number;
}

/**
 * Sends records. Within a partition they are stored in the order of the calls, whichever of the three ways they came
 * in, and also when requests fail and are sent again. Idempotent unless told otherwise: what is sent again is stored
 * once.
 *
 * Bytes given to `enqueue` are copied before it returns; those given to `send` and `sendBatch` must not change until
 * their promise settles.
 *
 * A record that cannot be delivered fails with a QError: `DELIVERY_TIMED_OUT` after `deliveryTimeoutMs` of retries (its
 * details say whether the record may have been stored), the broker's own refusal at once.
 */
export interface Producer extends AsyncDisposable {
  /**
   * Sends a record; resolves when it is acknowledged. Waits by itself while the buffer is full.
   *
   * @throws QError also `INVALID_RECORD` with `details.field`, `SCHEMA_MISMATCH`, `RECORD_TOO_LARGE`, `UNKNOWN_TOPIC`,
   * `UNKNOWN_PARTITION`, `KEY_REQUIRED`, `CLOSED`.
   */
  send<KI = BytesIn, VI = BytesIn, KO = unknown, VO = unknown>(
    topic: Topic<KI, VI, KO, VO> | string,
    record: ProducerRecord<NoInfer<KI>, NoInfer<VI>>,
  ): Promise<SendResult>;
  /**
   * Sends many records; resolves, in their order, when all are acknowledged. Not a transaction: when it rejects,
   * `details.delivered` of them are stored. If one is no record, or does not match its (synchronous) schema, none is
   * sent.
   */
  sendBatch<KI = BytesIn, VI = BytesIn, KO = unknown, VO = unknown>(
    topic: Topic<KI, VI, KO, VO> | string,
    records: readonly ProducerRecord<NoInfer<KI>, NoInfer<VI>>[],
  ): Promise<SendResult[]>;
  /**
   * Takes a record without a promise: the fastest way in. True: go on. False: the record was taken, but await `ready()`
   * before the next one: the buffer (`maxBufferedBytes`) is full, or a batch's worth was taken in this turn of the
   * event loop, which must turn for it to leave. What fails later is told to `onError` and by `flush`: so is what only
   * the topic can tell (`UNKNOWN_PARTITION`, `RECORD_TOO_LARGE`, `KEY_REQUIRED`), as it is asked for anew before a
   * record is refused for it.
   *
   * @throws QError at once: `BUFFER_FULL` when twice the buffer is used and the record is not taken; `INVALID_RECORD`,
   * `SCHEMA_MISMATCH` and whatever else is wrong with the record itself; `CLOSED`. Unknown fields are looked for in
   * records without a value, and in those that have to wait, as the first ones do.
   */
  enqueue<KI = BytesIn, VI = BytesIn, KO = unknown, VO = unknown>(
    topic: Topic<KI, VI, KO, VO> | string,
    record: ProducerRecord<NoInfer<KI>, NoInfer<VI>>,
  ): boolean;
  /**
   * Resolves when `enqueue` may go on: in the next turn of the event loop, or when a batch's worth of the buffer is
   * free.
   */
  ready(): Promise<void>;
  /**
   * Sends everything accepted so far and resolves when all of it is settled.
   *
   * @throws QError the first failure of an enqueued record since the last flush, with their number; `ABORTED`.
   */
  flush(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Accepts nothing more, sends what it has for at most `timeoutMs` (default 5,000; 0: not at all), then gives up the
   * rest.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<CloseResult>;
  /** Bytes accepted and not settled yet. */
  readonly bufferedBytes: number;
}

export class ClusterProducer implements Producer {
  readonly #cluster: Cluster;
  readonly #options: ResolvedProducerOptions;
  readonly #accumulator: Accumulator;
  readonly #sender: Sender;
  readonly #onClosed: () => void;
  #forgetSignal: () => void = () => {};
  #closing: Promise<CloseResult> | null = null;
  /** Enqueued records that failed since the last flush. */
  #failures: { first: QError; count: number } | null = null;

  /** `transaction`: it sends for that one alone. */
  constructor(o: {
    cluster: Cluster;
    options: ResolvedProducerOptions;
    transaction: { readonly identities: Identities; readonly memory: BatchMemory } | null;
    onClosed: () => void;
  }) {
    this.#cluster = o.cluster;
    this.#options = o.options;
    this.#onClosed = o.onClosed;
    this.#accumulator = new Accumulator({
      cluster: o.cluster,
      options: o.options,
      memory: o.transaction?.memory ?? null,
      isTransactional: o.transaction !== null,
      events: {
        onWork: (queue) => this.#sender.list(queue),
        onMoved: (queue) => this.#sender.moved(queue),
        onUnawaitedFailure: (error, failure) => this.#unawaitedFailure(error, failure),
      },
    });
    this.#sender = new Sender({
      cluster: o.cluster,
      options: o.options,
      accumulator: this.#accumulator,
      identities: o.transaction?.identities ?? null,
    });
    // Last: a signal that is aborted already closes it here and now.
    this.#forgetSignal = onAbort(o.options.signal, () => void this.close());
  }

  get bufferedBytes(): number {
    return this.#accumulator.budget.usedBytes;
  }

  send<K, V>(topic: Topic<K, V, unknown, unknown> | string, record: ProducerRecord<K, V>): Promise<SendResult> {
    const delivery = new SendDelivery();
    try {
      this.#checkOpen();
      this.#accept(topic, this.#plain(topic, record), delivery);
    } catch (thrown) {
      delivery.reject(refusedRecord(thrown, record));
    }
    return delivery.promise;
  }

  sendBatch<K, V>(
    topic: Topic<K, V, unknown, unknown> | string,
    records: readonly ProducerRecord<K, V>[],
  ): Promise<SendResult[]> {
    let plain: (PlainRecord | Promise<PlainRecord>)[];
    try {
      this.#checkOpen();
      const read = { what: 'The records of sendBatch', code: 'INVALID_RECORD', details: { field: 'records' } } as const;
      plain = reading(read, () => {
        if (!Array.isArray(records))
          throw invalidRecord('records', `The records of sendBatch are ${shown(records)}; use an array`);
        // By index: a hole is undefined, and no record.
        return Array.from(records as readonly ProducerRecord<K, V>[], (record, index) =>
          this.#checked(topic, record, index),
        );
      });
    } catch (error) {
      return Promise.reject(toQError(error, 'sendBatch'));
    }
    const group = new DeliveryGroup(plain.length);
    for (const [index, record] of plain.entries()) {
      const delivery = group.member(index);
      try {
        this.#accept(topic, record, delivery);
      } catch (thrown) {
        delivery.reject(refusedRecord(thrown, record));
      }
    }
    return group.promise;
  }

  enqueue<K, V>(topic: Topic<K, V, unknown, unknown> | string, record: ProducerRecord<K, V>): boolean {
    if (this.#closing !== null) this.#checkOpen();
    const { budget } = this.#accumulator;
    if (budget.isOverfull) {
      throw new QError(
        'BUFFER_FULL',
        `${budget.usedBytes} bytes wait to be sent, of ${budget.bytesMax}; await ready() when enqueue returns false`,
      );
    }
    try {
      this.#accept(topic, this.#plain(topic, record), null);
    } catch (thrown) {
      throw refusedRecord(thrown, record);
    }
    return !budget.wantsPause;
  }

  async ready(): Promise<void> {
    this.#checkOpen();
    await this.#accumulator.budget.ready();
    this.#checkOpen();
  }

  async flush(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    checkOptions('flush', options, { signal: abortSignal });
    throwIfAborted(options.signal);
    this.#accumulator.hurry();
    await untilAborted(this.#accumulator.barrier.flush(), options.signal);
    this.#throwFailures();
  }

  async close(options: { readonly timeoutMs?: number } = {}): Promise<CloseResult> {
    checkOptions('close', options, { timeoutMs: integer({ min: 0, max: waitMsMax }) });
    this.#closing ??= this.#close(options.timeoutMs ?? clientLimits.producerCloseTimeoutMs);
    return this.#closing;
  }

  /** Takes nothing more, and gives up what it has. Returns how many records that were. */
  abandon(reason: QError): number {
    this.#closing ??= Promise.resolve({ drained: 0, abandoned: 0 });
    return this.#giveUp(reason);
  }

  /** @throws QError when enqueued records were lost and neither `flush` nor `onError` has told of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    if (this.#options.onError === undefined) this.#throwFailures();
  }

  #plain<K, V>(
    topic: Topic<K, V, unknown, unknown> | string,
    record: ProducerRecord<K, V>,
  ): PlainRecord | Promise<PlainRecord> {
    if (typeof topic === 'string') return record as PlainRecord;
    checkTyped(topic);
    return serialize(topic, record);
  }

  #checked<K, V>(
    topic: Topic<K, V, unknown, unknown> | string,
    record: ProducerRecord<K, V>,
    index: number,
  ): PlainRecord | Promise<PlainRecord> {
    try {
      const plain = this.#plain(topic, record);
      // Without a schema a promise is no record.
      if (typeof topic === 'string' || !(plain instanceof Promise)) checkRecord(plain);
      return plain;
    } catch (thrown) {
      const error = refusedRecord(thrown, record);
      throw new QError(error.code, `records[${index}]: ${error.message}`, {
        cause: error.cause ?? error,
        details: { ...error.details, index },
      });
    }
  }

  #accept(
    topic: { readonly name: string } | string,
    record: PlainRecord | Promise<PlainRecord>,
    delivery: Delivery | null,
  ): void {
    // Without a schema it is none, and asking whether it is takes as long as finding the queue.
    const isPending = typeof topic !== 'string' && record instanceof Promise;
    const queue = this.#accumulator.topic(typeof topic === 'string' ? topic : topic.name, isPending ? unseen : record);
    if (isPending) this.#accumulator.acceptLater(queue, record, delivery);
    else this.#accumulator.accept(queue, record as PlainRecord, delivery);
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw closedError('The producer');
  }

  async #close(timeoutMs: number): Promise<CloseResult> {
    this.#forgetSignal();
    const deliveredBefore = this.#accumulator.deliveredRecords;
    this.#accumulator.hurry();
    if (timeoutMs > 0) await this.#flushedWithin(timeoutMs);
    const abandoned = this.#giveUp(closedError('The producer'));
    return { drained: this.#accumulator.deliveredRecords - deliveredBefore, abandoned };
  }

  #giveUp(reason: QError): number {
    this.#forgetSignal();
    const abandoned = this.#accumulator.abandon(reason);
    this.#sender.stop();
    this.#onClosed();
    return abandoned;
  }

  #flushedWithin(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#cluster.clock.schedule(timeoutMs, resolve);
      void this.#accumulator.barrier.flush().then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #unawaitedFailure(error: QError, failure: DeliveryFailure): void {
    if (this.#failures === null) this.#failures = { first: error, count: 0 };
    this.#failures.count += failure.records;
    const { onError } = this.#options;
    if (onError === undefined) return;
    try {
      onError(error, failure);
    } catch (thrown) {
      // The application's own error is not ours to keep, and must not break the delivery of the other batches.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  #throwFailures(): void {
    if (this.#failures === null) return;
    const { first, count } = this.#failures;
    this.#failures = null;
    throw batchError(first, { failed: count, records: count });
  }
}
