/** Lets at most so many pieces of work run at once; the others wait in order. */
export class Turnstile {
  readonly #parallelMax: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(parallelMax: number) {
    this.#parallelMax = parallelMax;
  }

  /** Waits for a place, does the work in it, and settles as the work does. Whoever waits cannot give up. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#parallelMax) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      // The place is handed over, so that nobody who comes now is faster than those who wait.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
