import type { RepeatedRecord } from '../ports/log-store.ts';

/*
 * Deduplication by message id (`dedup.window.ms`) of one partition: which ids were appended lately, and where.
 *
 * The rule
 * - A record whose `q-message-id` header was appended within the window is a repeat. It is not stored again; its answer
 *   is the offset of the first one.
 * - A batch that holds repeats and new records is stored without the repeats, but KEEPS its span: new record number i
 *   still gets `baseOffset + i`, the offsets of the repeats stay empty (as after compaction). So offsets and producer
 *   sequences that the client computes for the new records are right. The repeats' offsets are listed in the answer.
 * - A batch of repeats only: with a producer id, its span is stored as a batch without records, because the producer's
 *   next sequence must be remembered across a restart; without a producer id nothing is stored.
 * - The wire answers a batch with one base offset and one duplicate flag. A client that wants the exact offset of each
 *   repeat therefore puts one record that carries an id in a batch.
 *
 * Invariants
 * - Time is the broker's: a clock that goes on steadily, whatever becomes of the machine's wall clock, and whatever
 *   times records carry.
 * - `#seen` is in order of append time and of offset. The time of append never goes back here.
 * - It outlives a restart in a file (message-id-file.ts) and in the log behind that file. What the log alone has counts
 *   as appended when it was read: an id may be remembered longer than the window, never shorter.
 * - Never more than `messageIdsMax` ids and `messageIdBytesMax` bytes of them: beyond that the oldest are forgotten
 *   early, counted in `forgottenEarly`.
 * - `#journal` holds exactly the appends since the last `settle`, so `rollbackTo` is exact.
 */

export interface MessageIdLimits {
  readonly messageIdsMax: number;
  /** Bytes of the ids alone, not of the map around them. */
  readonly messageIdBytesMax: number;
}

/** The ids of one batch by offset delta; null where a record has none, or where there is no record. */
export type BatchMessageIds = readonly (string | null)[];

export interface RepeatCheck {
  readonly repeats: readonly RepeatedRecord[];
  readonly all: boolean;
}

interface Seen {
  readonly offset: number;
  /** On the steady clock: for the window. */
  readonly atMs: number;
  /** On the wall clock: for answers. */
  readonly wallMs: number;
}

/** When a batch was appended: `now` counts for the window, `wallMs` is what answers say. */
export interface AppendTime {
  readonly now: number;
  readonly wallMs: number;
}

/** One id, as a file of message ids has it. */
export interface RememberedId {
  readonly id: string;
  readonly offset: number;
  /** How long ago it was appended when the file was written. */
  readonly ageMs: number;
  readonly wallMs: number;
}

interface JournalEntry {
  readonly baseOffset: number;
  readonly added: readonly string[];
  readonly forgotten: readonly (readonly [string, Seen])[];
}

const none: RepeatCheck = Object.freeze({ repeats: [], all: false });

export class MessageIdWindow {
  readonly #limits: MessageIdLimits;
  #windowMs: number;
  #seen = new Map<string, Seen>();
  #bytes = 0;
  #newestMs: number = Number.NEGATIVE_INFINITY;
  #endOffset = 0;
  #journal: JournalEntry[] = [];
  #forgottenEarly = 0;
  #forgottenTold = 0;

  constructor(o: { windowMs: number; limits: MessageIdLimits }) {
    this.#windowMs = o.windowMs;
    this.#limits = o.limits;
  }

