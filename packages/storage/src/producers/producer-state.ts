import { StorageError } from '../errors.ts';
import { KnownProducer } from './known-producer.ts';
import type { ProducerBatch, RememberedProducer } from './producer-entry.ts';

/*
 * Idempotence of one partition: who produced what, last.
 *
 * Invariants
 * - `check` changes nothing; `apply` never refuses. Between a `check` that accepted and its `apply` nothing else may be
 *   applied: both happen in the synchronous part of an append.
 * - What was appended at `#durableEnd` or behind it can be taken back, and afterwards every producer is as it was when
 *   the log ended there: of a producer that went on, the batches themselves say what goes (known-producer.ts); `#begun`
 *   holds, oldest first, the unsettled appends with which memory of a producer began, or began anew.
 * - The map is in order of last append (a re-append moves to the end), so the longest idle producer is the first.
 * - A producer is forgotten (idle too long, or one too many) only by an append of another one or by `expire`. A
 *   forgotten producer that returns is unknown, and may begin with any sequence.
 */

export type ProducerCheck =
  | { readonly kind: 'accept' }
  | {
      readonly kind: 'duplicate';
      readonly baseOffset: number;
      readonly lastOffset: number;
      /** Max timestamp of the stored batch: its append time where the topic stamps LogAppendTime. */
      readonly appendTimeMs: number;
    };

export interface ProducerStateLimits {
  /** Batches remembered per producer; a client must not have more than this many in flight. */
  readonly producerBatchesKept: number;
  readonly producersMax: number;
  readonly producerExpiryMs: number;
}

/** An append from which on a producer is known, or known by nothing that it did before. */
interface Beginning {
  readonly baseOffset: number;
  readonly producerId: number;
  readonly before: KnownProducer | undefined;
  readonly evicted: KnownProducer | undefined;
}

/** What a marker says of its producer. */
export interface EpochMarker {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
}

const accepted: ProducerCheck = { kind: 'accept' };

export class ProducerState {
  readonly #limits: ProducerStateLimits;
  /** In the order of their last appends. */
  readonly #producers = new Map<number, KnownProducer>();
  /** The last of them, if it is known which one that is; nearly every append continues it. */
  #latest: KnownProducer | null = null;
  readonly #begun: Beginning[] = [];
  #durableEnd = 0;

  constructor(limits: ProducerStateLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#producers.size;
  }

