import { QError } from '@q/protocol';

import type { Clock } from '../clock.ts';
import { clientLimits } from '../limits.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Delivery } from './delivery.ts';
import type { FlushBarrier } from './flush-barrier.ts';
import { detached, parkedBytes } from './record.ts';
import type { PlainRecord } from './record.ts';
import { checkFields, checkParts } from './record-check.ts';
import type { ParkedRecord, TopicQueue } from './topic-queue.ts';

export interface ParkingOptions {
  readonly clock: Clock;
  readonly deliveryTimeoutMs: number;
  readonly budget: ByteBudget;
  readonly barrier: FlushBarrier;
  /** A record left without getting into a batch. */
  readonly onFailed: (topic: TopicQueue, entry: ParkedRecord, error: QError) => void;
}

/**
 * The records of a producer that cannot go into a batch yet, whatever they wait for.
 *
 * Invariants
 * - `#records` is how many are parked, in the queues of `topics`; never more than `parkedRecordsMax`.
 * - A topic's `hasParked` says whether its queue has any: only this class puts records in and takes them out.
 * - Each is counted once in the byte budget and in the flush barrier, from when it is parked until it leaves.
 * - Those of a topic leave in the order in which they came.
 */
export class Parking {
  readonly #options: ParkingOptions;
  #records = 0;
  readonly #topics = new Set<TopicQueue>();

  constructor(options: ParkingOptions) {
    this.#options = options;
  }

  /** Those that have parked records, or had some a moment ago. */
  get topics(): ReadonlySet<TopicQueue> {
    return this.#topics;
  }

  /** When the first of them has to be given up, monotonic; infinite without any. */
  get nextDeadlineMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { parked } of this.#topics) nextMs = Math.min(nextMs, parked.peek()?.deadlineMs ?? nextMs);
    return nextMs;
  }

  /** @throws QError what is wrong with the record; `BUFFER_FULL`. */
  park(topic: TopicQueue, record: PlainRecord | null, delivery: Delivery | null): ParkedRecord {
    if (this.#records >= clientLimits.parkedRecordsMax) {
      throw new QError('BUFFER_FULL', `${this.#records} records wait already to be taken into a batch`);
    }
    // A caller that waits keeps its bytes as they are; one that does not may reuse them, so they are copied and
    // counted.
    if (record !== null) {
      if (delivery === null) checkFields(record);
      checkParts(record);
    }
    const { clock, deliveryTimeoutMs, budget, barrier } = this.#options;
    const kept = record !== null && delivery === null ? detached(record) : record;
    const bytes = delivery === null ? (kept === null ? clientLimits.parkedRecordOverheadBytes : parkedBytes(kept)) : 0;
    const deadlineMs = clock.monotonic() + deliveryTimeoutMs;
    const entry: ParkedRecord = {
      record: kept,
      error: null,
      delivery,
      bytes,
      deadlineMs,
      epoch: barrier.enter(),
      asks: topic.asks,
    };
    topic.parked.push(entry);
    topic.hasParked = true;
    budget.park(bytes);
    this.#records += 1;
    this.#topics.add(topic);
    return entry;
  }

  /** The first of the topic leaves: into its batch, or with the error that says why not. */
  leave(topic: TopicQueue, failure: QError | null): void {
    const { budget, barrier, onFailed } = this.#options;
    const entry = topic.parked.shift() as ParkedRecord;
    topic.hasParked = topic.parked.length > 0;
    this.#records -= 1;
    budget.unpark(entry.bytes);
    if (failure !== null) onFailed(topic, entry, failure);
    barrier.leave(entry.epoch);
  }

  /** Records of the topic fail, from the first on until there is one that `errorOf` has no error for. */
  fail(topic: TopicQueue, errorOf: (entry: ParkedRecord) => QError | null): void {
    for (let entry = topic.parked.peek(); entry !== undefined; entry = topic.parked.peek()) {
      const error = errorOf(entry);
      if (error === null) return;
      this.leave(topic, error);
    }
    this.forget(topic);
  }

  /** None of the topic is parked any more. */
  forget(topic: TopicQueue): void {
    this.#topics.delete(topic);
  }
}
