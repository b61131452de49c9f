import type { AppendedBatch, ProducerBatch, RememberedProducer } from './producer-entry.ts';
import { firstSequence, nextSequence, sequenceAfter } from './sequence.ts';

/** Numbers that the ring has for each batch: last sequence, last offset, offset delta, timestamp, and when it came. */
const batchFields = 5;
const ringBatchesMin = 2;
/** Not a small integer: so the ring holds plain doubles from the start, and an append makes nothing. */
const unset = 0.5;

/*
 * One producer of one partition, in one epoch: what it appended last. Numbers in a ring instead of an object for each
 * batch: an append of a producer that goes on, as nearly all are, makes no garbage, and stores nothing young into what
 * is old.
 *
 * Invariants
 * - The batches in the ring are consecutive: each begins with the sequence after the one before it, at a higher offset.
 *   The newest `kept` of them are remembered; older ones are there because newer ones may be taken back.
 * - `nextSequence` and `lastSeenMs` are those of the newest batch; of a producer without one - a marker has raised its
 *   epoch, or a foreign snapshot has it so - 0 and when it became known.
 */
export class KnownProducer {
  readonly producerId: number;
  readonly epoch: number;
  nextSequence = 0;
  lastSeenMs: number;
  /** Of its last marker; -1 without. */
  coordinatorEpoch: number;
  readonly #kept: number;
  #ring: number[] = emptyRing(ringBatchesMin);
  /** The oldest batch in the ring, and how many there are. */
  #first = 0;
  #count = 0;

  /** `kept`: how many batches are remembered. */
  constructor(o: { producerId: number; epoch: number; kept: number; now: number; coordinatorEpoch: number }) {
    this.producerId = o.producerId;
    this.epoch = o.epoch;
    this.lastSeenMs = o.now;
    this.coordinatorEpoch = o.coordinatorEpoch;
    this.#kept = o.kept;
  }

  /** As a snapshot has it, all of it durable. It counts as seen `now`. */
  static of(entry: RememberedProducer, { kept, now }: { kept: number; now: number }): KnownProducer {
    const { producerId, epoch: producerEpoch } = entry;
    const producer = new KnownProducer({ ...entry, kept, now });
    for (const { lastSequence, lastOffset, offsetDelta, timestampMs } of entry.batches) {
      const batch = {
        producerId,
        producerEpoch,
        baseSequence: firstSequence(lastSequence, offsetDelta),
        lastOffsetDelta: offsetDelta,
        maxTimestamp: timestampMs,
      };
      producer.append(batch, lastOffset - offsetDelta, now, Number.POSITIVE_INFINITY);
    }
    return producer;
  }

  /** Offset of the last record, or -1. */
  get lastOffset(): number {
    return this.#count === 0 ? -1 : this.#field(this.#count - 1, 1);
  }

  /** Whether something that it appended at `durableEnd` or behind may still be taken back. */
  isUnsettled(durableEnd: number): boolean {
    return this.#count > 0 && this.#baseOffset(this.#count - 1) >= durableEnd;
  }

  /** Whether `append` may take the batch: it is the next one of this epoch. */
  isNext({ producerEpoch, baseSequence }: ProducerBatch): boolean {
    return this.#count > 0 && producerEpoch === this.epoch && baseSequence === this.nextSequence;
  }

  /**
   * Whatever begins below `durableEnd` is never taken back. Plain parameters: an object would be made for each append.
   */
  append(batch: ProducerBatch, baseOffset: number, now: number, durableEnd: number): void {
    if (this.#count * batchFields === this.#ring.length) this.#makeRoom(durableEnd);
    const { lastOffsetDelta } = batch;
    const lastSequence = sequenceAfter(batch.baseSequence, lastOffsetDelta);
    const ring = this.#ring;
    const at = this.#position(this.#count);
    ring[at] = lastSequence;
    ring[at + 1] = baseOffset + lastOffsetDelta;
    ring[at + 2] = lastOffsetDelta;
    ring[at + 3] = batch.maxTimestamp;
    ring[at + 4] = now;
    this.#count += 1;
    this.nextSequence = nextSequence(lastSequence);
    this.lastSeenMs = now;
  }

  /** The oldest batch goes, unless it would be one of the last `kept` once all that is not settled was taken back. */
  #makeRoom(durableEnd: number): void {
    if (this.#count > this.#kept && this.#baseOffset(this.#kept) < durableEnd) {
      this.#first += 1;
      this.#count -= 1;
      if (this.#first * batchFields === this.#ring.length) this.#first = 0;
      return;
    }
    const grown = emptyRing(this.#count * 2);
    for (let index = 0; index < this.#count; index += 1) {
      for (let field = 0; field < batchFields; field += 1)
        grown[index * batchFields + field] = this.#field(index, field);
    }
    this.#ring = grown;
    this.#first = 0;
  }

  /** Takes back every batch at or beyond `endOffset`. What it was known by when it began is older, and stays. */
  takeBackTo(endOffset: number): void {
    if (!this.isUnsettled(endOffset)) return;
    while (this.isUnsettled(endOffset)) this.#count -= 1;
    this.nextSequence = nextSequence(this.#field(this.#count - 1, 0));
    this.lastSeenMs = this.#field(this.#count - 1, 4);
  }

  /** The remembered batch that `batch` repeats, if it does. */
  findRepeated(batch: ProducerBatch): AppendedBatch | undefined {
    const lastSequence = sequenceAfter(batch.baseSequence, batch.lastOffsetDelta);
    return this.#remembered().find(
      (known) => known.lastSequence === lastSequence && known.offsetDelta === batch.lastOffsetDelta,
    );
  }

  /** As it is now. */
  toEntry(): RememberedProducer {
    const { producerId, epoch, lastSeenMs, coordinatorEpoch } = this;
    return { producerId, epoch, batches: this.#remembered(), lastSeenMs, coordinatorEpoch };
  }

  /** Oldest first. */
  #remembered(): AppendedBatch[] {
    const count = Math.min(this.#kept, this.#count);
    return Array.from({ length: count }, (_, index) => this.#batch(this.#count - count + index));
  }

  #batch(index: number): AppendedBatch {
    return {
      lastSequence: this.#field(index, 0),
      lastOffset: this.#field(index, 1),
      offsetDelta: this.#field(index, 2),
      timestampMs: this.#field(index, 3),
    };
  }

  #baseOffset(index: number): number {
    return this.#field(index, 1) - this.#field(index, 2);
  }

  #field(index: number, field: number): number {
    return this.#ring[this.#position(index) + field] as number;
  }

  #position(index: number): number {
    const at = (this.#first + index) * batchFields;
    return at < this.#ring.length ? at : at - this.#ring.length;
  }
}

function emptyRing(batches: number): number[] {
  return Array.from({ length: batches * batchFields }, () => unset);
}
