/*
 * Memory that batches arrive in, whole frames of them, used again. Otherwise each frame is garbage by the megabyte once it was worked
 * through, which V8 counts as external memory and collects for: a fifth of the processor time of a broker that takes batches, a quarter of
 * that of ten consumers (docs/notes/2026-11-24-memory-that-is-used-again.md).
 *
 * Many look at one piece of memory: whoever took it and fills it, and everybody who has a view of what lies in it. Each of them counts
 * as one user.
 *
 * Invariants
 * - A buffer is free, or has users, or belongs to the collector. It becomes free when the last of its users lets go.
 * - What `copyOf` or `join` have copied into one buffer, small things one after another, are users of it each, and so is this while it fills it.
 *   The two fill buffers of their own: what is joined stays for longer.
 * - Who does not let go, as after a failure, leaves it to the collector: nothing here keeps what is lent alive.
 * - At most `bytesMax` bytes are free. What is more is given back to the system: nobody may look at what all its users have let go of.
 * - What `copyOf` has put into shared memory is at most `creditPieces` pieces more than four times what `keepPart` has kept: who sends much of which
 *   little stays (the rest is refused, say) must not have all of it kept for that little.
 */
interface Lent {
  readonly owner: LentMemory;
  readonly buffer: Buffer;
  users: number;
  /** Many things lie in it, one behind the other. */
  isShared: boolean;
}

/** Shared memory that is being filled: the next thing goes behind its first `filledBytes`. */
interface Filling {
  lent: Lent | null;
  filledBytes: number;
}

/**
 * Written on the memory itself. Not in a WeakMap: what is a key there outlives the collections of young objects, so that frames that are
 * left to the collector all waited for a full one (docs/notes/2026-11-24-memory-that-is-used-again.md has what that cost).
 */
const lentKey = Symbol('lent');
type Memory = ArrayBuffer & { [lentKey]?: Lent | null };

/** Sizes are multiples of this, so that frames of about the same size fit into the memory of each other. */
const stepBytesMax = 64 << 10;
/** Of a buffer, what it is taken for uses at least this share. */
const usedShareMin = 2 / 3;
/** Of a shared piece, what one copy takes at most: so much of it may stay unused. */
const copyShareMax = 1 / 4;
/** So many bytes may be copied for each that is kept: beside the smallest batch, of 70 bytes, a request has about as many of its own. */
const copiedForKept = 4;
/** How many pieces may be copied beyond that. */
const creditPieces = 64;

/** Which memory is kept for later, and how much. Sizes are in bytes. */
export interface LentMemoryOptions {
  /** What is smaller is not worth the bookkeeping. */
  readonly bytesMin: number;
  /** How much is kept at most while nobody uses it. */
  readonly bytesMax: number;
  /**
   * True where views reach those who may keep them for too long: what is free is detached from them (`ArrayBuffer.prototype.transfer`, no
   * copy). They are empty from then on, and no new ones can be made, instead of showing what comes next.
   */
  readonly detaches?: boolean;
  /** Pieces that small copies share, at least `bytesMin`: for such as are let go of in about the order in which they came. None if missing. */
  readonly sharedBytes?: number;
}

/** Lends memory, counts who looks at each piece, and lends it again when nobody does. */
export class LentMemory {
  readonly #bytesMin: number;
  readonly #bytesMax: number;
  readonly #detaches: boolean;
  readonly #stepBytes: number;
  readonly #sharedBytes: number;
  readonly #copies: Filling = { lent: null, filledBytes: 0 };
  readonly #joined: Filling = { lent: null, filledBytes: 0 };
  /** Bytes that `copyOf` may put into shared memory; `keepPart` earns more. */
  #creditBytes: number;
  /** Those that became free last come last. */
  readonly #free: Buffer[] = [];
  #freeBytes = 0;

  constructor(o: LentMemoryOptions) {
    this.#bytesMin = o.bytesMin;
    this.#bytesMax = o.bytesMax;
    this.#detaches = o.detaches ?? false;
    this.#stepBytes = Math.min(stepBytesMax, o.bytesMin);
    this.#sharedBytes = o.sharedBytes ?? 0;
    this.#creditBytes = this.#sharedBytes * creditPieces;
    if (o.sharedBytes !== undefined && o.sharedBytes < o.bytesMin) throw new RangeError(`sharedBytes must be ${o.bytesMin} or more, as all that is lent`);
  }

