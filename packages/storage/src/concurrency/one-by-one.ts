/**
 * Lets one piece of work run after the other, in the order in which they were asked for. Not to be called from within
 * itself.
 */
export class OneByOne {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // The caller gets the failure; whoever is next in line has nothing to do with it.
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Ends when what was asked for until now has, however it ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
