/*
 * Memory that batches arrive in, whole frames of them, used again. Otherwise each frame is garbage by the megabyte once
 * it was worked through, which V8 counts as external memory and collects for: a fifth of the processor time of a broker
 * that takes batches, a quarter of that of ten consumers (docs/notes/2026-11-24-memory-that-is-used-again.md).
 *
 * Many look at one piece of memory: whoever took it and fills it, and everybody who has a view of what lies in it. Each
 * of them counts as one user.
 *
 * Invariants
 * - A buffer is free, or has users, or belongs to the collector. It becomes free when the last of its users lets go.
 * - Who does not let go, as after a failure, leaves it to the collector: nothing here keeps what is lent alive.
 * - At most `bytesMax` bytes are free. What is more is given back to the system: nobody may look at what all its users
 *   have let go of.
 */
export interface Lent {
  readonly owner: CountedMemory;
  readonly buffer: Buffer;
  users: number;
  /** Many things lie in it, one behind the other (lent-memory.ts). */
  isShared: boolean;
}

/**
 * Written on the memory itself. Not in a WeakMap: what is a key there outlives the collections of young objects, so
 * that frames that are left to the collector all waited for a full one
 * (docs/notes/2026-11-24-memory-that-is-used-again.md has what that cost).
 */
const lentKey = Symbol('lent');
type Memory = ArrayBuffer & { [lentKey]?: Lent | null };

/** Sizes are multiples of this, so that frames of about the same size fit into the memory of each other. */
const stepBytesMax = 64 << 10;
/** Of a buffer, what it is taken for uses at least this share. */
const usedShareMin = 2 / 3;

export interface CountedMemoryOptions {
  /** What is smaller is not worth the bookkeeping. */
  readonly bytesMin: number;
  /** How much is kept at most while nobody uses it. */
  readonly bytesMax: number;
  /**
   * True where views reach those who may keep them for too long: what is free is detached from them
   * (`ArrayBuffer.prototype.transfer`, no copy). They are empty from then on, and no new ones can be made, instead of
   * showing what comes next.
   */
  readonly detaches?: boolean;
}

/** Lends memory, counts who looks at each piece, and lends it again when nobody does. */
export class CountedMemory {
  readonly #bytesMin: number;
  readonly #bytesMax: number;
  readonly #detaches: boolean;
  readonly #stepBytes: number;
  /** Those that became free last come last. */
  readonly #free: Buffer[] = [];
  #freeBytes = 0;

  constructor(o: CountedMemoryOptions) {
    this.#bytesMin = o.bytesMin;
    this.#bytesMax = o.bytesMax;
    this.#detaches = o.detaches ?? false;
    this.#stepBytes = Math.min(stepBytesMax, o.bytesMin);
  }

  /** Bytes that wait to be used again. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /**
   * Memory of at least `length` bytes; what it held before is still in it. The caller is its first user, and calls
   * `release` once everybody else who is to have a view of it does.
   */
  readonly take = (length: number): Buffer => {
    if (length < this.#bytesMin) return Buffer.allocUnsafe(length);
    const buffer =
      this.#takeFree(length) ?? Buffer.allocUnsafeSlow(Math.ceil(length / this.#stepBytes) * this.#stepBytes);
    this.#lend(buffer);
    return buffer;
  };

  /**
   * One more looks at `view`, until it calls `release`. False, and nothing to release, where the memory is not from
   * here.
   */
  retain(view: Buffer): boolean {
    const lent = this.lentOf(view.buffer);
    if (lent === null) return false;
    lent.users += 1;
    return true;
  }

  /** One of those who look at the memory of `view` does so no more. */
  release(view: Buffer): void {
    const lent = this.lentOf(view.buffer);
    if (lent === null) return;
    lent.users -= 1;
    if (lent.users > 0) return;
    const memory = lent.buffer.buffer as Memory;
    memory[lentKey] = null;
    const buffer = this.#detaches ? Buffer.from(memory.transfer()) : lent.buffer;
    this.#free.push(buffer);
    this.#freeBytes += buffer.length;
    while (this.#freeBytes > this.#bytesMax) this.#giveBackOldest();
  }

  /** As `take`, of at least `length` bytes, which are `bytesMin` or more: just as many where the memory is fresh. */
  protected lendPiece(length: number): Lent {
    return this.#lend(this.#takeFree(length) ?? Buffer.allocUnsafeSlow(length));
  }

  /** What is known of memory from here; null if it is from elsewhere, or free. */
  protected lentOf(memory: ArrayBufferLike): Lent | null {
    // Most views are of smaller memory than any that is lent: they need not be looked up.
    if (memory.byteLength < this.#bytesMin) return null;
    const lent = (memory as Memory)[lentKey];
    return lent !== undefined && lent !== null && lent.owner === this ? lent : null;
  }

  #lend(buffer: Buffer): Lent {
    const lent = { owner: this, buffer, users: 1, isShared: false };
    (buffer.buffer as Memory)[lentKey] = lent;
    return lent;
  }

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

  /** To the system, at once: the collector waits until a good part of what lives has gathered. */
  #giveBackOldest(): void {
    const oldest = this.#free.shift() as Buffer;
    this.#freeBytes -= oldest.length;
    (oldest.buffer as ArrayBuffer).transfer(0);
  }
}
