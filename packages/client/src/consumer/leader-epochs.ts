import { clientLimits } from '../limits.ts';

/**
 * Under which leader epochs the batches were written that were read of a partition: a commit names that of the last
 * record before it, so that a log that was cut back can be told from one that was not.
 *
 *     changes:   { offset: 0, epoch: 3 }   { offset: 970, epoch: 4 }   end: 1010
 *
 * Invariants
 * - Offsets and epochs of `#changes` rise. Between two changes everything that was read has the epoch of the first.
 * - What was not read, or is too long ago, has the epoch -1: nothing is guessed.
 */
export class LeaderEpochs {
  readonly #changes: { readonly offset: number; readonly epoch: number }[] = [];
  #endOffset = 0;

  /** A batch was read. Batches come in the order of their offsets, until `clear`. */
  note(batch: { readonly baseOffset: number; readonly lastOffset: number; readonly epoch: number }): void {
    this.#endOffset = batch.lastOffset + 1;
    if (this.#changes.at(-1)?.epoch === batch.epoch) return;
    this.#changes.push({ offset: batch.baseOffset, epoch: batch.epoch });
    if (this.#changes.length > clientLimits.leaderEpochsMax) this.#changes.shift();
  }

  /** The epoch of the last record below the offset; -1: unknown. */
  before(offset: number): number {
    if (offset > this.#endOffset) return -1;
    return this.#changes.findLast((change) => change.offset < offset)?.epoch ?? -1;
  }

  /** Reading goes on elsewhere. */
  clear(): void {
    this.#changes.length = 0;
    this.#endOffset = 0;
  }
}
