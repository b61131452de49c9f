/*
 * Memory for reads of files, used again and again. A new buffer for each read is garbage by the megabyte, which V8
 * counts as external memory and collects for: a third of the processor time of a broker that served stored records.
 *
 * Invariants
 * - A buffer is lent or free, never both. Only what is lent can be given back, and only once.
 * - What is lent and never given back belongs to the collector: nothing here keeps it alive.
 * - At most `freeMax` buffers are free. What is more is given back to the system.
 */

/**
 * A read that fills less of a buffer than this share of it gets memory of its own: many small reads must not hold large
 * buffers.
 */
const usedShareMin = 1 / 4;

export class ReadBuffers {
  readonly #bufferBytes: number;
  readonly #freeMax: number;
  readonly #free: Buffer[] = [];
  readonly #lent = new WeakMap<ArrayBufferLike, Buffer>();

  constructor(o: { bufferBytes: number; bytesMax: number }) {
    this.#bufferBytes = o.bufferBytes;
    this.#freeMax = Math.floor(o.bytesMax / o.bufferBytes);
  }

  /** For counting. */
  get freeBuffers(): number {
    return this.#free.length;
  }

  /** Memory for a read, of at least `length` bytes; what it held before is still in it. */
  readonly take = (length: number): Buffer => {
    if (length > this.#bufferBytes || length < this.#bufferBytes * usedShareMin) return Buffer.allocUnsafeSlow(length);
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bufferBytes);
    this.#lent.set(buffer.buffer, buffer);
    return buffer;
  };

  /** Whether `view` lies in memory that is to be given back. */
  isLent(view: Buffer): boolean {
    return this.#lent.has(view.buffer);
  }

  /** Takes back the memory that `view` lies in, if it came from here. Nobody may look at it any more. */
  giveBack(view: Buffer): void {
    const buffer = this.#lent.get(view.buffer);
    if (!buffer) return;
    this.#lent.delete(view.buffer);
    if (this.#free.length < this.#freeMax) this.#free.push(buffer);
    // To the system, at once: many readers beside each other give back hundreds of them, for which the collector has no
    // hurry.
    else (buffer.buffer as ArrayBuffer).transfer(0);
  }
}
