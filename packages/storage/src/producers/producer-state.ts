import { StorageError } from '../errors.ts';
import { appendedBatch, baseOffsetOf, expectedSequence, findRepeated } from './producer-entry.ts';
import type { AppendedBatch, ProducerBatch, ProducerEntry } from './producer-entry.ts';
import { nextSequence } from './sequence.ts';

/*
 * Idempotence of one partition: who produced what, last.
 *
 * Invariants
 * - Per producer, `batches` are consecutive: each begins with the sequence after the one before it, at a higher offset.
 * - `check` changes nothing; `apply` never refuses. Between a `check` that accepted and its `apply` nothing else may be
 *   applied: both happen in the synchronous part of an append.
 * - `journal` holds, oldest first, exactly the appends since the last `settle`, so `rollbackTo` is exact: afterwards
 *   every producer is as it was when the log ended at that offset.
 * - The map is in order of last append (a re-append moves to the end), so the longest idle producer is the first.
 * - A producer is forgotten (idle too long, or one too many) only by an append of another one or by `expire`. A forgotten
 *   producer that returns is unknown, and may begin with any sequence.
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

/**
 * Where a producer's entry lies, so that the next one takes its place without a look into the map. What nearly every append asks of the
 * entry is here as well: an entry is new each time, and so is everything it leads to.
 */
class Slot {
  readonly producerId: number;
  entry: ProducerEntry;
  epoch: number;
  nextSequence: number;
  lastSeenMs: number;

  constructor(entry: ProducerEntry) {
    this.producerId = entry.producerId;
    this.entry = entry;
    this.epoch = entry.epoch;
    this.nextSequence = expectedSequence(entry);
    this.lastSeenMs = entry.lastSeenMs;
  }

  /** `entry` continues the one that is here. */
  moveOn(entry: ProducerEntry, following: number): void {
    this.entry = entry;
    this.epoch = entry.epoch;
    this.nextSequence = following;
    this.lastSeenMs = entry.lastSeenMs;
  }
}

interface JournalEntry {
  readonly baseOffset: number;
  readonly producerId: number;
  readonly before: ProducerEntry | undefined;
  readonly evicted: ProducerEntry | undefined;
}

const accepted: ProducerCheck = { kind: 'accept' };

export class ProducerState {
  readonly #limits: ProducerStateLimits;
  /** In the order of their last appends. */
  readonly #slots = new Map<number, Slot>();
  /** The last of them, if it is known which one that is; nearly every append continues it. */
  #latest: Slot | null = null;
  #journal: JournalEntry[] = [];

