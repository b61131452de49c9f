/**
 * Knows when everything that was accepted before a `flush` is settled, however much was accepted after it.
 *
 * Each piece of work (a batch, a parked record) belongs to the epoch in which it was accepted; a flush ends the epoch and
 * waits until no work of it, or of an earlier one, is left.
 *
 * Invariants
 * - `#open` holds a positive count for each epoch that has unsettled work, and nothing else.
 */
export class FlushBarrier {
  #epoch = 0;
  readonly #open = new Map<number, number>();
  #waiters: { readonly epoch: number; readonly resolve: () => void }[] = [];

  get epoch(): number {
    return this.#epoch;
  }

  /** A new piece of work; returns its epoch, to be given back to `leave`. */
  enter(epoch: number = this.#epoch): number {
    this.#open.set(epoch, (this.#open.get(epoch) ?? 0) + 1);
    return epoch;
  }

  leave(epoch: number): void {
    const left = (this.#open.get(epoch) ?? 0) - 1;
    if (left > 0) {
      this.#open.set(epoch, left);
      return;
    }
    this.#open.delete(epoch);
    if (this.#waiters.length > 0) this.#check();
  }

  /** Ends the epoch; resolves when all its work, and all earlier work, is settled. */
  flush(): Promise<void> {
    const epoch = this.#epoch;
    this.#epoch += 1;
    return new Promise((resolve) => {
      this.#waiters.push({ epoch, resolve });
      this.#check();
    });
  }

  #check(): void {
    const oldest = Math.min(...this.#open.keys());
    const done = this.#waiters.filter(({ epoch }) => epoch < oldest);
    if (done.length === 0) return;
    this.#waiters = this.#waiters.filter(({ epoch }) => epoch >= oldest);
    for (const { resolve } of done) resolve();
  }
}
