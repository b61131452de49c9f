/*
 * Memory that batches are built in, kept for the next builders. Fresh memory is paid for three times: in the allocator,
 * at the first touch of each page, and by V8, which collects for array buffers by their volume. For a batch of one
 * record that comes to more than encoding it does; for a producer of large batches to a third of its processor time
 * (docs/notes/2026-11-24-memory-that-is-used-again.md).
 *
 * Invariants
 * - A buffer in `#free` is referenced by nobody else. Whoever gives one back has let go of it and of its views.
 * - `#freeBytes` is the sum of the lengths in `#free`, at most `bytesMax`; of at most `buffersMax` buffers.
 */
const buffersMax = 64;

/** Memory of batches that is used again. It belongs to whoever makes it. */
export class BatchMemory {
  readonly #bytesMax: number;
  /** The smallest first. */
  readonly #free: Buffer[] = [];
  #freeBytes = 0;

  /** `bytesMax`: how much is kept at most while nobody uses it. */
  constructor(o: { readonly bytesMax: number }) {
    this.#bytesMax = o.bytesMax;
  }

  /** Bytes that wait to be used again. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /**
   * A buffer of at least `bytesMin` bytes with any content, unpooled: the largest there is, for then it need not grow.
   */
  take(bytesMin: number): Buffer {
    const largest = this.#free.at(-1);
    if (largest === undefined || largest.length < bytesMin) return Buffer.allocUnsafeSlow(bytesMin);
    this.#free.pop();
    this.#freeBytes -= largest.length;
    return largest;
  }

  /**
   * Takes back what `take` has given, once nothing refers to it any more. What there is no room for is left to the
   * collector.
   */
  giveBack(buffer: Buffer): void {
    if (buffer.length > this.#bytesMax) return;
    let at = this.#free.length;
    while (at > 0 && (this.#free[at - 1] as Buffer).length > buffer.length) at -= 1;
    // Nearly always all have the same size.
    if (at === this.#free.length) this.#free.push(buffer);
    else this.#free.splice(at, 0, buffer);
    this.#freeBytes += buffer.length;
    if (this.#free.length > buffersMax) this.#dropSmallest();
    this.shrinkTo(this.#bytesMax);
  }

  /** Leaves what is beyond `bytes` to the collector, the smallest first. */
  shrinkTo(bytes: number): void {
    while (this.#freeBytes > bytes) this.#dropSmallest();
  }

  #dropSmallest(): void {
    const smallest = this.#free.shift() as Buffer;
    this.#freeBytes -= smallest.length;
  }
}

/** For builders that are given no memory of their own. */
export const sharedBatchMemory: BatchMemory = new BatchMemory({ bytesMax: 4 * 1024 * 1024 });
