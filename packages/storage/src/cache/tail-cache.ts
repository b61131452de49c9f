import type { LentMemory } from '@q/protocol';
import { HotRead } from './hot-read.ts';
import type { BatchesInMemory, HotReadBounds } from './hot-read.ts';
import type { StorageStats } from '../stats.ts';

/*
 * The latest batches of every log, within one budget of bytes for all.
 *
 * Invariants
 * - Per log the cached batches are the last of those that its files have, without a gap. Small ones may be one entry
 *   (owed-batches.ts), of one segment.
 * - `#order` holds the `#count` entries of all logs, in the order in which they came, and at most about as many that
 *   are empty.
 * - `stats.tailCacheBytes` is the sum of their lengths. The budget counts what each costs beside that, too.
 * - The cache is one user of the memory of each, until it lets go of it. Whoever adds a batch hands over its own use.
 */
interface Cached extends BatchesInMemory {
  readonly tail: LogTail;
  batch: Buffer | null;
}

/** What an entry takes on the heap, with the view of its memory. */
const entryHeapBytes = 256;

export class TailCache {
  readonly #bytesMax: number;
  readonly #entryBytes: number;
  readonly #stats: StorageStats;
  readonly #appendBuffers: LentMemory;
  #order: (Cached | undefined)[] = [];
  #first = 0;
  #count = 0;

  constructor(o: { bytesMax: number; entryBytes?: number; stats: StorageStats; appendBuffers: LentMemory }) {
    this.#bytesMax = o.bytesMax;
    this.#entryBytes = o.entryBytes ?? entryHeapBytes;
    this.#stats = o.stats;
    this.#appendBuffers = o.appendBuffers;
  }

  openTail(): LogTail {
    return new LogTail(this);
  }

  /** For LogTail alone. */
  admit(entry: Cached, batch: Buffer): void {
    this.#order.push(entry);
    this.#count += 1;
    this.#stats.tailCacheBytes += batch.length;
    // Those that were dropped leave holes, which nobody meets while the budget suffices.
    if (this.#order.length - this.#first > 1_024 + 2 * this.#count) this.#closeHoles();
    while (this.#stats.tailCacheBytes + this.#count * this.#entryBytes > this.#bytesMax) this.#evictOldest();
  }

  /** For LogTail alone. */
  release(entry: Cached): void {
    if (!entry.batch) return;
    this.#stats.tailCacheBytes -= entry.batch.length;
    this.#appendBuffers.release(entry.batch);
    this.#count -= 1;
    entry.batch = null;
  }

  #closeHoles(): void {
    this.#order = this.#order.filter((entry) => entry?.batch);
    this.#first = 0;
  }

  #evictOldest(): void {
    const oldest = this.#order[this.#first];
    this.#order[this.#first] = undefined;
    this.#first += 1;
    if (this.#first > 1_024 && this.#first * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#first);
      this.#first = 0;
    }
    if (oldest?.batch) oldest.tail.dropFirst();
  }
}

/** One log's share of the cache. */
export class LogTail {
  readonly #cache: TailCache;
  #entries: Cached[] = [];
  #first = 0;

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  /** First cached offset, or infinity when nothing is cached. */
  get startOffset(): number {
    return this.#entries[this.#first]?.baseOffset ?? Number.POSITIVE_INFINITY;
  }

  add({ baseOffset, lastOffset, batch }: BatchesInMemory & { readonly batch: Buffer }): void {
    const entry: Cached = { tail: this, baseOffset, lastOffset, batch };
    this.#entries.push(entry);
    this.#cache.admit(entry, batch);
  }

  /** What is cached of it; null when the offset lies before. */
  read(bounds: HotReadBounds): HotRead | null {
    if (bounds.offset < this.startOffset) return null;
    const read = new HotRead(bounds);
    read.take(this.#entries, this.#first);
    return read;
  }

  /** Forgets the batches that end below `offset`: they are gone from the log, or stored in another form. */
  dropBelow(offset: number): void {
    for (let first = this.#entries[this.#first]; first && first.lastOffset < offset; first = this.#entries[this.#first])
      this.dropFirst();
  }

  clear(): void {
    for (let index = this.#first; index < this.#entries.length; index += 1)
      this.#cache.release(this.#entries[index] as Cached);
    this.#entries = [];
    this.#first = 0;
  }

  /** The oldest batch of all logs is the first of its log. */
  dropFirst(): void {
    const first = this.#entries[this.#first];
    if (!first) return;
    this.#cache.release(first);
    this.#first += 1;
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}
