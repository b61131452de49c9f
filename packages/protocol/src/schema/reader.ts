import { isUtf8 } from 'node:buffer';
import { getInt16, getInt32, getUint16, getUint32 } from '../big-endian.ts';
import { protocolLimits } from '../limits.ts';
import { SchemaFault } from './fault.ts';
import { UuidTexts } from './uuid-text.ts';

const twoTo32 = 2 ** 32;
const uuidTexts = new UuidTexts();

/**
 * Reads one message. Nothing in the buffer is trusted.
 *
 * Invariants
 * - `position <= buffer.length`; nothing is read past the end.
 * - Nothing is allocated for a length or a count before it was checked against the bytes that remain.
 * - `bytes` values are views of the buffer: they keep it alive and share its content.
 */
export class Reader {
  readonly #buffer: Buffer;
  #position: number;
  #elementsLeft: number = protocolLimits.arrayElementsMax;

  constructor(buffer: Buffer, position: number) {
    this.#buffer = buffer;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  /** To a position where it has been. */
  goBack(position: number): void {
    this.#position = position;
  }

  get remaining(): number {
    return this.#buffer.length - this.#position;
  }

  bool(): boolean {
    const value = this.#buffer[this.#take(1)];
    if (value === 0) return false;
    if (value === 1) return true;
    throw new SchemaFault(`a boolean is 0 or 1, not ${value}`);
  }

  i8(): number {
    return this.#buffer.readInt8(this.#take(1));
  }

  i16(): number {
    return getInt16(this.#buffer, this.#take(2));
  }

  u16(): number {
    return getUint16(this.#buffer, this.#take(2));
  }

  i32(): number {
    return getInt32(this.#buffer, this.#take(4));
  }

  u32(): number {
    return getUint32(this.#buffer, this.#take(4));
  }

  i64(): number {
    const at = this.#take(8);
    const value = getInt32(this.#buffer, at) * twoTo32 + getUint32(this.#buffer, at + 4);
    if (!Number.isSafeInteger(value)) throw new SchemaFault('the number is beyond 2^53-1');
    return value;
  }

  /** Unsigned LEB128 of 32 bits. Only the shortest form is accepted, so that a message has one encoding. */
  varint(): number {
    const first = this.#buffer[this.#take(1)] as number;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift <= 28; shift += 7) {
      const byte = this.#buffer[this.#take(1)] as number;
      if (byte === 0) throw new SchemaFault('a varint is not in its shortest form');
      if (shift === 28 && byte > 0x0f) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new SchemaFault('a varint is larger than 32 bits');
  }

  text(bytes: number): string {
    if (bytes > protocolLimits.stringBytesMax) {
      throw new SchemaFault(`a string of ${bytes} bytes is longer than ${protocolLimits.stringBytesMax}`);
    }
    const start = this.#take(bytes);
    const value = this.#buffer.toString('utf8', start, start + bytes);
    // Only a replacement character can hide bad bytes, and it is rare: the second look costs nothing as a rule.
    if (value.includes('\ufffd') && !isUtf8(this.#buffer.subarray(start, start + bytes))) {
      throw new SchemaFault('a string is not valid UTF-8');
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

  /** Refuses a count of array elements that cannot be there, or that would make a small frame a huge object. */
  checkCount(count: number, elementBytesMin: number): void {
    if (count * elementBytesMin > this.remaining) {
      throw new SchemaFault(`${count} elements do not fit in the ${this.remaining} bytes that remain`);
    }
    this.#elementsLeft -= count;
    if (this.#elementsLeft < 0) {
      throw new SchemaFault(`the message has more than ${protocolLimits.arrayElementsMax} array elements`);
    }
  }

  #take(bytes: number): number {
    const at = this.#position;
    if (bytes > this.#buffer.length - at) {
      throw new SchemaFault(`${bytes} bytes are needed, ${this.#buffer.length - at} remain`);
    }
    this.#position = at + bytes;
    return at;
  }
}