  /** Whether one is remembered that a marker of a transaction was written for. */
  get haveMarkers(): boolean {
    for (const { coordinatorEpoch } of this.#producers.values()) if (coordinatorEpoch >= 0) return true;
    return false;
  }

  /** Every known producer as it is when it is asked for, the longest idle first. */
  *entries(): Iterable<RememberedProducer> {
    for (const producer of this.#producers.values()) yield producer.toEntry();
  }

  /** Offset of the last record this producer appended, or -1: compaction keeps the batch that holds it. */
  lastOffsetOf(producerId: number): number {
    return this.#producers.get(producerId)?.lastOffset ?? -1;
  }

  /**
   * May `batch` be appended? Answers a resent batch with where it already is.
   *
   * @throws StorageError STALE_PRODUCER_EPOCH: a newer instance of this producer exists.
   * @throws StorageError OUT_OF_ORDER_SEQUENCE with details {producerId, producerEpoch, expected, got}: a gap, or a
   * batch
   *   older than the remembered ones.
   */
  check(batch: ProducerBatch, now: number): ProducerCheck {
    if (batch.producerId < 0 || batch.baseSequence < 0) return accepted;
    const known = this.#find(batch.producerId);
    if (known === undefined || this.#isExpired(known, now)) return accepted;
    const { epoch, nextSequence: expected } = known;
    if (batch.producerEpoch < epoch) throw staleEpoch(batch, epoch);
    if (batch.producerEpoch > epoch) {
      if (batch.baseSequence !== 0) throw outOfOrder(batch, 0);
      return accepted;
    }
    // What comes next in the sequence repeats none of the remembered ones.
    if (batch.baseSequence === expected) return accepted;
    const repeated = known.findRepeated(batch);
    if (repeated === undefined) throw outOfOrder(batch, expected);
    const { lastOffset, offsetDelta, timestampMs } = repeated;
    return { kind: 'duplicate', baseOffset: lastOffset - offsetDelta, lastOffset, appendTimeMs: timestampMs };
  }

  /** Records an append as soon as its offset is assigned, before it is durable. `rollbackTo` takes it back. */
  apply(batch: ProducerBatch, baseOffset: number, now: number): void {
    if (batch.producerId < 0 || batch.baseSequence < 0) return;
    const known = this.#find(batch.producerId);
    if (this.#goesOn(known, batch, baseOffset, now)) return;
    const evicted = this.#begin(known, batch, { baseOffset, now });
    this.#begun.push({ baseOffset, producerId: batch.producerId, before: known, evicted });
  }

  /**
   * May the marker be appended?
   * @throws StorageError STALE_PRODUCER_EPOCH: it is of a transaction that somebody else has ended since
   */
  checkMarker(marker: ProducerBatch): void {
    const known = this.#find(marker.producerId);
    if (known !== undefined && marker.producerEpoch < known.epoch) throw staleEpoch(marker, known.epoch);
  }

  /** Records a marker: what its producer sends in an older epoch is refused from here on. */
  applyMarker(marker: EpochMarker, baseOffset: number, now: number): void {
    const known = this.#find(marker.producerId);
    if (known?.epoch === marker.producerEpoch) {
      known.coordinatorEpoch = marker.coordinatorEpoch;
      return;
    }
    const { producerId, producerEpoch: epoch, coordinatorEpoch } = marker;
    const raised = new KnownProducer({
      producerId,
      epoch,
      kept: this.#limits.producerBatchesKept,
      now,
      coordinatorEpoch,
    });
    this.#putLast(raised);
    const evicted = known === undefined ? this.#evictOneTooMany() : undefined;
    this.#begun.push({ baseOffset, producerId, before: known, evicted });
  }

  /** As `applyMarker`, for a marker read back from the log in recovery. */
  replayMarker(marker: EpochMarker, baseOffset: number, now: number): void {
    const known = this.#find(marker.producerId);
    if (known !== undefined && marker.producerEpoch < known.epoch) return;
    this.applyMarker(marker, baseOffset, now);
    this.settle(baseOffset + 1);
  }

  /** As `apply`, for a batch read back from the log in recovery: it cannot be taken back. */
  replay(batch: ProducerBatch, baseOffset: number, now: number): void {
    if (batch.producerId < 0 || batch.baseSequence < 0) return;
    const known = this.#find(batch.producerId);
    if (known !== undefined && batch.producerEpoch < known.epoch) return;
    this.#durableEnd = Math.max(this.#durableEnd, baseOffset + batch.lastOffsetDelta + 1);
    if (!this.#goesOn(known, batch, baseOffset, now)) this.#begin(known, batch, { baseOffset, now });
  }

  /** Everything below `durableEnd` can no longer be taken back. Call it when the durable end moves. */
  settle(durableEnd: number): void {
    this.#durableEnd = Math.max(this.#durableEnd, durableEnd);
    while (this.#begun.length > 0 && (this.#begun[0] as Beginning).baseOffset < durableEnd) this.#begun.shift();
  }

  /** Takes back every unsettled append at or beyond `endOffset`. */
  rollbackTo(endOffset: number): void {
    const end = Math.max(endOffset, this.#durableEnd);
    this.#latest = null;
    for (let last = this.#begun.at(-1); last !== undefined && last.baseOffset >= end; last = this.#begun.at(-1)) {
      this.#begun.pop();
      if (last.evicted !== undefined) this.#producers.set(last.evicted.producerId, last.evicted);
      if (last.before === undefined) this.#producers.delete(last.producerId);
      else this.#producers.set(last.producerId, last.before);
    }
    for (const producer of this.#producers.values()) producer.takeBackTo(end);
  }

  /** Forgets producers idle for `producerExpiryMs`; those with an unsettled append stay. */
  expire(now: number): number {
    let forgotten = 0;
    for (const producer of this.#producers.values()) {
      // In order of last append: whoever follows was seen later.
      if (!this.#isExpired(producer, now)) break;
      if (producer.isUnsettled(this.#durableEnd)) continue;
      this.#producers.delete(producer.producerId);
      forgotten += 1;
    }
    if (forgotten > 0) this.#latest = null;
    return forgotten;
  }

  /** Forgets everything: the first step of rebuilding from a snapshot and a replay (at open). */
  clear(): void {
    this.#producers.clear();
    this.#latest = null;
    this.#begun.length = 0;
    this.#durableEnd = 0;
  }

  /** Takes over entries of a snapshot. They count as seen `now`. */
  load(entries: Iterable<RememberedProducer>, now: number): void {
    for (const entry of entries) {
      const producer = KnownProducer.of(entry, { kept: this.#limits.producerBatchesKept, now });
      this.#durableEnd = Math.max(this.#durableEnd, producer.lastOffset + 1);
      this.#putLast(producer);
      this.#evictOneTooMany();
    }
    this.#latest = null;
  }

  #find(producerId: number): KnownProducer | undefined {
    return this.#latest?.producerId === producerId ? this.#latest : this.#producers.get(producerId);
  }

  #isExpired({ lastSeenMs }: KnownProducer, now: number): boolean {
    return now - lastSeenMs >= this.#limits.producerExpiryMs;
  }

  /** Appends to what is known of the producer, if the batch continues that. */
  #goesOn(known: KnownProducer | undefined, batch: ProducerBatch, baseOffset: number, now: number): boolean {
    if (known === undefined || !known.isNext(batch) || this.#isExpired(known, now)) return false;
    if (known !== this.#latest) this.#putLast(known);
    known.append(batch, baseOffset, now, this.#durableEnd);
    return true;
  }

  /**
   * Memory of the producer begins, or begins anew: another epoch, one that was idle for too long, or a gap that a
   * replay met (a producer was forgotten and came back, or compaction removed batches). Returns who is forgotten for
   * it.
   */
  #begin(
    before: KnownProducer | undefined,
    batch: ProducerBatch,
    { baseOffset, now }: { baseOffset: number; now: number },
  ): KnownProducer | undefined {
    const known = before === undefined || this.#isExpired(before, now) ? undefined : before;
    const begun = new KnownProducer({
      producerId: batch.producerId,
      epoch: batch.producerEpoch,
      kept: this.#limits.producerBatchesKept,
      now,
      coordinatorEpoch: known?.coordinatorEpoch ?? -1,
    });
    begun.append(batch, baseOffset, now, this.#durableEnd);
    this.#putLast(begun);
    return before === undefined ? this.#evictOneTooMany() : undefined;
  }

  /** Deleted first, so that it moves to the end of the map's order. */
  #putLast(producer: KnownProducer): void {
    this.#latest = producer;
    this.#producers.delete(producer.producerId);
    this.#producers.set(producer.producerId, producer);
  }

  #evictOneTooMany(): KnownProducer | undefined {
    if (this.#producers.size <= this.#limits.producersMax) return undefined;
    for (const [producerId, producer] of this.#producers) {
      this.#producers.delete(producerId);
      return producer;
    }
    return undefined;
  }
}

function staleEpoch(batch: ProducerBatch, currentEpoch: number): StorageError {
  return new StorageError(
    'STALE_PRODUCER_EPOCH',
    `producer ${batch.producerId} has epoch ${currentEpoch}; a batch of epoch ${batch.producerEpoch} comes from an older instance`,
    { details: { producerId: batch.producerId, currentEpoch, got: batch.producerEpoch } },
  );
}

function outOfOrder(batch: ProducerBatch, expected: number): StorageError {
  const { producerId, producerEpoch, baseSequence: got } = batch;
  return new StorageError(
    'OUT_OF_ORDER_SEQUENCE',
    `producer ${producerId} (epoch ${producerEpoch}): expected sequence ${expected}, got ${got}`,
    { details: { producerId, producerEpoch, expected, got } },
  );
}
