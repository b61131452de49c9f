/**
 * Knows when everything that was accepted before a `flush` is settled, however much was accepted after it.
 *
 * Each piece of work (a batch, a parked record) belongs to the epoch in which it was accepted; a flush ends the epoch
 * and waits until no work of it, or of an earlier one, is left.
 *
 * Invariants
 * - `#openNow` counts the unsettled work of this epoch, `#openBefore` that of each earlier one that has some. Waiters
 *   wait for earlier ones alone.
 */
export class FlushBarrier {
  #epoch = 0;
  #openNow = 0;
  readonly #openBefore = new Map<number, number>();
  #waiters: { readonly epoch: number; readonly resolve: () => void }[] = [];

  get epoch(): number {
    return this.#epoch;
  }

  /** A new piece of work; returns its epoch, to be given back to `leave`. */
  enter(epoch: number = this.#epoch): number {
    if (epoch === this.#epoch) this.#openNow += 1;
    else this.#openBefore.set(epoch, (this.#openBefore.get(epoch) ?? 0) + 1);
    return epoch;
  }

  leave(epoch: number): void {
    if (epoch === this.#epoch) {
      this.#openNow -= 1;
      return;
    }
    const left = (this.#openBefore.get(epoch) ?? 0) - 1;
    if (left > 0) {
      this.#openBefore.set(epoch, left);
      return;
    }
    this.#openBefore.delete(epoch);
    this.#check();
  }

  /** Ends the epoch; resolves when all its work, and all earlier work, is settled. */
  flush(): Promise<void> {
    const epoch = this.#epoch;
    if (this.#openNow > 0) this.#openBefore.set(epoch, this.#openNow);
    this.#openNow = 0;
    this.#epoch += 1;
    return new Promise((resolve) => {
      this.#waiters.push({ epoch, resolve });
      this.#check();
    });
  }

  #check(): void {
    const oldest = Math.min(...this.#openBefore.keys());
    const done = this.#waiters.filter(({ epoch }) => epoch < oldest);
    if (done.length === 0) return;
    this.#waiters = this.#waiters.filter(({ epoch }) => epoch >= oldest);
    for (const { resolve } of done) resolve();
  }
}
