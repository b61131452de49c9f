import { parseUuid } from '@q/protocol';
import { WireFault } from './fault.ts';
import { wireLimits } from './limits.ts';

const twoTo32 = 2 ** 32;
const headBytesInitial = 512;
const growthFactor = 4;

/**
 * Writes one message as a gather list: small fields go into a head buffer, long bytes are put in the list by reference.
 *
 * Invariants
 * - A writer serves one message; its buffers belong to whoever takes the list and are never written again.
 * - `head[start, position)` is what has been written and is not in the list yet.
 * - Bytes given by reference must not change until the list has been sent: that is the caller's promise.
 */
export class WireWriter {
  #head: Buffer;
  #start = 0;
  #position = 0;
  #listed = 0;
  readonly #parts: Buffer[] = [];
  #headBytes = 0;

  /** `headBytes`: how much the small fields of the message are likely to take. */
  constructor(headBytes: number = headBytesInitial) {
    this.#head = Buffer.allocUnsafe(headBytes);
  }

  /** Bytes written so far. */
  get bytesWritten(): number {
    return this.#listed + this.#position - this.#start;
  }

  /** Bytes of small fields, which lie in memory of the writer's own; known once it is finished. */
  get headBytesWritten(): number {
    return this.#headBytes;
  }

  bool(value: boolean): void {
    const at = this.#claim(1);
    this.#head[at] = value ? 1 : 0;
  }

  int8(value: number): void {
    check(value, -0x80, 0x7f, 'an int8');
    const at = this.#claim(1);
    this.#head[at] = value;
  }

  int16(value: number): void {
    check(value, -0x8000, 0x7fff, 'an int16');
    const at = this.#claim(2);
    this.#head[at] = value >>> 8;
    this.#head[at + 1] = value;
  }

  uint16(value: number): void {
    check(value, 0, 0xffff, 'a uint16');
    const at = this.#claim(2);
    this.#head[at] = value >>> 8;
    this.#head[at + 1] = value;
  }

  int32(value: number): void {
    check(value, -0x8000_0000, 0x7fff_ffff, 'an int32');
    this.#raw32(value);
  }

  int64(value: number): void {
    check(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'an int64 (up to 2^53-1)');
    // Dividing by a power of two is exact, and rounding down gives the high half of a negative number too.
    this.#raw32(Math.floor(value / twoTo32));
    this.#raw32(value);
  }

  float64(value: number): void {
    const at = this.#claim(8);
    this.#head.writeDoubleBE(value, at);
  }

  /** Unsigned LEB128, the shortest form. */
  varint(value: number): void {
    if (value >= 0 && value < 0x80 && Number.isInteger(value)) {
      const at = this.#claim(1);
      this.#head[at] = value;
      return;
    }
    check(value, 0, 0xffff_ffff, 'a varint');
    let rest = value;
    while (rest > 0x7f) {
      const at = this.#claim(1);
      this.#head[at] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    const at = this.#claim(1);
    this.#head[at] = rest;
  }

  /** The text without its length, which the caller has written: `bytes` is its length in UTF-8. */
  text(value: string, bytes: number): void {
    const at = this.#claim(bytes);
    this.#head.write(value, at, bytes, 'utf8');
  }

  uuid(value: string): void {
    const at = this.#claim(16);
    if (!parseUuid(value, this.#head, at)) throw new WireFault(`${JSON.stringify(value)} is not a UUID`);
  }

  /** The bytes without their length, by reference when they are long. */
  raw(value: Buffer): void {
    if (value.length < wireLimits.bytesByReferenceMin) {
      const at = this.#claim(value.length);
      this.#head.set(value, at);
      return;
    }
    this.#listHead();
    this.#list(value);
  }

  /** Lists what is written, and goes on in new memory: a long message becomes a list of pieces, and is never copied. */
  cut(nextBytes: number): void {
    this.#listHead();
    this.#head = Buffer.allocUnsafe(nextBytes);
    this.#start = this.#position = 0;
  }

  /** The gather list. The writer is spent afterwards. */
  finish(): Buffer[] {
    this.#listHead();
    return this.#parts;
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
    const head = Buffer.allocUnsafe(Math.max(growthFactor * this.#head.length, pending.length + bytes));
    head.set(pending);
    this.#head = head;
    this.#start = 0;
    this.#position = pending.length + bytes;
    return pending.length;
  }

  #listHead(): void {
    if (this.#position === this.#start) return;
    this.#headBytes += this.#position - this.#start;
    this.#list(this.#head.subarray(this.#start, this.#position));
    this.#start = this.#position;
  }

  #list(part: Buffer): void {
    this.#parts.push(part);
    this.#listed += part.length;
  }
}

function check(value: number, min: number, max: number, what: string): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) {
    throw new WireFault(`${String(value)} does not fit in ${what}`);
  }
}
