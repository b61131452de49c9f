import { BatchBuilder, batchHeaderBytes, iterateRecords, stampProducer } from '@q/protocol';
import type { BatchMemory, CodecName, ProduceResponsePartition, QError, RecordHeader } from '@q/protocol';

import { clientLimits } from '../limits.ts';
import type { Encoded } from '../topic/serde.ts';
import { durabilityOf } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import type { PartitionQueue, QueuedBatch } from './partition-queue.ts';
import type { ProducerIdentity } from './producer-identity.ts';

/*
 * One batch on its way: records are encoded straight into it, it is finished once, sent, perhaps sent again, and
 * settled.
 *
 * Invariants
 * - state goes gathering -> stamped <-> sent -> settled; a batch may be settled in any state, and only once.
 * - Records and their order never change after the first `stamp`; only identity and sequence may, and only when no copy
 *   of the batch can have been stored (partition-queue.ts decides that).
 * - The deliveries from `#first` to `#last` are in the order of their records. Records that were enqueued have none,
 *   which is what keeps them cheap.
 */

/** The batches of one partition. */
export type OutgoingQueue = PartitionQueue<OutgoingBatch>;

export interface OutgoingBatchOptions {
  readonly queue: OutgoingQueue;
  readonly codec: CodecName;
  readonly bytesMax: number;
  readonly initialBytes: number;
  readonly createdAtMs: number;
  readonly deadlineMs: number;
  readonly epoch: number;
  readonly memory: BatchMemory;
  readonly isTransactional: boolean;
}

export class OutgoingBatch implements QueuedBatch {
  /** Of its partition, also when it has left it. */
  readonly queue: OutgoingQueue;
  /** Monotonic. */
  readonly createdAtMs: number;
  /** Monotonic: the delivery time-out of the record in it that has waited longest. */
  deadlineMs: number;
  /** Of the flush barrier. */
  epoch: number;
  state: QueuedBatch['state'] = 'gathering';
  /** Send as soon as possible, without waiting for more records. */
  urgent = false;
  /** A copy went out, and no answer has said what became of it. */
  maybeStored = false;
  restamps = 0;
  /** Of its records, for the broker; null: none is traced. */
  traceContexts: string[] | null = null;
  /** Why it had to be sent again. */
  lastError: QError | null = null;
  identity: ProducerIdentity | null = null;
  baseSequence = -1;
  /** Its place among all batches of its partition. */
  ordinal = -1;
  /** The bytes to send; null until stamped. */
  buffer: Buffer | null = null;
  readonly #memory: BatchMemory;
  readonly isTransactional: boolean;
  readonly #builder: BatchBuilder;
  #accountedBytes = 0;
  /** How many requests have carried it. */
  #sends = 0;
  #first: Delivery | null = null;
  #last: Delivery | null = null;

