import { BatchMemory, QError } from '@q/protocol';
import type { ProduceResponsePartition, RecordHeader } from '@q/protocol';

import { timerMsMin } from '../clock.ts';
import type { Timer } from '../clock.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { clientLimits } from '../limits.ts';
import { checkTopic } from '../option-check.ts';
import type { ResolvedProducerOptions } from './producer-options.ts';
import { toQError } from '../retry.ts';
import { plainBytes } from '../topic/serde.ts';
import { sampledContext } from '../tracing/sampled-context.ts';
import { ByteBudget } from './byte-budget.ts';
import type { Delivery } from './delivery.ts';
import { FlushBarrier } from './flush-barrier.ts';
import { OutgoingBatch } from './outgoing-batch.ts';
import type { OutgoingQueue } from './outgoing-batch.ts';
import { givenUp } from './outcome.ts';
import { Parking } from './parking.ts';
import { RecordTime } from './record-time.ts';
import { encodeHeaders } from './record.ts';
import type { PlainRecord } from './record.ts';
import {
  checkedTimestamp,
  checkFields,
  checkRecord,
  hasOtherFields,
  notARecord,
  refusedRecord,
} from './record-check.ts';
import { TopicLoader } from './topic-loader.ts';
import { TopicQueue } from './topic-queue.ts';
import type { ParkedRecord } from './topic-queue.ts';

/*
 * Everything that a producer has accepted and not settled yet.
 *
 * Invariants
 * - The queues of `#topics` have exactly the batches that are not settled, `#liveBatches` of them. Each is counted once
 *   in the byte budget and in the flush barrier, from its first record until it is settled.
 * - A record is in a batch, or parked, or settled. It is parked only while its topic is not known, its schema is busy,
 *   it has to wait for room, what is known of its topic speaks against it, or an earlier record of its topic is parked.
 * - No record is refused for what was known of its topic before it came: the topic may have changed since. It is asked
 *   for anew first.
 * - No batch and no parked record outlives its deadline by more than a turn, and none the end.
 */

export interface AccumulatorEvents {
  /** A queue has something to send. */
  onWork(queue: OutgoingQueue): void;
  /** The queue's leader is another one now. */
  onMoved(queue: OutgoingQueue): void;
  /** Enqueued records failed, which nobody waits for. */
  onUnawaitedFailure(error: QError, failure: { topic: string; partition: number; records: number }): void;
}

export interface AccumulatorOptions {
  readonly cluster: Cluster;
  readonly options: ResolvedProducerOptions;
  readonly events: AccumulatorEvents;
  /** Somebody else's, who gives up what is idle; null: it has its own. */
  readonly memory: BatchMemory | null;
  readonly isTransactional: boolean;
}

/** Stands for a record that its schema is still looking at. */
export const unseen: PlainRecord = Object.freeze({});

export class Accumulator {
  readonly budget: ByteBudget;
  readonly barrier: FlushBarrier = new FlushBarrier();
  readonly #cluster: Cluster;
  readonly #time: RecordTime;
  readonly #memory: BatchMemory;
  readonly #ownsMemory: boolean;
  readonly #isTransactional: boolean;
  readonly #options: ResolvedProducerOptions;
  readonly #events: AccumulatorEvents;
  readonly #topics = new Map<string, TopicQueue>();
  /** The topic asked for last, most often the one that is asked for next. */
  #latest: TopicQueue | null = null;
  #liveBatches = 0;
  readonly #parking: Parking;
  readonly #loader: TopicLoader;
  #sweepTimer: Timer | null = null;
  #deliveredRecords = 0;
  #failedRecords = 0;
  /** Everything was given up: no room that this makes is for anyone. */
  #isOver = false;

