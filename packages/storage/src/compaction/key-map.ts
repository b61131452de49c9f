/*
 * The latest offset of each key in the part of the log that a compaction pass looks at.
 * Bounded by bytes: when it is full, the pass ends with the batch at hand, and the next pass begins behind it. So it
 * may pass its bound by the keys of one batch, and every pass gets somewhere.
 */

/** What an entry takes besides its key: two words of the map, a string header and a number, rounded up. */
const entryOverheadBytes = 80;

export class KeyMap {
  readonly #bytesMax: number;
  readonly #latest = new Map<string, number>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#latest.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  put(key: Buffer, offset: number): void {
    // latin1 maps bytes to characters one to one: no two keys become one, whatever bytes they hold.
    const text = key.toString('latin1');
    if (!this.#latest.has(text)) this.#bytes += text.length + entryOverheadBytes;
    this.#latest.set(text, offset);
  }

  /** -1 when the key does not occur. */
  latest(key: Buffer): number {
    return this.#latest.get(key.toString('latin1')) ?? -1;
  }
}
