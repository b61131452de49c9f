import { strict as assert } from 'node:assert';

/**
 * Writes the key or the value of a stored record. All numbers are big-endian.
 *
 *   u8, u32     1 or 4 bytes
 *   i64         8 bytes, within ±(2^53-1)
 *   varint      unsigned LEB128, at most 32 bits
 *   text        length varint | UTF-8
 *   bytes       length varint | bytes
 *   uuid        16 bytes
 *
 * What does not fit is a bug of the state machine, which checks everything that comes in: hence assertions.
 */
export class RecordWriter {
  readonly #parts: Buffer[] = [];

  u8(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xff);
    this.#parts.push(Buffer.of(value));
  }

  u32(value: number): void {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32BE(value);
    this.#parts.push(part);
  }

  i64(value: number): void {
    assert(Number.isSafeInteger(value), `${value} is no whole number`);
    const part = Buffer.allocUnsafe(8);
    part.writeBigInt64BE(BigInt(value));
    this.#parts.push(part);
  }

  varint(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff);
    const bytes: number[] = [];
    let rest = value >>> 0;
    while (rest > 0x7f) {
      bytes.push((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    bytes.push(rest);
    this.#parts.push(Buffer.from(bytes));
  }

  text(value: string): void {
    assert(value.isWellFormed(), 'a stored text has half a surrogate pair');
    const part = Buffer.from(value);
    this.varint(part.length);
    this.#parts.push(part);
  }

  bytes(value: Buffer): void {
    this.varint(value.length);
    this.#parts.push(value);
  }

  uuid(value: string): void {
    const part = Buffer.from(value.replaceAll('-', ''), 'hex');
    assert(part.length === 16 && value.length === 36, `${JSON.stringify(value)} is no UUID`);
    this.#parts.push(part);
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
