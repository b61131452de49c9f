import type { LentMemory } from '@q/protocol';
import type { StorageStats } from './stats.ts';

/*
 * The latest batches of every log, within one budget of bytes for all.
 *
 * Invariants
 * - Per log the cached batches are the last appended ones, without a gap up to the log's end.
 * - `#order` holds the `#count` cached batches of all logs, oldest append first, and at most about as many that are empty.
 * - `stats.tailCacheBytes` is the sum of their lengths. The budget counts what each costs beside that, too. It is kept by `trim`, and
 *   never passed by more than a sixteenth.
 * - The cache is one user of the memory of each, from its admission to its release.
 */
interface CachedBatch {
  readonly tail: LogTail;
  readonly baseOffset: number;
  readonly lastOffset: number;
  batch: Buffer | null;
}

/** What is over the budget waits for `trim` so long: whatever is let go of has left the processor's caches, and costs an append more than its record. */
const overShareMax = 1 / 16;
/** What a batch takes on the heap: its entry here, and the view of its memory. */
const entryHeapBytes = 256;

export class TailCache {
  readonly #bytesMax: number;
  readonly #entryBytes: number;
  readonly #stats: StorageStats;
  readonly #appendBuffers: LentMemory;
  #order: (CachedBatch | undefined)[] = [];
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
  admit(entry: CachedBatch, batch: Buffer): void {
    this.#appendBuffers.retain(batch);
    this.#order.push(entry);
    this.#count += 1;
    this.#stats.tailCacheBytes += batch.length;
    // Those that were taken back or dropped leave holes, which nobody meets while the budget suffices.
    if (this.#order.length - this.#first > 1_024 + 2 * this.#count) this.#closeHoles();
    this.#evictDownTo(this.#bytesMax * (1 + overShareMax));
  }

  /** Lets go of what is over the budget: for a moment in which nobody waits for the processor. */
  trim(): void {
    this.#evictDownTo(this.#bytesMax);
  }

  #evictDownTo(bytes: number): void {
    while (this.#stats.tailCacheBytes + this.#count * this.#entryBytes > bytes) this.#evictOldest();
  }

  /** For LogTail alone. */
  release(entry: CachedBatch): void {
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
  #entries: CachedBatch[] = [];
  #first = 0;

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  /** First cached offset, or infinity when nothing is cached. */
  get startOffset(): number {
    return this.#entries[this.#first]?.baseOffset ?? Number.POSITIVE_INFINITY;
  }

  add(o: { baseOffset: number; lastOffset: number; batch: Buffer }): void {
    const entry: CachedBatch = { tail: this, baseOffset: o.baseOffset, lastOffset: o.lastOffset, batch: o.batch };
    this.#entries.push(entry);
    this.#cache.admit(entry, o.batch);
  }

  /** Batches from the one that holds `offset` up to `limitOffset`, at least one; null when `offset` is not cached. */
  read(o: { offset: number; limitOffset: number; maxBytes: number }): { buffers: Buffer[]; bytes: number } | null {
    if (o.offset < this.startOffset) return null;
    const buffers: Buffer[] = [];
    let bytes = 0;
    for (let index = this.#find(o.offset); index < this.#entries.length; index += 1) {
      const entry = this.#entries[index] as CachedBatch;
      const batch = entry.batch as Buffer;
      if (entry.baseOffset >= o.limitOffset || (bytes > 0 && bytes + batch.length > o.maxBytes)) break;
      buffers.push(batch);
      bytes += batch.length;
    }
    return { buffers, bytes };
  }

  /** Forgets the batches from `endOffset` on. */
  takeBack(endOffset: number): void {
    while (this.#entries.length > this.#first) {
      const last = this.#entries.at(-1) as CachedBatch;
      if (last.lastOffset < endOffset) return;
      this.#entries.pop();
      this.#cache.release(last);
    }
  }

  /** Forgets the batches that end below `offset`: they are gone from the log, or stored in another form. */
  dropBelow(offset: number): void {
    for (let first = this.#entries[this.#first]; first && first.lastOffset < offset; first = this.#entries[this.#first]) this.dropFirst();
  }

  clear(): void {
    for (let index = this.#first; index < this.#entries.length; index += 1) this.#cache.release(this.#entries[index] as CachedBatch);
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

  #find(offset: number): number {
    let low = this.#first;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle] as CachedBatch).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