  constructor(limits: ProducerStateLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Every known producer, the longest idle first. */
  *entries(): Iterable<ProducerEntry> {
    for (const { entry } of this.#slots.values()) yield entry;
  }

  /** Offset of the last record this producer appended, or -1: compaction keeps the batch that holds it. */
  lastOffsetOf(producerId: number): number {
    return this.#slots.get(producerId)?.entry.batches.at(-1)?.lastOffset ?? -1;
  }

  /**
   * May `batch` be appended? Answers a resent batch with where it already is.
   *
   * @throws StorageError STALE_PRODUCER_EPOCH: a newer instance of this producer exists.
   * @throws StorageError OUT_OF_ORDER_SEQUENCE with details {producerId, producerEpoch, expected, got}: a gap, or a batch
   *   older than the remembered ones.
   */
  check(batch: ProducerBatch, now: number): ProducerCheck {
    if (batch.producerId < 0 || batch.baseSequence < 0) return accepted;
    const slot = this.#find(batch.producerId);
    if (slot === undefined || this.#isExpired(slot, now)) return accepted;
    const { epoch, nextSequence: expected } = slot;
    if (batch.producerEpoch < epoch) throw staleEpoch(batch, epoch);
    if (batch.producerEpoch > epoch) {
      if (batch.baseSequence !== 0) throw outOfOrder(batch, 0);
      return accepted;
    }
    // What comes next in the sequence repeats none of the remembered ones.
    if (batch.baseSequence === expected) return accepted;
    const repeated = findRepeated(slot.entry, batch);
    if (repeated !== undefined) {
      return {
        kind: 'duplicate',
        baseOffset: baseOffsetOf(repeated),
        lastOffset: repeated.lastOffset,
        appendTimeMs: repeated.timestampMs,
      };
    }
    throw outOfOrder(batch, expected);
  }

  /** Records an append as soon as its offset is assigned, before it is durable. `rollbackTo` takes it back. */
  apply(batch: ProducerBatch, baseOffset: number, now: number): void {
    if (batch.producerId < 0 || batch.baseSequence < 0) return;
    const slot = this.#find(batch.producerId);
    const before = slot?.entry;
    this.#put(batch, { baseOffset, now, slot });
    const evicted = slot === undefined ? this.#evictOneTooMany() : undefined;
    const entry = { baseOffset, producerId: batch.producerId, before, evicted };
    // Nearly always the only one, and `push` makes room for sixteen more.
    if (this.#journal.length === 0) this.#journal = [entry];
    else this.#journal.push(entry);
  }

  /** As `apply`, for a batch read back from the log in recovery: it cannot be taken back. */
  replay(batch: ProducerBatch, baseOffset: number, now: number): void {
    if (batch.producerId < 0 || batch.baseSequence < 0) return;
    const slot = this.#find(batch.producerId);
    if (slot !== undefined && batch.producerEpoch < slot.epoch) return;
    this.#put(batch, { baseOffset, now, slot });
    this.#evictOneTooMany();
  }

  /** Everything below `durableEnd` can no longer be taken back. Call it when the durable end moves; cost: what settles. */
  settle(durableEnd: number): void {
    let settled = 0;
    while (settled < this.#journal.length && this.#journal[settled]!.baseOffset < durableEnd) settled += 1;
    if (settled === 0) return;
    this.#journal = settled === this.#journal.length ? [] : this.#journal.slice(settled);
  }

  /** Takes back every unsettled append at or beyond `endOffset`. */
  rollbackTo(endOffset: number): void {
    this.#latest = null;
    for (;;) {
      const last = this.#journal.at(-1);
      if (last === undefined || last.baseOffset < endOffset) return;
      this.#journal.pop();
      if (last.evicted !== undefined) this.#slots.set(last.evicted.producerId, new Slot(last.evicted));
      if (last.before === undefined) this.#slots.delete(last.producerId);
      else this.#slots.set(last.producerId, new Slot(last.before));
    }
  }

  /** Forgets producers idle for `producerExpiryMs`; those with an unsettled append stay. */
  expire(now: number): number {
    const unsettled = new Set(this.#journal.map((entry) => entry.producerId));
    let forgotten = 0;
    for (const slot of this.#slots.values()) {
      // In order of last append: whoever follows was seen later.
      if (!this.#isExpired(slot, now)) break;
      if (unsettled.has(slot.producerId)) continue;
      this.#slots.delete(slot.producerId);
      forgotten += 1;
    }
    if (forgotten > 0) this.#latest = null;
    return forgotten;
  }

  /** Forgets everything: the first step of rebuilding from a snapshot and a replay (after a truncation, at open). */
  clear(): void {
    this.#slots.clear();
    this.#latest = null;
    this.#journal = [];
  }

  /** Takes over entries of a snapshot. They count as seen `now`. */
  load(entries: Iterable<ProducerEntry>, now: number): void {
    this.#latest = null;
    for (const entry of entries) {
      this.#slots.delete(entry.producerId);
      this.#slots.set(entry.producerId, new Slot({ ...entry, lastSeenMs: now }));
      this.#evictOneTooMany();
    }
  }

  #find(producerId: number): Slot | undefined {
    return this.#latest?.producerId === producerId ? this.#latest : this.#slots.get(producerId);
  }

  #isExpired({ lastSeenMs }: Slot, now: number): boolean {
    return now - lastSeenMs >= this.#limits.producerExpiryMs;
  }

  #put(batch: ProducerBatch, { baseOffset, now, slot }: { baseOffset: number; now: number; slot: Slot | undefined }): void {
    const known = slot === undefined || this.#isExpired(slot, now) ? undefined : slot.entry;
    const appended = appendedBatch(batch, baseOffset);
    // A replay may meet gaps (a producer was forgotten and came back, or compaction removed batches): memory begins anew there.
    const continues = known !== undefined && known.epoch === batch.producerEpoch && slot?.nextSequence === batch.baseSequence;
    const entry: ProducerEntry = {
      producerId: batch.producerId,
      epoch: batch.producerEpoch,
      batches: continues ? behind(known.batches, appended, this.#limits.producerBatchesKept) : [appended],
      lastSeenMs: now,
      coordinatorEpoch: known?.coordinatorEpoch ?? -1,
      currentTransactionFirstOffset: known?.currentTransactionFirstOffset ?? -1,
    };
    if (slot === undefined || slot !== this.#latest) this.#putLast(entry);
    else slot.moveOn(entry, nextSequence(appended.lastSequence));
  }

  /** Deleted first, so that it moves to the end of the map's order. */
  #putLast(entry: ProducerEntry): void {
    this.#latest = new Slot(entry);
    this.#slots.delete(entry.producerId);
    this.#slots.set(entry.producerId, this.#latest);
  }

  #evictOneTooMany(): ProducerEntry | undefined {
    if (this.#slots.size <= this.#limits.producersMax) return undefined;
    for (const [producerId, { entry }] of this.#slots) {
      this.#slots.delete(producerId);
      return entry;
    }
    return undefined;
  }
}

/** The last `countMax` of them all. Not by `push`, which makes room for twenty more, in an array for each append. */
function behind(known: readonly AppendedBatch[], appended: AppendedBatch, countMax: number): readonly AppendedBatch[] {
  // What a busy producer has: one array instead of the two of `slice` and `concat`.
  if (countMax === 5 && known.length === 5) return [known[1]!, known[2]!, known[3]!, known[4]!, appended];
  return known.slice(Math.max(0, known.length + 1 - countMax)).concat(appended);
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
