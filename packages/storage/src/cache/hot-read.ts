import { batchBaseOffset, batchLastOffset, batchSize } from '@q/protocol';

/** Batches in memory that follow each other without a gap; often only one. */
export interface BatchesInMemory {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Null where they were let go of. */
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

/** Whole batches for one read, taken from one place in memory after the other: the very buffers, or views of them. */
export class HotRead {
  readonly buffers: Buffer[] = [];
  bytes = 0;
  readonly #bounds: HotReadBounds;
  #isFull = false;

  constructor(bounds: HotReadBounds) {
    this.#bounds = bounds;
  }

  /**
   * Takes what is wanted of `runs`, which are in offset order. Those before `first` are not looked at.
   * Each place is to follow the one before without a gap.
   */
  take(runs: readonly BatchesInMemory[], first = 0): void {
    for (let index = indexOf(runs, this.#bounds.offset, first); index < runs.length && !this.#isFull; index += 1) {
      const run = runs[index] as BatchesInMemory & { readonly batch: Buffer };
      const isWhole =
        run.baseOffset >= this.#bounds.offset
        && run.lastOffset < this.#bounds.limitOffset
        && this.bytes + run.batch.length <= this.#bounds.maxBytes;
      const wanted = isWhole ? run.batch : this.#wantedOf(run.batch);
      if (wanted.length === 0) return;
      this.buffers.push(wanted);
      this.bytes += wanted.length;
    }
  }

  #wantedOf(batches: Buffer): Buffer {
    const { offset, limitOffset, maxBytes } = this.#bounds;
    let from = 0;
    let to = 0;
    while (to < batches.length) {
      const next = to + batchSize(batches, to);
      const isBefore = batchLastOffset(batches, to) < offset;
      const bytes = this.bytes + to - from;
      this.#isFull =
        !isBefore && (batchBaseOffset(batches, to) >= limitOffset || (bytes > 0 && bytes + next - to > maxBytes));
      if (this.#isFull) break;
      to = next;
      if (isBefore) from = next;
    }
    return from === 0 && to === batches.length ? batches : batches.subarray(from, to);
  }
}

/** Of the run that holds `offset`, or of the first one behind it. */
function indexOf(runs: readonly BatchesInMemory[], offset: number, first: number): number {
  let low = first;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs[middle] as BatchesInMemory).lastOffset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
