import { isUtf8 } from 'node:buffer';
import { WireFault } from './fault.ts';
import { wireLimits } from './limits.ts';

const twoTo32 = 2 ** 32;

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
  readonly #view: DataView;
  #position: number;
  #elementsLeft: number = wireLimits.arrayElementsMax;

  constructor(buffer: Buffer, position = 0) {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
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
    return this.#view.getInt8(this.#take(1));
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4));
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
    return this.#view.getFloat64(this.#take(8));
  }

  /** Unsigned LEB128 of 32 bits. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
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
    const at = this.#take(16);
    const hex = this.#buffer.toString('hex', at, at + 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
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
    return this.#view.getInt32(at) * twoTo32 + this.#view.getUint32(at + 4);
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
