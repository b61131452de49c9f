/*
 * Memory that large batches arrive in, used again. Otherwise each of them is garbage by the megabyte once it is written, which V8 counts
 * as external memory and collects for: a fifth of the processor time of a broker that takes batches (docs/PERFORMANCE.md).
 *
 * Many look at one piece of memory: whoever took it and fills it, appends that are not durable yet, the tail cache, and
 * answers to readers that are on their way. Each of them counts as one user.
 *
 * Invariants
 * - A buffer is free, or has users, or belongs to the collector. It becomes free when the last of its users lets go.
 * - Who does not let go, as after a failure, leaves it to the collector: nothing here keeps what is lent alive.
 * - At most `bytesMax` bytes are free.
 */
interface Lent {
  readonly buffer: Buffer;
  users: number;
}

/** Sizes are multiples of this, so that frames of about the same size fit into the memory of each other. */
const stepBytesMax = 64 << 10;
/** Of a buffer, what it is taken for uses at least this share. */
const usedShareMin = 2 / 3;

export class AppendBuffers {
  readonly #bytesMin: number;
  readonly #bytesMax: number;
  readonly #stepBytes: number;
  /** Those that became free last come last. */
  readonly #free: Buffer[] = [];
  #freeBytes = 0;
  readonly #lent = new WeakMap<ArrayBufferLike, Lent>();

  /** `bytesMin`: what is smaller is not worth the bookkeeping. `bytesMax`: how much is kept at most while nobody uses it. */
  constructor(o: { bytesMin: number; bytesMax: number }) {
    this.#bytesMin = o.bytesMin;
    this.#bytesMax = o.bytesMax;
    this.#stepBytes = Math.min(stepBytesMax, o.bytesMin);
  }

  /** Bytes that wait to be used again. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /**
   * Memory of at least `length` bytes; what it held before is still in it. The caller is its first user, and calls `release` once
   * the log has got what is in it. Views of it may be appended.
   */
  readonly take = (length: number): Buffer => {
    if (length < this.#bytesMin) return Buffer.allocUnsafe(length);
    const buffer = this.#takeFree(length) ?? Buffer.allocUnsafeSlow(Math.ceil(length / this.#stepBytes) * this.#stepBytes);
    this.#lent.set(buffer.buffer, { buffer, users: 1 });
    return buffer;
  };

  #takeFree(length: number): Buffer | null {
    for (let at = this.#free.length - 1; at >= 0; at -= 1) {
      const buffer = this.#free[at] as Buffer;
      if (buffer.length < length || buffer.length * usedShareMin > length) continue;
      this.#free.splice(at, 1);
      this.#freeBytes -= buffer.length;
      return buffer;
    }
    return null;
  }

  /** One more looks at `view`, until it calls `release`. False, and nothing to release, where the memory is not from here. */
  retain(view: Buffer): boolean {
    const lent = this.#find(view);
    if (lent === null) return false;
    lent.users += 1;
    return true;
  }

  /** One of those who look at the memory of `view` does so no more. */
  release(view: Buffer): void {
    const lent = this.#find(view);
    if (lent === null) return;
    lent.users -= 1;
    if (lent.users > 0) return;
    this.#lent.delete(lent.buffer.buffer);
    this.#free.push(lent.buffer);
    this.#freeBytes += lent.buffer.length;
    while (this.#freeBytes > this.#bytesMax) this.#freeBytes -= (this.#free.shift() as Buffer).length;
  }

  #find(view: Buffer): Lent | null {
    // Most views are of smaller memory than any that is lent: they need not be looked up.
    if (view.buffer.byteLength < this.#bytesMin) return null;
    return this.#lent.get(view.buffer) ?? null;
  }
}
