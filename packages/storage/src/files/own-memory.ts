/*
 * Memory for batches that arrive as a small part of something larger, which they would keep alive as a whole. Small ones lie together in
 * slabs: memory of its own costs each of them some 300 bytes of heap and its share of every collection, beside 170 of records.
 *
 * One batch that stays keeps the whole slab, so slabs pay only where all leave in the order in which they came, as they leave the tail cache.
 * In a store in memory a batch stays for as long as its topic wants, and could keep 64 KiB for its 170 bytes: no slabs there.
 */

/** Below this, copying costs less than thinking about it. */
const copyBytesMax = 8 << 10;
/** A larger view may keep this many times its own size alive. */
const pinnedTimesMax = 16;
const slabBytes = 64 << 10;

export class OwnMemory {
  readonly #hasSlabs: boolean;
  #slab: Buffer = Buffer.alloc(0);
  #usedBytes = 0;

  /** `hasSlabs`: what was made in the same moment is let go of in about the same moment. */
  constructor(o: { hasSlabs: boolean }) {
    this.#hasSlabs = o.hasSlabs;
  }

  /** `batch` itself, or a copy of it where it is a small part of memory that it would keep alive. */
  own(batch: Buffer): Buffer {
    const pinnedBytes = batch.buffer.byteLength;
    const isSmallPart = batch.length <= copyBytesMax ? pinnedBytes > batch.length * 2 : pinnedBytes > batch.length * pinnedTimesMax;
    return isSmallPart ? this.copy(batch) : batch;
  }

  /** For a batch whose memory was only lent. */
  copy(batch: Buffer): Buffer {
    const copy = this.#hasSlabs && batch.length <= copyBytesMax ? this.#take(batch.length) : Buffer.allocUnsafeSlow(batch.length);
    copy.set(batch);
    return copy;
  }

  #take(length: number): Buffer {
    if (this.#usedBytes + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(slabBytes);
      this.#usedBytes = 0;
    }
    const start = this.#usedBytes;
    this.#usedBytes += length;
    return this.#slab.subarray(start, this.#usedBytes);
  }
}