  /** Bytes that wait to be used again. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /**
   * Memory of at least `length` bytes; what it held before is still in it. The caller is its first user, and calls `release` once
   * everybody else who is to have a view of it does.
   */
  readonly take = (length: number): Buffer => {
    if (length < this.#bytesMin) return Buffer.allocUnsafe(length);
    const buffer = this.#takeFree(length) ?? Buffer.allocUnsafeSlow(Math.ceil(length / this.#stepBytes) * this.#stepBytes);
    this.#lend(buffer);
    return buffer;
  };

  /**
   * A copy of `bytes`, of which parts may be kept for longer (`keepPart`). The caller is a user of its memory, as after `take`. Small ones
   * share memory that was in use a moment ago, while fresh memory costs more than the copy: each page of it is cleared at the first touch.
   */
  readonly copyOf = (bytes: Buffer): Buffer => {
    const { length } = bytes;
    const isShared = this.#fitsShared(length) && length <= this.#creditBytes;
    if (isShared) this.#creditBytes -= length;
    const copy = isShared ? this.#share(this.#copies, length) : this.take(length);
    copy.set(bytes);
    return copy.length === length ? copy : copy.subarray(0, length);
  };

  /**
   * `part` itself where it lies in shared memory, else a copy: there if it is small, else in memory of its own. The caller is a user of its memory.
   * `memory`: that of `part`, if it has been asked for it already, which costs a call out of compiled code.
   */
  keepPart(part: Buffer, memory: ArrayBufferLike = part.buffer): Buffer {
    this.#creditBytes = Math.min(this.#sharedBytes * creditPieces, this.#creditBytes + part.length * copiedForKept);
    const lent = this.#lentOf(memory as Memory);
    if (lent?.isShared) {
      lent.users += 1;
      return part;
    }
    const copy = this.#fitsShared(part.length) ? this.#share(this.#copies, part.length) : Buffer.allocUnsafeSlow(part.length);
    copy.set(part);
    return copy;
  }

  /**
   * A copy of all `parts`, one behind the other, that is to stay for longer than what they lie in. The caller is a user of its memory, which is shared
   * where it is small.
   */
  join(parts: readonly Buffer[]): Buffer {
    let length = 0;
    for (const part of parts) length += part.length;
    const joined = this.#fitsShared(length) ? this.#share(this.#joined, length) : Buffer.allocUnsafeSlow(length);
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  #fitsShared(length: number): boolean {
    return length <= this.#sharedBytes * copyShareMax;
  }

  /** True for a view of memory that many share: it is small, and whoever keeps it keeps no more than its neighbours do. */
  isShared(view: Buffer): boolean {
    return this.#find(view)?.isShared ?? false;
  }

  #lend(buffer: Buffer): Lent {
    const lent = { owner: this, buffer, users: 1, isShared: false };
    (buffer.buffer as Memory)[lentKey] = lent;
    return lent;
  }

  #share(filling: Filling, length: number): Buffer {
    let { lent } = filling;
    if (lent === null || filling.filledBytes + length > lent.buffer.length) lent = this.#shareNext(filling);
    lent.users += 1;
    const start = filling.filledBytes;
    filling.filledBytes += length;
    return lent.buffer.subarray(start, filling.filledBytes);
  }

  #shareNext(filling: Filling): Lent {
    if (filling.lent !== null) this.release(filling.lent.buffer);
    const lent = this.#lend(this.#takeFree(this.#sharedBytes) ?? Buffer.allocUnsafeSlow(this.#sharedBytes));
    lent.isShared = true;
    filling.lent = lent;
    filling.filledBytes = 0;
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
    const memory = lent.buffer.buffer as Memory;
    memory[lentKey] = null;
    const buffer = this.#detaches ? Buffer.from(memory.transfer()) : lent.buffer;
    this.#free.push(buffer);
    this.#freeBytes += buffer.length;
    while (this.#freeBytes > this.#bytesMax) this.#giveBackOldest();
  }

  /** To the system, at once: the collector waits until a good part of what lives has gathered. */
  #giveBackOldest(): void {
    const oldest = this.#free.shift() as Buffer;
    this.#freeBytes -= oldest.length;
    (oldest.buffer as ArrayBuffer).transfer(0);
  }

  #find(view: Buffer): Lent | null {
    return this.#lentOf(view.buffer as Memory);
  }

  #lentOf(memory: Memory): Lent | null {
    // Most views are of smaller memory than any that is lent: they need not be looked up.
    if (memory.byteLength < this.#bytesMin) return null;
    const lent = memory[lentKey];
    return lent !== undefined && lent !== null && lent.owner === this ? lent : null;
  }
}
