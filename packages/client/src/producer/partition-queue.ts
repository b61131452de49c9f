import { strict as assert } from 'node:assert';

import type { QError, RecordHeader } from '@q/protocol';

import { clientLimits } from '../limits.ts';
import type { LinkedList, ListNode } from '../linked-list.ts';
import { Queue } from '../queue.ts';
import type { Encoded } from '../topic/serde.ts';
import { nextSequence, noIdentity } from './producer-identity.ts';
import type { ProducerIdentity } from './producer-identity.ts';

/*
 * The batches of one partition, from gathering to acknowledgement. This is where order is kept.
 *
 *     append -> open -> closed (a queue) -> stamped (have a sequence; at most `window` of them on the wire) -> settled
 *
 * Invariants
 * - `stamped` is in sequence order, and sequences are consecutive except where a batch was given up (see below).
 *   Batches leave `closed` and `open` in order, so the log gets records in the order of the calls.
 * - Nothing newer is sent while a stamped batch waits to be sent again; those go first, in sequence order.
 * - After any failure the window is 1 until a batch has been acknowledged, and nothing is sent again while any request
 *   of the partition is unanswered. So a batch is never overtaken by a later one whose earlier copy the broker refused,
 *   and never travels twice at once. A partition that is new, or was quiet for long, begins the same way: a broker that
 *   does not know the producer (any more) takes whatever batch comes first for the first one.
 * - A batch that was not sent yet waits while the oldest unsettled one is five batches back (`ordinal`), also if all
 *   those between are settled: brokers recognise only the last five, and the oldest may have to be sent again.
 *
 * Gaps. A batch that is given up after it was sent (its delivery timed out, or the broker refused it for good) may
 * leave a hole in the sequence. Nothing needs to be done about it unless the broker says OUT_OF_ORDER_SEQUENCE for the
 * *first* unsettled batch: everything before it is settled, so what the broker misses will never come. That answer also
 * proves that neither this batch nor any later one was stored. They all get a new identity (a higher epoch of the
 * producer, which also fences off copies of the lost batch that may still be on their way) and sequences from 0, and
 * are sent again. The same answer for a later batch only means that the broker waits for an earlier one, which is sent
 * again first.
 */

export interface PartitionQueueOptions {
  readonly topic: TopicIdentity;
  readonly partition: number;
  /** Batches on the wire at once, at best. */
  readonly windowMax: number;
  readonly idempotent: boolean;
}

/** Which topic a queue belongs to. The id changes when the topic is deleted and made again. */
export interface TopicIdentity {
  readonly name: string;
  readonly topicId: string;
}

/** What the queue needs of a batch: its place in the sequence, and what has become of it. */
export interface QueuedBatch {
  state: 'gathering' | 'stamped' | 'sent' | 'settled';
  maybeStored: boolean;
  restamps: number;
  /** Its place among all batches of its partition. */
  ordinal: number;
  readonly identity: ProducerIdentity | null;
  readonly baseSequence: number;
  readonly records: number;
  readonly sizeBytes: number;
  tryAppend(key: Encoded, value: Encoded, headers: readonly RecordHeader[] | undefined, timestampMs: number): boolean;
  stamp(identity: ProducerIdentity, baseSequence: number): void;
  send(): void;
}

export class PartitionQueue<Batch extends QueuedBatch> implements ListNode<PartitionQueue<Batch>> {
  readonly topic: TopicIdentity;
  readonly partition: number;
  leaderId = -1;
  leaderEpoch = -1;
  /** Gathers records. */
  open: Batch | null = null;
  /** That of its leader's sender, while it may have something to send. */
  list: LinkedList<PartitionQueue<Batch>> | null = null;
  before: PartitionQueue<Batch> | null = null;
  after: PartitionQueue<Batch> | null = null;
  /** Monotonic; nothing is sent before. */
  notBeforeMs = 0;
  /** Consecutive failures, for the backoff. */
  failures = 0;
  /** Why the batches need a new identity before any of them is sent again. */
  brokenBy: QError | null = null;
  /** Size of the last batch: what the next one is likely to need. */
  bytesHint = 0;
  readonly #windowMax: number;
  readonly #idempotent: boolean;
  /** Null while it is empty, as it is nearly always where records go to many partitions. */
  #closed: Queue<Batch> | null = null;
  #stamped: Batch[] = [];
  #identity: ProducerIdentity | null = null;
  #nextSequence = 0;
  #nextOrdinal = 0;
  #outstanding = 0;
  #window = 1;
  #lastAckMs = 0;

