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

/** Value of a hexadecimal digit by character code; 255 for anything else. */
const nibbles: Uint8Array = new Uint8Array(128).fill(255);
for (let digit = 0; digit < 16; digit++) {
  nibbles[digit.toString(16).charCodeAt(0)] = digit;
  nibbles[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** Writes the 16 bytes of a UUID's text at `position`; false when it is none. */
export function parseUuid(value: string, into: Uint8Array, position: number): boolean {
  if (typeof value !== 'string' || value.length !== 36) return false;
  let at = position;
  for (let index = 0; index < 36;) {
    if (index === 8 || index === 13 || index === 18 || index === 23) {
      if (value.charCodeAt(index) !== 0x2d) return false;
      index++;
      continue;
    }
    const high = nibbles[value.charCodeAt(index)] ?? 255;
    const low = nibbles[value.charCodeAt(index + 1)] ?? 255;
    if (high > 15 || low > 15) return false;
    into[at++] = high * 16 + low;
    index += 2;
  }
  return true;
}
