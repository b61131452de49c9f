import { isUtf8 } from 'node:buffer';
import { QError } from '@q/protocol';

/**
 * Reads what a `RecordWriter` wrote. Nothing in the buffer is trusted: every method throws QError `CORRUPT_LOG` for
 * what cannot have been written, and nothing is allocated on the word of a count before the bytes for it are there.
 */
export class RecordReader {
  readonly #buffer: Buffer;
  #position = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  u8(): number {
    return this.#buffer[this.#take(1)]!;
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  i64(): number {
    const value = Number(this.#buffer.readBigInt64BE(this.#take(8)));
    if (!Number.isSafeInteger(value)) throw damage('a number is beyond 2^53-1');
    return value;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte === 0 && shift > 0) throw damage('a varint is not in its shortest form');
      if (byte < 0x80) return this.#asU32(value);
    }
    throw damage('a varint is too long');
  }

  /** A count of elements, each of which takes at least so many bytes. */
  count(elementBytesMin: number): number {
    const count = this.varint();
    if (count * elementBytesMin > this.#buffer.length - this.#position) throw damage(`${count} elements do not fit`);
    return count;
  }

  text(): string {
    const bytes = this.varint();
    const start = this.#take(bytes);
    const part = this.#buffer.subarray(start, start + bytes);
    if (!isUtf8(part)) throw damage('a text is not UTF-8');
    return part.toString();
  }

  /** A copy. */
  bytes(): Buffer {
    const bytes = this.varint();
    const start = this.#take(bytes);
    return Buffer.from(this.#buffer.subarray(start, start + bytes));
  }

  uuid(): string {
    const start = this.#take(16);
    const hex = this.#buffer.toString('hex', start, start + 16);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  end(): void {
    if (this.#position !== this.#buffer.length)
      throw damage(`${this.#buffer.length - this.#position} bytes are too many`);
  }

  #asU32(value: number): number {
    if (value > 0xffff_ffff) throw damage('a varint is larger than 32 bits');
    return value;
  }

  #take(bytes: number): number {
    const start = this.#position;
    if (bytes > this.#buffer.length - start)
      throw damage(`${bytes} bytes are needed, ${this.#buffer.length - start} remain`);
    this.#position = start + bytes;
    return start;
  }
}

export function damage(what: string): QError {
  return new QError('CORRUPT_LOG', `a record of the coordinator is damaged: ${what}`);
}
