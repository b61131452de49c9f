import { protocolLimits } from '../limits.ts';
import { SchemaFault } from './fault.ts';
import { parseUuid } from './uuid-text.ts';

const twoTo32 = 2 ** 32;
const headBytesInitial = 256;
const growthFactor = 4;

/**
 * Writes one message as a gather list: small fields go into a head buffer, long `bytes` fields are put in the list
 * by reference.
 *
 * Invariants
 * - A writer serves one message; its buffers belong to whoever takes the list and are never written again. So they
 *   may wait in a socket's queue as long as they like.
 * - `head[start, position)` is what has been written and is not in the list yet.
 * - The first buffer of the list is always a piece of a head, and the first `reserved` bytes of it belong to the
 *   caller.
 * - Bytes given by reference must not change until the list has been sent: that is the caller's promise.
 */
export class Writer {
  #head: Buffer;
  #start = 0;
  #position = 0;
  #listed = 0;
  #referenced = 0;
  readonly #parts: Buffer[] = [];

  /** `headBytes`: what the head is likely to take. Each time it grows costs a copy and another buffer. */
  constructor(headBytes: number = headBytesInitial) {
    this.#head = Buffer.allocUnsafe(Math.max(headBytes, headBytesInitial));
  }

  /** Bytes written so far. */
  get bytesWritten(): number {
    return this.#listed + this.#position - this.#start;
  }

  /** Those of them that are not given by reference. */
  get headBytesWritten(): number {
    return this.bytesWritten - this.#referenced;
  }

  bool(value: boolean): void {
    if (typeof value !== 'boolean') throw new SchemaFault(`${describe(value)} is not a boolean`);
    const at = this.#claim(1);
    this.#head[at] = value ? 1 : 0;
  }

  i8(value: number): void {
    checkInteger(value, -0x80, 0x7f, 'an i8');
    const at = this.#claim(1);
    this.#head[at] = value;
  }

  i16(value: number): void {
    checkInteger(value, -0x8000, 0x7fff, 'an i16');
    this.#raw16(value);
  }

  u16(value: number): void {
    checkInteger(value, 0, 0xffff, 'a u16');
    this.#raw16(value);
  }

  i32(value: number): void {
    checkInteger(value, -0x8000_0000, 0x7fff_ffff, 'an i32');
    this.#raw32(value);
  }

  u32(value: number): void {
    checkInteger(value, 0, 0xffff_ffff, 'a u32');
    this.#raw32(value);
  }

  i64(value: number): void {
    checkInteger(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'an i64 (up to 2^53-1)');
    // Dividing by a power of two is exact, and rounding down gives the high half of a negative number too.
    this.#raw32(Math.floor(value / twoTo32));
    this.#raw32(value);
  }

  /** Unsigned LEB128, the shortest form. */
  varint(value: number): void {
    let at = this.#claim(5);
    const head = this.#head;
    let rest = value >>> 0;
    while (rest > 0x7f) {
      head[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    head[at++] = rest;
    this.#position = at;
  }

  /** The text without its length, which the caller has written: `bytes` is its length in UTF-8. */
  text(value: string, bytes: number): void {
    const at = this.#claim(bytes);
    this.#head.write(value, at, bytes, 'utf8');
  }

  uuid(value: string): void {
    const at = this.#claim(16);
    if (!parseUuid(value, this.#head, at)) throw new SchemaFault(`${describe(value)} is not a UUID`);
  }

  /** The bytes without their length, by reference when they are long. */
  raw(value: Uint8Array): void {
    if (value.length < protocolLimits.bytesByReferenceMin) {
      const at = this.#claim(value.length);
      this.#head.set(value, at);
      return;
    }
    this.#listHead();
    this.#referenced += value.length;
    this.#list(Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  }

  /** The gather list. The writer is spent afterwards. */
  finish(): Buffer[] {
    this.#listHead();
    return this.#parts;
  }

  #raw16(value: number): void {
    const at = this.#claim(2);
    this.#head[at] = value >>> 8;
    this.#head[at + 1] = value;
  }

  #raw32(value: number): void {
    const at = this.#claim(4);
    const head = this.#head;
    head[at] = value >>> 24;
    head[at + 1] = value >>> 16;
    head[at + 2] = value >>> 8;
    head[at + 3] = value;
  }

  /** Moves the position on by so many bytes and gives where they begin. */
  #claim(bytes: number): number {
    const at = this.#position;
    if (at + bytes > this.#head.length) return this.#grow(bytes);
    this.#position = at + bytes;
    return at;
  }

  #grow(bytes: number): number {
    const pending = this.#head.subarray(this.#start, this.#position);
    const head = Buffer.allocUnsafe(
      Math.max(growthFactor * this.#head.length, pending.length + bytes + headBytesInitial),
    );
    head.set(pending);
    this.#head = head;
    this.#start = 0;
    this.#position = pending.length + bytes;
    return pending.length;
  }

  #listHead(): void {
    if (this.#position === this.#start) return;
    this.#list(this.#head.subarray(this.#start, this.#position));
    this.#start = this.#position;
  }

  #list(part: Buffer): void {
    this.#parts.push(part);
    this.#listed += part.length;
  }
}

function checkInteger(value: number, min: number, max: number, what: string): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) {
    throw new SchemaFault(`${describe(value)} does not fit in ${what}`);
  }
}

/** A value as an error message may show it: short, and never the content of a buffer. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value === null || value === undefined) return String(value);
  return `a value of type ${Array.isArray(value) ? 'array' : typeof value}`;
}
