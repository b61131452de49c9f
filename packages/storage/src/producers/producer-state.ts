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
  readonly #entries = new Map<number, ProducerEntry>();
  /** The last of them, if it is known which one that is. */
  #latestId = -1;
  #journal: JournalEntry[] = [];

  constructor(limits: ProducerStateLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Every known producer, the longest idle first. */
  entries(): Iterable<ProducerEntry> {
    return this.#entries.values();
  }

  /** Offset of the last record this producer appended, or -1: compaction keeps the batch that holds it. */
  lastOffsetOf(producerId: number): number {
    return this.#entries.get(producerId)?.batches.at(-1)?.lastOffset ?? -1;
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
    const entry = this.#live(batch.producerId, now);
    if (entry === undefined) return accepted;
    if (batch.producerEpoch < entry.epoch) throw staleEpoch(batch, entry);
    if (batch.producerEpoch > entry.epoch) {
      if (batch.baseSequence !== 0) throw outOfOrder(batch, 0);
      return accepted;
    }
    const expected = expectedSequence(entry);
    // What comes next in the sequence repeats none of the remembered ones.
    if (batch.baseSequence === expected) return accepted;
    const repeated = findRepeated(entry, batch);
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
    const before = this.#entries.get(batch.producerId);
    this.#put(batch, { baseOffset, now, before });
    const evicted = this.#evictOneTooMany();
    const entry = { baseOffset, producerId: batch.producerId, before, evicted };
    // Nearly always the only one, and `push` makes room for sixteen more.
    if (this.#journal.length === 0) this.#journal = [entry];
    else this.#journal.push(entry);
  }

  /** As `apply`, for a batch read back from the log in recovery: it cannot be taken back. */
  replay(batch: ProducerBatch, baseOffset: number, now: number): void {
    if (batch.producerId < 0 || batch.baseSequence < 0) return;
    const known = this.#entries.get(batch.producerId);
    if (known !== undefined && batch.producerEpoch < known.epoch) return;
    this.#put(batch, { baseOffset, now, before: known });
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
    this.#latestId = -1;
    for (;;) {
      const last = this.#journal.at(-1);
      if (last === undefined || last.baseOffset < endOffset) return;
      this.#journal.pop();
      if (last.evicted !== undefined) this.#entries.set(last.evicted.producerId, last.evicted);
      if (last.before === undefined) this.#entries.delete(last.producerId);
      else this.#entries.set(last.producerId, last.before);
    }
  }

  /** Forgets producers idle for `producerExpiryMs`; those with an unsettled append stay. */
  expire(now: number): number {
    const unsettled = new Set(this.#journal.map((entry) => entry.producerId));
    let forgotten = 0;
    for (const entry of this.#entries.values()) {
      // In order of last append: whoever follows was seen later.
      if (!this.#isExpired(entry, now)) break;
      if (unsettled.has(entry.producerId)) continue;
      this.#entries.delete(entry.producerId);
      forgotten += 1;
    }
    return forgotten;
  }

  /** Forgets everything: the first step of rebuilding from a snapshot and a replay (after a truncation, at open). */
  clear(): void {
    this.#entries.clear();
    this.#journal = [];
  }

  /** Takes over entries of a snapshot. They count as seen `now`. */
  load(entries: Iterable<ProducerEntry>, now: number): void {
    this.#latestId = -1;
    for (const entry of entries) {
      this.#entries.delete(entry.producerId);
      this.#entries.set(entry.producerId, { ...entry, lastSeenMs: now });
      this.#evictOneTooMany();
    }
  }

  #live(producerId: number, now: number): ProducerEntry | undefined {
    return this.#unlessExpired(this.#entries.get(producerId), now);
  }

  #unlessExpired(entry: ProducerEntry | undefined, now: number): ProducerEntry | undefined {
    return entry === undefined || this.#isExpired(entry, now) ? undefined : entry;
  }

  #isExpired(entry: ProducerEntry, now: number): boolean {
    return now - entry.lastSeenMs >= this.#limits.producerExpiryMs;
  }

  #put(batch: ProducerBatch, { baseOffset, now, before }: { baseOffset: number; now: number; before: ProducerEntry | undefined }): void {
    const known = this.#unlessExpired(before, now);
    const appended = appendedBatch(batch, baseOffset);
    const continues = known !== undefined && known.epoch === batch.producerEpoch && follows(known, batch);
    const batches = continues ? behind(known.batches, appended, this.#limits.producerBatchesKept) : [appended];
    // Deleted first, so that the entry moves to the end of the map's order, unless it is there: a map that is changed like that is made
    // anew every few times.
    if (batch.producerId !== this.#latestId) this.#entries.delete(batch.producerId);
    this.#latestId = batch.producerId;
    this.#entries.set(batch.producerId, {
      producerId: batch.producerId,
      epoch: batch.producerEpoch,
      batches,
      lastSeenMs: now,
      coordinatorEpoch: known?.coordinatorEpoch ?? -1,
      currentTransactionFirstOffset: known?.currentTransactionFirstOffset ?? -1,
    });
  }

  #evictOneTooMany(): ProducerEntry | undefined {
    if (this.#entries.size <= this.#limits.producersMax) return undefined;
    for (const [producerId, entry] of this.#entries) {
      this.#entries.delete(producerId);
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

/** A replay may meet gaps (a producer was forgotten and came back, or compaction removed batches): memory begins anew there. */
function follows(known: ProducerEntry, batch: ProducerBatch): boolean {
  const last = known.batches.at(-1);
  return last !== undefined && nextSequence(last.lastSequence) === batch.baseSequence;
}

function staleEpoch(batch: ProducerBatch, entry: ProducerEntry): StorageError {
  return new StorageError(
    'STALE_PRODUCER_EPOCH',
    `producer ${batch.producerId} has epoch ${entry.epoch}; a batch of epoch ${batch.producerEpoch} comes from an older instance`,
    { details: { producerId: batch.producerId, currentEpoch: entry.epoch, got: batch.producerEpoch } },
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
