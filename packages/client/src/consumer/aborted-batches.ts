import { batchIsControl, batchIsTransactional, batchLastOffset, batchProducerId } from '@q/protocol';
import type { FetchAborted } from '@q/protocol';

/**
 * Says which batches of one answer were aborted. Asked about each of them once, in their order: a producer's
 * transaction goes up to its next marker.
 */
export class AbortedBatches {
  readonly #ahead: readonly FetchAborted[];
  #next = 0;
  /** Producers whose transaction, where we are, was aborted. */
  readonly #producers = new Set<number>();

  constructor(aborted: readonly FetchAborted[]) {
    this.#ahead = aborted.toSorted((left, right) => left.firstOffset - right.firstOffset);
  }

  isAborted(batch: Buffer): boolean {
    const lastOffset = batchLastOffset(batch);
    for (let range = this.#ahead[this.#next]; range !== undefined && range.firstOffset <= lastOffset;) {
      this.#producers.add(range.producerId);
      this.#next += 1;
      range = this.#ahead[this.#next];
    }
    const producerId = batchProducerId(batch);
    if (!batchIsControl(batch)) return batchIsTransactional(batch) && this.#producers.has(producerId);
    this.#producers.delete(producerId);
    return false;
  }
}