  constructor(o: PartitionQueueOptions) {
    this.topic = o.topic;
    this.partition = o.partition;
    this.#windowMax = o.idempotent ? o.windowMax : 1;
    this.#idempotent = o.idempotent;
  }

  get identity(): ProducerIdentity | null {
    return this.#identity;
  }

  /** Requests on the wire that carry a batch of this partition. */
  get outstanding(): number {
    return this.#outstanding;
  }

  get isEmpty(): boolean {
    return this.open === null && this.#closed === null && this.#stamped.length === 0;
  }

  /** Whether anything has never been in a request. */
  get hasUnsent(): boolean {
    return this.open !== null || this.#closed !== null;
  }

  /** Every unsettled batch, oldest first. */
  batches(): Batch[] {
    const closed = [...(this.#closed ?? [])].filter(({ state }) => state !== 'settled');
    return [...this.#stamped, ...closed, ...(this.open === null ? [] : [this.open])];
  }

  /** False if there is no open batch or it is full; then it is closed. Parameters as BatchBuilder.tryAppend. */
  tryAppend(key: Encoded, value: Encoded, headers: readonly RecordHeader[] | undefined, timestampMs: number): boolean {
    if (this.open === null) return false;
    if (this.open.tryAppend(key, value, headers, timestampMs)) return true;
    this.closeOpen();
    return false;
  }

  /** No more records go into the open batch. */
  closeOpen(): void {
    if (this.open === null) return;
    this.#closed ??= new Queue();
    this.#closed.push(this.open);
    this.open = null;
  }

  /**
   * The batch that may be sent now, or null: because of the window, the backoff, a missing identity, or because the
   * open batch should go on gathering. The caller must stamp it if it has no bytes, and then call `sent`.
   */
  next(o: { nowMs: number; mayTakeOpen: (batch: Batch) => boolean }): Batch | null {
    if (this.#quietTooLong(o.nowMs)) this.#window = 1;
    if (this.isBlocked(o.nowMs)) return null;
    for (const batch of this.#stamped) if (batch.state === 'stamped') return batch;
    const [oldest] = this.#stamped;
    if (oldest !== undefined && this.#nextOrdinal - oldest.ordinal >= clientLimits.maxInFlight) return null;
    this.dropSettled();
    if (this.#closed !== null) return this.#closed.peek() ?? null;
    return this.open !== null && o.mayTakeOpen(this.open) ? this.open : null;
  }

  /** Gives a batch from `next` its place in the sequence, unless it has one. */
  stamp(batch: Batch, current: ProducerIdentity): void {
    if (batch.state === 'stamped') return;
    if (batch === this.open) this.open = null;
    else assert(this.#shiftClosed() === batch, 'batches are stamped in order');
    this.bytesHint = batch.sizeBytes;
    if (this.#identity === null) this.#adopt(current);
    this.#stampNew(batch);
    batch.ordinal = this.#nextOrdinal;
    this.#nextOrdinal += 1;
    this.#stamped.push(batch);
  }

  sent(batch: Batch): void {
    // Not `assert(…)`, which makes an array of its arguments, for every batch.
    if (batch.state !== 'stamped') assert.fail('only a stamped batch is sent');
    batch.send();
    this.#outstanding += 1;
  }

  /** A request that carried a batch of this partition is over, whatever became of it. */
  answered(): void {
    this.#outstanding -= 1;
  }

  /** The batch is stored: it leaves. Call `answered` first. */
  acknowledged(batch: Batch, nowMs: number): void {
    const wasFirst = this.isFirst(batch);
    this.#remove(batch);
    this.failures = 0;
    this.#lastAckMs = nowMs;
    // Otherwise an earlier batch has failed meanwhile, or the answers to others may still say that they did.
    if (wasFirst && this.#outstanding === 0) this.#window = this.#windowMax;
  }

  /**
   * The batch will not be sent (again): it leaves. If no copy of it can have been stored and nothing was stamped after
   * it, its sequence is free for the next batch; otherwise there is, perhaps, a gap.
   */
  giveUp(batch: Batch): void {
    const isLast = this.#stamped.at(-1) === batch;
    this.#remove(batch);
    if (isLast && this.#idempotent && !batch.maybeStored) this.#nextSequence = batch.baseSequence;
    this.#window = 1;
  }

  /** The batch is to be sent again, as it is, not before the given time. */
  again(batch: Batch, o: { notBeforeMs: number }): void {
    batch.state = 'stamped';
    this.#window = 1;
    this.notBeforeMs = Math.max(this.notBeforeMs, o.notBeforeMs);
  }

  /** Whether everything before the batch is settled. */
  isFirst(batch: Batch): boolean {
    return this.#stamped[0] === batch;
  }

  /** Puts the halves of a batch in its place, over its sequence numbers: there is no gap. */
  replace(batch: Batch, halves: readonly Batch[]): void {
    const at = this.#stamped.indexOf(batch);
    assert(at !== -1 && batch.identity !== null, 'only a stamped batch is split');
    let { baseSequence, ordinal } = batch;
    const added = halves.length - 1;
    for (const later of this.#stamped.slice(at + 1)) later.ordinal += added;
    this.#nextOrdinal += added;
    for (const half of halves) {
      half.ordinal = ordinal;
      ordinal += 1;
      half.stamp(batch.identity, baseSequence);
      if (this.#idempotent) baseSequence = nextSequence({ baseSequence, records: half.records });
    }
    this.#stamped.splice(at, 1, ...halves);
    this.#window = 1;
  }

  /** Whether the batches that need a new identity may get one: not while a copy with the old one is on the wire. */
  get awaitsIdentity(): boolean {
    return this.brokenBy !== null && this.#outstanding === 0;
  }

  /** Gives all stamped batches the new identity and sequences from 0. Returns those that had it happen too often. */
  restamp(identity: ProducerIdentity): Batch[] {
    assert(this.awaitsIdentity, 'no copy may be on the wire');
    this.brokenBy = null;
    this.#adopt(identity);
    const hopeless = this.#stamped.filter(({ restamps }) => restamps >= clientLimits.restampsMax);
    this.#stamped = this.#stamped.filter((batch) => !hopeless.includes(batch));
    for (const batch of this.#stamped) {
      batch.restamps += 1;
      batch.maybeStored = false;
      this.#stampNew(batch);
    }
    return hopeless;
  }

  /** The leader changed, or the topic was made anew: nothing is known of what the broker knows. */
  startSlowly(): void {
    this.#window = 1;
  }

  /** Whether there is something to send, but not now; an answer or a timer will change that. */
  isBlocked(nowMs: number): boolean {
    return this.brokenBy !== null || this.#outstanding >= this.#window || nowMs < this.notBeforeMs;
  }

  #remove(batch: Batch): void {
    if (this.open === batch) this.open = null;
    const at = this.#stamped.indexOf(batch);
    // A batch that still waits in #closed is settled and will be dropped when its turn comes.
    if (at === -1) return;
    // Nearly always the only one. `pop` leaves the array its room for the next one, as `shift` does not.
    if (at === this.#stamped.length - 1) this.#stamped.pop();
    else this.#stamped.splice(at, 1);
  }

  #adopt(identity: ProducerIdentity): void {
    this.#identity = this.#idempotent ? identity : noIdentity;
    this.#nextSequence = this.#idempotent ? 0 : -1;
    this.#window = 1;
  }

  #stampNew(batch: Batch): void {
    // As in `sent`.
    if (this.#identity === null) assert.fail('a batch is stamped with an identity');
    batch.stamp(this.#identity, this.#nextSequence);
    if (this.#idempotent)
      this.#nextSequence = nextSequence({ baseSequence: this.#nextSequence, records: batch.records });
  }

  #quietTooLong(nowMs: number): boolean {
    return this.#window > 1 && this.#stamped.length === 0 && nowMs - this.#lastAckMs > clientLimits.quietPartitionMs;
  }

  /** Lets go of batches that were given up while they were waiting; they hold memory. */
  dropSettled(): void {
    while (this.#closed?.peek()?.state === 'settled') this.#shiftClosed();
  }

  #shiftClosed(): Batch | undefined {
    const batch = this.#closed?.shift();
    if (this.#closed?.length === 0) this.#closed = null;
    return batch;
  }
}
