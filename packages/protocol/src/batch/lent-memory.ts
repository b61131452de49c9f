import { CountedMemory } from './counted-memory.ts';
import type { CountedMemoryOptions, Lent } from './counted-memory.ts';

/*
 * Small things that are copied into memory which they share, one behind the other: a piece of memory for each would
 * cost more than the copy.
 *
 * Invariants
 * - What `copyOf` or `join` have copied into one piece are users of it each, and so is this while it fills it. The two
 *   fill pieces of their own: what is joined stays for longer.
 * - What `copyOf` has put into shared memory is at most `creditPieces` pieces more than four times what `keepPart` has
 *   kept: who sends much of which little stays (the rest is refused, say) must not have all of it kept for that little.
 */

/** Shared memory that is being filled: the next thing goes behind its first `filledBytes`. */
interface Filling {
  lent: Lent | null;
  filledBytes: number;
}

/** Of a shared piece, what one copy takes at most: so much of it may stay unused. */
const copyShareMax = 1 / 4;
/**
 * So many bytes may be copied for each that is kept: beside the smallest batch, of 70 bytes, a request has about as
 * many of its own.
 */
const copiedForKept = 4;
/** How many pieces may be copied beyond that. */
const creditPieces = 64;

/** Which memory is kept for later, and how much. Sizes are in bytes. */
export interface LentMemoryOptions extends CountedMemoryOptions {
  /**
   * Pieces that small copies share, at least `bytesMin`: for such as are let go of in about the order in which they
   * came. None if missing.
   */
  readonly sharedBytes?: number;
}

/** Lent memory in which small copies share pieces. */
export class LentMemory extends CountedMemory {
  readonly #sharedBytes: number;
  readonly #copies: Filling = { lent: null, filledBytes: 0 };
  readonly #joined: Filling = { lent: null, filledBytes: 0 };
  /** Bytes that `copyOf` may put into shared memory; `keepPart` earns more. */
  #creditBytes: number;

  constructor(o: LentMemoryOptions) {
    super(o);
    this.#sharedBytes = o.sharedBytes ?? 0;
    this.#creditBytes = this.#sharedBytes * creditPieces;
    if (o.sharedBytes !== undefined && o.sharedBytes < o.bytesMin)
      throw new RangeError(`sharedBytes must be ${o.bytesMin} or more, as all that is lent`);
  }

  /**
   * A copy of `bytes`, of which parts may be kept for longer (`keepPart`). The caller is a user of its memory, as after
   * `take`. Small ones share memory that was in use a moment ago, while fresh memory costs more than the copy: each
   * page of it is cleared at the first touch.
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
   * `part` itself where it lies in shared memory, else a copy: there if it is small, else in memory of its own. The
   * caller is a user of its memory. `memory`: that of `part`, if it has been asked for it already, which costs a call
   * out of compiled code.
   */
  keepPart(part: Buffer, memory: ArrayBufferLike = part.buffer): Buffer {
    this.#creditBytes = Math.min(this.#sharedBytes * creditPieces, this.#creditBytes + part.length * copiedForKept);
    const lent = this.lentOf(memory);
    if (lent?.isShared) {
      lent.users += 1;
      return part;
    }
    const copy = this.#fitsShared(part.length)
      ? this.#share(this.#copies, part.length)
      : Buffer.allocUnsafeSlow(part.length);
    copy.set(part);
    return copy;
  }

  /**
   * A copy of all `parts`, one behind the other, that is to stay for longer than what they lie in. The caller is a user
   * of its memory, which is shared where it is small.
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

  /**
   * True for a view of memory that many share: it is small, and whoever keeps it keeps no more than its neighbours do.
   */
  isShared(view: Buffer): boolean {
    return this.lentOf(view.buffer)?.isShared ?? false;
  }

  #fitsShared(length: number): boolean {
    return length <= this.#sharedBytes * copyShareMax;
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
    const lent = this.lendPiece(this.#sharedBytes);
    lent.isShared = true;
    filling.lent = lent;
    filling.filledBytes = 0;
    return lent;
  }
}