  constructor(o: AccumulatorOptions) {
    this.#cluster = o.cluster;
    this.#time = new RecordTime(o.cluster.clock);
    this.#options = o.options;
    this.#events = o.events;
    const { maxBufferedBytes, batchBytesMax } = o.options;
    const bytesMax = Math.min(maxBufferedBytes, clientLimits.batchMemoryBytesMax);
    this.#memory = o.memory ?? new BatchMemory({ bytesMax });
    this.#ownsMemory = o.memory === null;
    this.#isTransactional = o.isTransactional;
    this.budget = new ByteBudget({
      bytesMax: maxBufferedBytes,
      bytesHardMax: maxBufferedBytes * clientLimits.bufferedHardFactor,
      stepBytes: Math.min(batchBytesMax, maxBufferedBytes / 2),
      defer: (fn) => o.cluster.clock.defer(fn),
      onRoom: () => this.#drainAll(),
    });
    this.#parking = new Parking({
      clock: o.cluster.clock,
      deliveryTimeoutMs: o.options.deliveryTimeoutMs,
      budget: this.budget,
      barrier: this.barrier,
      onFailed: (topic, entry, error) => this.#parkedFailed(topic, entry, error),
    });
    this.#loader = new TopicLoader({
      cluster: o.cluster,
      isWanted: (topic) => this.isKnown(topic) && !this.#isOver,
      onMoved: (queue) => o.events.onMoved(queue),
      onLoaded: (topic) => this.#drain(topic),
      onRefused: (topic, error) => this.failTopic(topic, error),
    });
  }

  get deliveredRecords(): number {
    return this.#deliveredRecords;
  }

  get failedRecords(): number {
    return this.#failedRecords;
  }

  /**
   * The topic of a name. Where the record `first` is wrong (`unseen`: its schema has not said yet) nobody is asked
   * about a topic for its sake, which could make that topic.
   *
   * @throws QError `INVALID_TOPIC_NAME`, what is wrong with the record.
   */
  topic(name: string, first: unknown): TopicQueue {
    if (this.#latest !== null && this.#latest.name === name) return this.#latest;
    return (this.#latest = this.#topics.get(name) ?? this.#newTopic(name, first));
  }

  #newTopic(name: string, first: unknown): TopicQueue {
    checkTopic(name);
    checkRecord(first);
    const { random } = this.#cluster;
    const { partitioner, maxInFlight, idempotent } = this.#options;
    const topic = new TopicQueue({ name, random, partitioner, windowMax: maxInFlight, idempotent });
    this.#topics.set(name, topic);
    this.#loader.load(topic);
    return topic;
  }

  find(name: string): TopicQueue | undefined {
    return this.#topics.get(name);
  }

  isKnown(topic: TopicQueue): boolean {
    return this.#topics.get(topic.name) === topic;
  }

  /**
   * Takes a record. With a delivery, a record that finds no room waits for it; without one it is taken all the same.
   *
   * @throws QError what is wrong with the record; `BUFFER_FULL`.
   */
  accept(topic: TopicQueue, record: PlainRecord, delivery: Delivery | null): void {
    if (typeof record !== 'object' || record === null) throw notARecord(record);
    if (record.value === undefined || (delivery !== null && hasOtherFields(record))) checkFields(record);
    const mustWait = topic.metadata === null || topic.hasParked || (delivery !== null && this.budget.batchesFull);
    if (mustWait) return void this.#park(topic, record, delivery);
    try {
      this.#append(topic, record, delivery, this.barrier.epoch, Number.POSITIVE_INFINITY);
    } catch (thrown) {
      if (!dependsOnMetadata(thrown)) throw thrown;
      this.#park(topic, record, delivery);
      if (!topic.isAsking) void this.#loader.askAnew(topic);
    }
  }

  /**
   * Takes a record, with bytes of its own, whose schema has not made up its mind yet. Later records of the topic wait
   * behind it.
   */
  acceptLater(topic: TopicQueue, pending: Promise<PlainRecord>, delivery: Delivery | null): void {
    let entry: ParkedRecord | null = null;
    // Before anything can throw: a promise that nobody listens to would end the process if it failed.
    pending.then(
      (record) => {
        if (entry === null) return;
        entry.record = record;
        this.#drain(topic);
      },
      (error: unknown) => {
        if (entry === null) return;
        entry.error = toQError(error, `the schema of topic "${topic.name}"`);
        this.#drain(topic);
      },
    );
    entry = this.#park(topic, null, delivery);
  }

  /** Sends every batch that is gathering as soon as possible. */
  hurry(): void {
    for (const batch of this.#live()) {
      batch.urgent = true;
      this.#events.onWork(batch.queue);
    }
  }

  succeed(batch: OutgoingBatch, answer: ProduceResponsePartition): void {
    this.#deliveredRecords += batch.records;
    batch.succeed(answer);
    this.#settle(batch);
  }

  fail(batch: OutgoingBatch, error: QError): void {
    const { queue, unawaited } = batch;
    this.#failedRecords += batch.records;
    batch.fail(error);
    this.#settle(batch);
    if (unawaited > 0)
      this.#events.onUnawaitedFailure(error, {
        topic: queue.topic.name,
        partition: queue.partition,
        records: unawaited,
      });
  }

  /** The halves take the place of a batch that was too large. */
  replaced(batch: OutgoingBatch, halves: readonly OutgoingBatch[]): void {
    for (const half of halves) {
      half.epoch = this.barrier.enter(batch.epoch);
      this.#liveBatches += 1;
      this.budget.add(half.unaccountedBytes());
    }
    this.#settle(batch);
  }

  /** Every record of the topic fails, and the topic is forgotten: the next record asks for it anew. */
  failTopic(topic: TopicQueue, error: QError): void {
    if (this.isKnown(topic)) this.#topics.delete(topic.name);
    if (this.#latest === topic) this.#latest = null;
    topic.unwatch?.();
    for (const queue of topic.partitions) {
      for (const batch of queue.batches()) {
        queue.giveUp(batch);
        this.fail(batch, error);
      }
      queue.dropSettled();
    }
    this.#parking.fail(topic, () => error);
  }

  /** As `failTopic`, for every topic. */
  failAll(error: QError): void {
    for (const topic of this.#topics.values()) this.failTopic(topic, error);
  }

  /** Everything fails, each record with an error that says what is known of it. */
  abandon(reason: QError): number {
    const before = this.#failedRecords;
    this.#isOver = true;
    this.#sweepTimer?.cancel();
    this.#sweepTimer = null;
    for (const batch of this.#live()) this.#giveUp(batch, reason);
    for (const topic of this.#topics.values()) {
      topic.unwatch?.();
      this.#parking.fail(topic, () => givenUp(reason, { topic: topic.name, maybeStored: false }));
    }
    this.budget.wakeAll();
    return this.#failedRecords - before;
  }

  #park(topic: TopicQueue, record: PlainRecord | null, delivery: Delivery | null): ParkedRecord {
    const entry = this.#parking.park(topic, record, delivery);
    this.#watchDeadlines();
    return entry;
  }

  #drainAll(): void {
    for (const topic of this.#parking.topics) this.#drain(topic);
  }

  #drain(topic: TopicQueue): void {
    if (topic.metadata === null || !this.isKnown(topic) || topic.isAsking) return;
    for (let entry = topic.parked.peek(); entry !== undefined; entry = topic.parked.peek()) {
      if (this.#isOver || (entry.record === null && entry.error === null)) return;
      if (entry.error === null && entry.delivery !== null && this.budget.batchesFull) return;
      let failure = entry.error;
      this.#keepApart(topic, entry.deadlineMs);
      try {
        if (failure === null)
          this.#append(topic, entry.record as PlainRecord, entry.delivery, entry.epoch, entry.deadlineMs);
        topic.earliestDeadlineMs = Math.min(topic.earliestDeadlineMs, entry.deadlineMs);
      } catch (thrown) {
        if (dependsOnMetadata(thrown) && topic.answeredAsks <= entry.asks) return void this.#loader.askAnew(topic);
        failure = refusedRecord(thrown, entry.record);
      }
      this.#parking.leave(topic, failure);
    }
    this.#parking.forget(topic);
    this.#keepApart(topic, this.#cluster.clock.monotonic() + this.#options.deliveryTimeoutMs);
  }

  /**
   * Who comes much later than a record that has waited is not put into its batch, where it would have no more time left
   * than that one.
   */
  #keepApart(topic: TopicQueue, deadlineMs: number): void {
    if (deadlineMs - topic.earliestDeadlineMs <= this.#options.deliveryTimeoutMs / 2) return;
    for (const queue of topic.partitions) queue.closeOpen();
    topic.earliestDeadlineMs = Number.POSITIVE_INFINITY;
  }

  #parkedFailed(topic: TopicQueue, entry: ParkedRecord, error: QError): void {
    this.#failedRecords += 1;
    if (entry.delivery !== null) entry.delivery.reject(error);
    else
      this.#events.onUnawaitedFailure(error, {
        topic: topic.name,
        partition: entry.record?.partition ?? -1,
        records: 1,
      });
  }

  /**
   * The hot path: everything that happens to a record that finds its topic known and room in the buffer. No promise, no
   * closure and no object for each record, hence the plain parameters.
   */
  #append(topic: TopicQueue, record: PlainRecord, delivery: Delivery | null, epoch: number, deadlineMs: number): void {
    const key = plainBytes('key', record.key);
    const value = plainBytes('value', record.value);
    if (key === null && topic.requiresKey) {
      throw new QError('KEY_REQUIRED', `Topic "${topic.name}" is compacted by key: every record needs one`, {
        details: { topic: topic.name },
      });
    }
    const headers = encodeHeaders(record);
    const timestampMs = record.timestampMs === undefined ? this.#time.now() : checkedTimestamp(record.timestampMs);
    const isAlone = record.messageId !== undefined;
    const chosen = topic.chosenFor(record, key);
    let queue = chosen ?? topic.sticky();
    if (queue === null || isAlone || !queue.tryAppend(key, value, headers, timestampMs)) {
      queue = chosen ?? topic.nextSticky();
      if (isAlone) queue.closeOpen();
      if (isAlone || !queue.tryAppend(key, value, headers, timestampMs)) {
        const batch = this.#newBatch(topic, queue);
        batch.tryAppend(key, value, headers, timestampMs);
        this.#started(topic, batch);
      }
      if (chosen === null) topic.stickTo(queue);
    }
    const batch = queue.open as OutgoingBatch;
    if (delivery !== null) batch.expect(delivery, timestampMs);
    if (headers !== undefined && this.#cluster.tracing !== null) noteTrace(batch, headers);
    if (epoch < batch.epoch) this.#moveToEpoch(batch, epoch);
    // Of one that was parked: its time counts from when it came, and the batch's with it.
    if (deadlineMs < batch.deadlineMs) batch.deadlineMs = deadlineMs;
    this.budget.add(batch.unaccountedBytes());
    if (isAlone) queue.closeOpen();
    if (queue.list === null) this.#events.onWork(queue);
  }

  #newBatch(topic: TopicQueue, queue: OutgoingQueue): OutgoingBatch {
    const nowMs = this.#time.monotonic();
    const bytesMax = Math.min(this.#options.batchBytesMax, topic.maxMessageBytes);
    return new OutgoingBatch({
      queue,
      codec: this.#options.compression,
      bytesMax,
      // A little more than last time: growing means copying, and too much would be memory for nothing.
      initialBytes: Math.min(bytesMax, Math.max(clientLimits.batchBytesMin, queue.bytesHint + (queue.bytesHint >> 3))),
      createdAtMs: nowMs,
      deadlineMs: nowMs + this.#options.deliveryTimeoutMs,
      epoch: this.barrier.epoch,
      memory: this.#memory,
      isTransactional: this.#isTransactional,
    });
  }

  /**
   * A batch counts from when its first record is in it: one that was too large, or otherwise wrong, leaves no trace.
   */
  #started(topic: TopicQueue, batch: OutgoingBatch): void {
    if (batch.sizeBytes > topic.maxMessageBytes) {
      throw new QError(
        'RECORD_TOO_LARGE',
        `A record makes a batch of ${batch.sizeBytes} bytes; topic "${topic.name}" takes ${topic.maxMessageBytes} (max.message.bytes)`,
        {
          details: { topic: topic.name, recordBytes: batch.sizeBytes, maxMessageBytes: topic.maxMessageBytes },
        },
      );
    }
    batch.queue.open = batch;
    this.barrier.enter(batch.epoch);
    this.#liveBatches += 1;
    if (this.#sweepTimer === null) this.#watchDeadlines();
    // Also when it is listed: the batch before it is full now, and need not wait for the leader to be idle.
    this.#events.onWork(batch.queue);
  }

  /** A record that was parked before a flush takes its batch back to before that flush. */
  #moveToEpoch(batch: OutgoingBatch, epoch: number): void {
    this.barrier.enter(epoch);
    this.barrier.leave(batch.epoch);
    batch.epoch = epoch;
    batch.urgent = true;
  }

  #settle(batch: OutgoingBatch): void {
    this.#liveBatches -= 1;
    if (this.#liveBatches === 0 && this.#ownsMemory) this.#memory.shrinkTo(clientLimits.batchMemoryIdleBytesMax);
    this.budget.release(batch.accountedBytes);
    this.barrier.leave(batch.epoch);
  }

  #watchDeadlines(): void {
    this.#sweepTimer ??= this.#cluster.clock.schedule(this.#options.deliveryTimeoutMs, () => this.#sweep());
  }

  #sweep(): void {
    const nowMs = this.#cluster.clock.monotonic();
    const reason = new QError('DELIVERY_TIMED_OUT', `No acknowledgement within ${this.#options.deliveryTimeoutMs} ms`);
    for (const batch of this.#live()) if (batch.deadlineMs <= nowMs) this.#giveUp(batch, reason);
    for (const topic of this.#parking.topics) {
      this.#parking.fail(topic, (entry) =>
        entry.deadlineMs <= nowMs ? givenUp(reason, { topic: topic.name, maybeStored: false }) : null,
      );
    }
    // Only now: whoever heard of those may have sent others.
    let nextMs = this.#parking.nextDeadlineMs;
    for (const { deadlineMs } of this.#live()) nextMs = Math.min(nextMs, deadlineMs);
    this.#sweepTimer = Number.isFinite(nextMs)
      ? this.#cluster.clock.schedule(Math.max(timerMsMin, nextMs - nowMs), () => this.#sweep())
      : null;
  }

  /** Every batch that is not settled, as it is now; those of a partition in their order. */
  #live(): OutgoingBatch[] {
    const queues = [...this.#topics.values()].flatMap(({ partitions }) => partitions.filter(({ isEmpty }) => !isEmpty));
    return queues.flatMap((queue) => queue.batches());
  }

  #giveUp(batch: OutgoingBatch, reason: QError): void {
    const { queue } = batch;
    if (batch.state === 'settled') return;
    if (batch.state === 'sent') batch.maybeStored = true;
    queue.giveUp(batch);
    this.fail(
      batch,
      givenUp(reason, {
        topic: queue.topic.name,
        maybeStored: batch.maybeStored,
        isTransactional: batch.isTransactional,
        cause: batch.lastError,
      }),
    );
    queue.dropSettled();
    this.#events.onWork(queue);
  }
}

function noteTrace(batch: OutgoingBatch, headers: readonly RecordHeader[]): void {
  const context = sampledContext(headers);
  if (context !== null) batch.noteTrace(context);
}

/** Whether newer metadata could say otherwise. */
function dependsOnMetadata(error: unknown): boolean {
  return (
    QError.is(error)
    && (error.code === 'UNKNOWN_PARTITION' || error.code === 'RECORD_TOO_LARGE' || error.code === 'KEY_REQUIRED')
  );
}
