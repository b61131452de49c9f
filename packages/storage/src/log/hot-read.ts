/** A batch in memory. */
export interface BatchInMemory {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Null for one that was let go of. */
  readonly batch: Buffer | null;
}

/** What is wanted. */
export interface HotReadBounds {
  readonly offset: number;
  /** Batches that begin there or later are not read. */
  readonly limitOffset: number;
  /** The first batch is read even if it alone has more. */
  readonly maxBytes: number;
}

/** Whole batches for one read, taken from one place in memory after the other: the very buffers, without a copy. */
export class HotRead {
  readonly buffers: Buffer[] = [];
  bytes = 0;
  readonly #bounds: HotReadBounds;
  #isFull = false;

  constructor(bounds: HotReadBounds) {
    this.#bounds = bounds;
  }

  /**
   * Takes what is wanted of `batches`, which are in offset order. Those before `first` are not looked at.
   * Each place is to follow the one before without a gap.
   */
  take(batches: readonly BatchInMemory[], first = 0): void {
    const { offset, limitOffset, maxBytes } = this.#bounds;
    for (let index = indexOf(batches, offset, first); index < batches.length && !this.#isFull; index += 1) {
      const { baseOffset, batch } = batches[index] as BatchInMemory & { readonly batch: Buffer };
      this.#isFull = baseOffset >= limitOffset || (this.bytes > 0 && this.bytes + batch.length > maxBytes);
      if (this.#isFull) return;
      this.buffers.push(batch);
      this.bytes += batch.length;
    }
  }
}

/** Of the batch that holds `offset`, or of the first one behind it. */
function indexOf(batches: readonly BatchInMemory[], offset: number, first: number): number {
  let low = first;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((batches[middle] as BatchInMemory).lastOffset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
