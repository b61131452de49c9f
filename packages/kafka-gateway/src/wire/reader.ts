import { isUtf8 } from 'node:buffer';
import { UuidTexts } from '@q/protocol';
import { WireFault } from './fault.ts';
import { wireLimits } from './limits.ts';

const twoTo32 = 2 ** 32;
const uuidTexts = new UuidTexts();

/**
 * Reads one message. Nothing in the buffer is trusted.
 *
 * Invariants
 * - `position <= end`; nothing is read past the end.
 * - Nothing is allocated for a length or a count before it was checked against the bytes that remain.
 * - `raw` gives views of the buffer: they keep it alive and share its content.
 */
export class WireReader {
  readonly #buffer: Buffer;
  #position: number;
  #elementsLeft: number = wireLimits.arrayElementsMax;

  constructor(buffer: Buffer, position = 0) {
    this.#buffer = buffer;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#buffer.length - this.#position;
  }

  bool(): boolean {
    return this.#buffer[this.#take(1)] !== 0;
  }

  int8(): number {
    return (this.#buffer[this.#take(1)]! << 24) >> 24;
  }

  int16(): number {
    return (this.uint16() << 16) >> 16;
  }

  uint16(): number {
    const at = this.#take(2);
    return (this.#buffer[at]! << 8) | this.#buffer[at + 1]!;
  }

  int32(): number {
    return this.#int32(this.#take(4));
  }

  int64(): number {
    const value = this.#wide();
    if (!Number.isSafeInteger(value)) throw new WireFault('the number is beyond 2^53-1');
    return value;
  }

  int64Clamped(): number {
    return Math.min(Math.max(this.#wide(), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  }

  float64(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  /** Unsigned LEB128 of 32 bits. */
  varint(): number {
    const first = this.#buffer[this.#take(1)]!;
    return first < 0x80 ? first : this.#longVarint(first & 0x7f);
  }

  #longVarint(low: number): number {
    let value = low;
    for (let shift = 7; shift <= 28; shift += 7) {
      const byte = this.#buffer[this.#take(1)]!;
      if (shift === 28 && byte > 0x0f) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new WireFault('a varint is larger than 32 bits');
  }

  text(bytes: number): string {
    if (bytes > wireLimits.stringBytesMax) {
      throw new WireFault(`a string of ${bytes} bytes is longer than ${wireLimits.stringBytesMax}`);
    }
    const start = this.#take(bytes);
    const value = this.#buffer.toString('utf8', start, start + bytes);
    // Only a replacement character can hide bad bytes, and it is rare: the second look costs nothing as a rule.
    if (value.includes('\ufffd') && !isUtf8(this.#buffer.subarray(start, start + bytes))) {
      throw new WireFault('a string is not valid UTF-8');
    }
    return value;
  }

  uuid(): string {
    return uuidTexts.textOf(this.#buffer, this.#take(16));
  }

  /** A view of the next bytes. */
  raw(bytes: number): Buffer {
    const start = this.#take(bytes);
    return this.#buffer.subarray(start, start + bytes);
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  /** Refuses a count of elements that cannot be there, or that would make a small frame a huge object. */
  checkCount(count: number, elementBytesMin: number): void {
    if (count * elementBytesMin > this.remaining) {
      throw new WireFault(`${count} elements do not fit in the ${this.remaining} bytes that remain`);
    }
    this.#elementsLeft -= count;
    if (this.#elementsLeft < 0) {
      throw new WireFault(`the message has more than ${wireLimits.arrayElementsMax} array elements`);
    }
  }

  /** @throws WireFault when bytes are left: their sender has another layout in mind */
  end(): void {
    if (this.remaining > 0) throw new WireFault(`${this.remaining} bytes are left behind the message`);
  }

  /** Not exact beyond 2^53. */
  #wide(): number {
    const at = this.#take(8);
    return this.#int32(at) * twoTo32 + (this.#int32(at + 4) >>> 0);
  }

  #int32(at: number): number {
    const buffer = this.#buffer;
    return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
  }

  #take(bytes: number): number {
    const at = this.#position;
    if (bytes < 0 || bytes > this.#buffer.length - at) {
      throw new WireFault(`${bytes} bytes are needed, ${this.#buffer.length - at} remain`);
    }
    this.#position = at + bytes;
    return at;
  }
}
