/**
 * Numbers that may only rise, as seen by many observers whose questions overlap: an answer may be older than one that
 * came before it, but not older than what was known when its question was asked.
 */
export class RisingValues {
  readonly #known = new Map<string, number>();

  /** The highest value so far; an answer to a question that is asked now may not lie below it. */
  floor(name: string): number {
    return this.#known.get(name) ?? 0;
  }

  raise(name: string, value: number): void {
    this.#known.set(name, Math.max(this.floor(name), value));
  }
}