  constructor(o: OutgoingBatchOptions) {
    this.queue = o.queue;
    this.createdAtMs = o.createdAtMs;
    this.deadlineMs = o.deadlineMs;
    this.epoch = o.epoch;
    this.#memory = o.memory;
    this.isTransactional = o.isTransactional;
    // Not `o`: as long as nobody else gets to see it, V8 does without it.
    this.#builder = new BatchBuilder({
      codec: o.codec,
      bytesMax: o.bytesMax,
      initialBytes: o.initialBytes,
      memory: o.memory,
      isTransactional: o.isTransactional,
    });
  }

  get records(): number {
    return this.#builder.count;
  }

  /** Before compression. */
  get sizeBytes(): number {
    return this.#builder.sizeBytes;
  }

  /** Records that nobody waits for. */
  get unawaited(): number {
    let count = this.records;
    for (let delivery = this.#first; delivery !== null; delivery = delivery.next) count -= 1;
    return count;
  }

  /**
   * As BatchBuilder.tryAppend: key and value first, since an options object for each record would cost more than the
   * record.
   */
  tryAppend(key: Encoded, value: Encoded, headers: readonly RecordHeader[] | undefined, timestampMs: number): boolean {
    return this.#builder.tryAppend(key, value, headers, timestampMs);
  }

  /** The record appended last is waited for. */
  expect(delivery: Delivery, timestampMs: number): void {
    delivery.index = this.#builder.count - 1;
    delivery.timestampMs = timestampMs;
    delivery.next = null;
    if (this.#last === null) this.#first = delivery;
    else this.#last.next = delivery;
    this.#last = delivery;
  }

  /** The record appended last belongs to this trace. */
  noteTrace(context: string): void {
    this.traceContexts ??= [];
    if (this.traceContexts.length < clientLimits.traceContextsMax && !this.traceContexts.includes(context))
      this.traceContexts.push(context);
  }

  /** The bytes appended since the last call: what the budget has not counted yet. */
  unaccountedBytes(): number {
    const bytes = this.#builder.sizeBytes - this.#accountedBytes;
    this.#accountedBytes += bytes;
    return bytes;
  }

  get accountedBytes(): number {
    return this.#accountedBytes;
  }

  /**
   * Gives the batch its place in its producer's sequence. The first time encodes it; later ones only change the stamp.
   */
  stamp(identity: ProducerIdentity, baseSequence: number): void {
    const { producerId, producerEpoch } = identity;
    if (this.buffer === null) {
      this.#builder.setProducer({ producerId, producerEpoch, baseSequence });
      this.buffer = this.#builder.finish();
    } else stampProducer(this.buffer, { producerId, producerEpoch, baseSequence });
    this.identity = identity;
    this.baseSequence = baseSequence;
    this.state = 'stamped';
  }

  /** A request carries it. */
  send(): void {
    this.state = 'sent';
    this.#sends += 1;
  }

  succeed(answer: ProduceResponsePartition): void {
    this.state = 'settled';
    const { partition, baseOffset, logAppendTimeMs, duplicate } = answer;
    const durability = durabilityOf(answer.durability);
    for (let delivery = this.#first; delivery !== null; delivery = delivery.next) {
      const timestampMs = logAppendTimeMs === -1 ? delivery.timestampMs : logAppendTimeMs;
      delivery.resolve({ partition, offset: baseOffset + delivery.index, timestampMs, duplicate, durability });
    }
    // Its answer says that the broker has all of the one copy that went out. Of several, one may still be on its way.
    this.#forget({ mayReuse: this.#sends === 1 });
  }

  fail(error: QError): void {
    this.state = 'settled';
    for (let delivery = this.#first; delivery !== null; delivery = delivery.next) delivery.reject(error);
    this.#forget({ mayReuse: false });
  }

  /**
   * Two batches that hold this one's records, in order and for the same waiters. They take over its bytes in the budget
   * in shares, and its deadline. This one is spent.
   */
  split(): [OutgoingBatch, OutgoingBatch] {
    const records = [
      ...iterateRecords(this.buffer as Buffer, { uncompressedBytesMax: clientLimits.uncompressedBytesMax }),
    ];
    const middle = records.length >> 1;
    const halves: [OutgoingBatch, OutgoingBatch] = [this.#emptyHalf(), this.#emptyHalf()];
    let waiting = this.#first;
    for (const [index, record] of records.entries()) {
      const half = halves[index < middle ? 0 : 1];
      half.#builder.tryAppend(record.key, record.value, record.headers, record.timestampMs);
      if (waiting?.index !== index) continue;
      // Before the half makes it the last of its own.
      const { next } = waiting;
      half.expect(waiting, waiting.timestampMs);
      waiting = next;
    }
    this.state = 'settled';
    // Which of them are in which half, nobody asks.
    for (const half of halves) half.traceContexts = this.traceContexts;
    this.#forget({ mayReuse: false });
    return halves;
  }

  #emptyHalf(): OutgoingBatch {
    return new OutgoingBatch({
      queue: this.queue,
      codec: this.#builder.codec,
      // All that was in this batch may be in one half: one of its records can be larger than all the others.
      bytesMax: this.sizeBytes,
      initialBytes: Math.max(batchHeaderBytes, this.sizeBytes >> 1),
      createdAtMs: this.createdAtMs,
      deadlineMs: this.deadlineMs,
      epoch: this.epoch,
      memory: this.#memory,
      isTransactional: this.isTransactional,
    });
  }

  /**
   * Memory is held by callers' references to settled batches otherwise, as in the answer that is being worked through.
   */
  #forget(o: { mayReuse: boolean }): void {
    this.buffer = null;
    this.#builder.release(o);
    this.#first = null;
    this.#last = null;
  }
}