  get size(): number {
    return this.#seen.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Ids that were forgotten inside their window because a limit was reached: repeats of them are stored again. */
  get forgottenEarly(): number {
    return this.#forgottenEarly;
  }

  /** How many of those nobody was told of. They count as told from now on. */
  tellForgotten(): number {
    const count = this.#forgottenEarly - this.#forgottenTold;
    this.#forgottenTold = this.#forgottenEarly;
    return count;
  }

  /** One more than the offset of the newest id that was remembered, still or no longer. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** A shorter window forgets at once; a longer one remembers from now on. */
  set windowMs(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /**
   * Which records of a batch are repeats? Changes nothing.
   * @param baseOffset the offset that the batch would get: an id that occurs twice in one batch repeats its first
   * record.
   */
  check(ids: BatchMessageIds, baseOffset: number, { now, wallMs }: AppendTime): RepeatCheck {
    const repeats: RepeatedRecord[] = [];
    const inBatch = new Map<string, Seen>();
    for (const [index, id] of ids.entries()) {
      if (id === null) continue;
      const first = this.#first(id, now) ?? inBatch.get(id);
      if (first === undefined) inBatch.set(id, { offset: baseOffset + index, atMs: now, wallMs });
      else repeats.push({ index, offset: first.offset, appendedMs: first.wallMs });
    }
    return repeats.length === 0 ? none : { repeats, all: repeats.length === ids.length };
  }

  /** Records the new ids of a batch as soon as its offset is assigned. `rollbackTo` takes it back. */
  apply(ids: BatchMessageIds, baseOffset: number, time: AppendTime): void {
    const entry = this.#remember(ids, baseOffset, time);
    if (entry.added.length > 0) this.#journal.push(entry);
  }

  /** As `apply`, for a batch read back from the log in recovery: it cannot be taken back. */
  replay(ids: BatchMessageIds, baseOffset: number, time: AppendTime): void {
    this.#remember(ids, baseOffset, time);
  }

  /**
   * Takes over ids of a file, which come in its order, in recovery. `now`: on this process's clock, with the time that
   * has passed since taken off.
   */
  load({ id, offset, ageMs, wallMs }: RememberedId, now: number): void {
    this.#remember([id], offset, { now: now - ageMs, wallMs });
  }

  /**
   * The ids below `endOffset`, oldest first. May be walked over many turns: what is appended meanwhile is not among
   * them, what leaves the window meanwhile may be missing. After a rollback it must not go on.
   */
  *remembered(endOffset: number, now: number): Generator<RememberedId, void, undefined> {
    for (const [id, { offset, atMs, wallMs }] of this.#seen) {
      if (offset >= endOffset) return;
      const ageMs = Math.max(0, Math.floor(now - atMs));
      if (ageMs < this.#windowMs) yield { id, offset, ageMs, wallMs };
    }
  }

  /** Everything below `durableEnd` can no longer be taken back. */
  settle(durableEnd: number): void {
    let settled = 0;
    while (settled < this.#journal.length && this.#journal[settled]!.baseOffset < durableEnd) settled += 1;
    if (settled > 0) this.#journal = this.#journal.slice(settled);
  }

  /** Takes back every unsettled append at or beyond `endOffset`. */
  rollbackTo(endOffset: number): void {
    for (;;) {
      const last = this.#journal.at(-1);
      if (last === undefined || last.baseOffset < endOffset) return;
      this.#journal.pop();
      for (const id of last.added) this.#forget(id);
      // A batch larger than the limits pushes out its own first ids: those are not put back.
      this.#restore(last.forgotten.filter(([, seen]) => seen.offset < last.baseOffset));
    }
  }

  /** Forgets what has left the window. Appends do it too; this is for a partition that has gone quiet. */
  expire(now: number): void {
    this.#forgetExpired(now);
  }

  clear(): void {
    this.#seen.clear();
    this.#bytes = 0;
    this.#endOffset = 0;
    this.#journal = [];
  }

  #first(id: string, now: number): Seen | undefined {
    const seen = this.#seen.get(id);
    return seen === undefined || now - seen.atMs >= this.#windowMs ? undefined : seen;
  }

  #remember(ids: BatchMessageIds, baseOffset: number, { now, wallMs }: AppendTime): JournalEntry {
    this.#newestMs = Math.max(this.#newestMs, now);
    const forgotten = this.#forgetExpired(this.#newestMs);
    const added: string[] = [];
    for (const [index, id] of ids.entries()) {
      if (id === null || this.#seen.has(id)) continue;
      this.#seen.set(id, { offset: baseOffset + index, atMs: this.#newestMs, wallMs });
      this.#bytes += id.length;
      this.#endOffset = baseOffset + index + 1;
      added.push(id);
    }
    for (const [id, seen] of this.#seen) {
      if (this.#seen.size <= this.#limits.messageIdsMax && this.#bytes <= this.#limits.messageIdBytesMax) break;
      this.#forget(id);
      this.#forgottenEarly += 1;
      forgotten.push([id, seen]);
    }
    return { baseOffset, added, forgotten };
  }

  #forgetExpired(now: number): (readonly [string, Seen])[] {
    const forgotten: (readonly [string, Seen])[] = [];
    for (const [id, seen] of this.#seen) {
      if (now - seen.atMs < this.#windowMs) break;
      this.#forget(id);
      forgotten.push([id, seen]);
    }
    return forgotten;
  }

  #forget(id: string): void {
    if (this.#seen.delete(id)) this.#bytes -= id.length;
  }

  /** What an append pushed out was older than all that stayed, so it goes back to the front. */
  #restore(forgotten: readonly (readonly [string, Seen])[]): void {
    if (forgotten.length === 0) return;
    this.#seen = new Map([...forgotten, ...this.#seen]);
    for (const [id] of forgotten) this.#bytes += id.length;
  }
}
