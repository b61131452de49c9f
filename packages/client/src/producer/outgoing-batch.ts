import { BatchBuilder, batchHeaderBytes, iterateRecords, stampProducer } from '@q/protocol';
import type { BatchMemory, CodecName, QError, RecordHeader } from '@q/protocol';

import { clientLimits } from '../limits.ts';
import type { Encoded } from '../topic/serde.ts';
import type { Delivery, Durability } from './delivery.ts';
import type { ProducerIdentity } from './producer-identity.ts';

/*
 * One batch on its way: records are encoded straight into it, it is finished once, sent, perhaps sent again, and settled.
 *
 * Invariants
 * - state goes gathering -> stamped <-> sent -> settled; a batch may be settled in any state, and only once.
 * - Records and their order never change after the first `stamp`; only identity and sequence may, and only when no copy of
 *   the batch can have been stored (partition-queue.ts decides that).
 * - `deliveries`, `indexes` and `timestamps` run in parallel: record `indexes[i]` is waited for by `deliveries[i]`. Records
 *   that were enqueued have no entry, which is what keeps them cheap.
 */

export interface BatchAnswer {
  readonly partition: number;
  readonly baseOffset: number;
  /** -1 unless the broker stamps the records. */
  readonly logAppendTimeMs: number;
  readonly duplicate: boolean;
  readonly durability: Durability;
}

export interface OutgoingBatchOptions {
  readonly codec: CodecName;
  readonly bytesMax: number;
  readonly initialBytes: number;
  readonly createdAtMs: number;
  readonly deadlineMs: number;
  readonly epoch: number;
  readonly memory: BatchMemory;
}

export class OutgoingBatch {
  readonly codec: CodecName;
  /** Monotonic. */
  readonly createdAtMs: number;
  readonly deadlineMs: number;
  /** Of the flush barrier. */
  epoch: number;
  state: 'gathering' | 'stamped' | 'sent' | 'settled' = 'gathering';
  /** Send as soon as possible, without waiting for more records. */
  urgent = false;
  /** A copy went out, and no answer has said what became of it. */
  maybeStored = false;
  restamps = 0;
  /** Why it had to be sent again. */
  lastError: QError | null = null;
  identity: ProducerIdentity | null = null;
  baseSequence = -1;
  /** Its place among all batches of its partition. */
  ordinal = -1;
  /** The bytes to send; null until stamped. */
  buffer: Buffer | null = null;
  readonly #memory: BatchMemory;
  readonly #builder: BatchBuilder;
  #accountedBytes = 0;
  /** How many requests have carried it. */
  #sends = 0;
  #deliveries: Delivery[] = [];
  #indexes: number[] = [];
  #timestamps: number[] = [];

  constructor(o: OutgoingBatchOptions) {
    this.codec = o.codec;
    this.createdAtMs = o.createdAtMs;
    this.deadlineMs = o.deadlineMs;
    this.epoch = o.epoch;
    this.#memory = o.memory;
    this.#builder = new BatchBuilder({ codec: o.codec, bytesMax: o.bytesMax, initialBytes: o.initialBytes, memory: o.memory });
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
    return this.records - this.#deliveries.length;
  }

  /** As BatchBuilder.tryAppend: key and value first, since an options object for each record would cost more than the record. */
  tryAppend(key: Encoded, value: Encoded, headers: readonly RecordHeader[] | undefined, timestampMs: number): boolean {
    return this.#builder.tryAppend(key, value, headers, timestampMs);
  }

  /** The record appended last is waited for. */
  expect(delivery: Delivery, timestampMs: number): void {
    this.#deliveries.push(delivery);
    this.#indexes.push(this.#builder.count - 1);
    this.#timestamps.push(timestampMs);
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

  /** Gives the batch its place in its producer's sequence. The first time encodes it; later ones only change the stamp. */
  stamp(identity: ProducerIdentity, baseSequence: number): void {
    const stamp = { producerId: identity.producerId, producerEpoch: identity.producerEpoch, baseSequence };
    if (this.buffer === null) {
      this.#builder.setProducer(stamp);
      this.buffer = this.#builder.finish();
    } else stampProducer(this.buffer, stamp);
    this.identity = identity;
    this.baseSequence = baseSequence;
    this.state = 'stamped';
  }

  /** A request carries it. */
  send(): void {
    this.state = 'sent';
    this.#sends += 1;
  }

  succeed(answer: BatchAnswer): void {
    this.state = 'settled';
    const { partition, baseOffset, logAppendTimeMs, duplicate, durability } = answer;
    for (let at = 0; at < this.#deliveries.length; at += 1) {
      const timestampMs = logAppendTimeMs === -1 ? (this.#timestamps[at] as number) : logAppendTimeMs;
      (this.#deliveries[at] as Delivery).resolve({ partition, offset: baseOffset + (this.#indexes[at] as number), timestampMs, duplicate, durability });
    }
    // Its answer says that the broker has all of the one copy that went out. Of several, one may still be on its way.
    this.#forget({ mayReuse: this.#sends === 1 });
  }

  fail(error: QError): void {
    this.state = 'settled';
    for (const delivery of this.#deliveries) delivery.reject(error);
    this.#forget({ mayReuse: false });
  }

  /**
   * Two batches that hold this one's records, in order and for the same waiters. They take over its bytes in the budget in
   * shares, and its deadline. This one is spent.
   */
  split(): [OutgoingBatch, OutgoingBatch] {
    const records = [...iterateRecords(this.buffer as Buffer, { uncompressedBytesMax: clientLimits.uncompressedBytesMax })];
    const middle = records.length >> 1;
    const halves: [OutgoingBatch, OutgoingBatch] = [this.#emptyHalf(), this.#emptyHalf()];
    let waiter = 0;
    for (const [index, record] of records.entries()) {
      const half = halves[index < middle ? 0 : 1];
      half.#builder.tryAppend(record.key, record.value, record.headers, record.timestampMs);
      if (this.#indexes[waiter] !== index) continue;
      half.expect(this.#deliveries[waiter] as Delivery, this.#timestamps[waiter] as number);
      waiter += 1;
    }
    this.state = 'settled';
    this.#forget({ mayReuse: false });
    return halves;
  }

  #emptyHalf(): OutgoingBatch {
    return new OutgoingBatch({
      codec: this.codec,
      // All that was in this batch may be in one half: one of its records can be larger than all the others.
      bytesMax: this.sizeBytes,
      initialBytes: Math.max(batchHeaderBytes, this.sizeBytes >> 1),
      createdAtMs: this.createdAtMs,
      deadlineMs: this.deadlineMs,
      epoch: this.epoch,
      memory: this.#memory,
    });
  }

  /** Memory is held by callers' references to settled batches otherwise, as in the answer that is being worked through. */
  #forget(o: { mayReuse: boolean }): void {
    this.buffer = null;
    this.#builder.release(o);
    this.#deliveries = [];
    this.#indexes = [];
    this.#timestamps = [];
  }
}
