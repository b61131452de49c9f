import { getInt32 } from '../big-endian.ts';

/**
 * The texts of UUIDs. Message after message names the same topic, so the last one is remembered: making it takes 100
 * ns, and 150 more to look up a text that is made anew, which has to be hashed and compared again.
 */
export class UuidTexts {
  #text = '00000000-0000-0000-0000-000000000000';
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** Of the 16 bytes at `at`, which must be there. */
  textOf(bytes: Buffer, at: number): string {
    const a = getInt32(bytes, at);
    const b = getInt32(bytes, at + 4);
    const c = getInt32(bytes, at + 8);
    const d = getInt32(bytes, at + 12);
    if (a === this.#a && b === this.#b && c === this.#c && d === this.#d) return this.#text;
    const hex = bytes.toString('hex', at, at + 16);
    this.#text = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
    return this.#text;
  }
}
