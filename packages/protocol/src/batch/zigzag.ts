/*
 * Zigzag varints: 0, -1, 1, -2, ... become 0, 1, 2, 3, ..., written seven bits at a time, low bits first, the top bit
 * set on all bytes but the last. An i32 takes 1-5 bytes, an i64 1-10.
 *
 *   value    -1    63       64        -8192
 *   bytes    01    7e       80 01     ff 7f
 *
 * The functions below take the value after zigzag (`unsigned`), because for a length n that is simply 2n.
 */
const two28 = 0x1000_0000;

/** Zigzag of an i32, as an unsigned number. */
export function zigzag32(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

/** Bytes that an unsigned 32-bit number takes. */
export function sizeOfUnsigned(unsigned: number): number {
  if (unsigned < 0x80) return 1;
  if (unsigned < 0x4000) return 2;
  if (unsigned < 0x20_0000) return 3;
  return unsigned < two28 ? 4 : 5;
}

/** Writes an unsigned 32-bit number; the caller has made room. Returns the position after it. */
export function writeUnsigned(buffer: Uint8Array, position: number, unsigned: number): number {
  let at = position;
  if (unsigned < 0x80) {
    buffer[at] = unsigned;
    return at + 1;
  }
  if (unsigned < 0x4000) {
    buffer[at] = (unsigned & 0x7f) | 0x80;
    buffer[at + 1] = unsigned >>> 7;
    return at + 2;
  }
  let rest = unsigned;
  while (rest >= 0x80) {
    buffer[at] = (rest & 0x7f) | 0x80;
    at += 1;
    rest >>>= 7;
  }
  buffer[at] = rest;
  return at + 1;
}

/** Whether zigzag of `value` fits 31 bits, so that the 32-bit functions can take it. */
function fits31(value: number): boolean {
  return value === value >> 0 && value >= -0x4000_0000 && value < 0x4000_0000;
}

/** Bytes that a safe integer takes as a zigzag varint. */
export function sizeOfLong(value: number): number {
  if (fits31(value)) return sizeOfUnsigned(zigzag32(value));
  let high = highOf(value);
  let size = 4;
  while (high > 0) {
    high = Math.floor(high / 0x80);
    size += 1;
  }
  return size;
}

/** Writes a safe integer as a zigzag varint; the caller has made room. Returns the position after it. */
export function writeLong(buffer: Uint8Array, position: number, value: number): number {
  if (fits31(value)) return writeUnsigned(buffer, position, zigzag32(value));
  let at = position;
  let low = lowOf(value);
  for (let index = 0; index < 4; index += 1) {
    buffer[at] = (low & 0x7f) | 0x80;
    low >>>= 7;
    at += 1;
  }
  let high = highOf(value);
  while (high >= 0x80) {
    buffer[at] = (high % 0x80) | 0x80;
    high = Math.floor(high / 0x80);
    at += 1;
  }
  buffer[at] = high;
  return at + 1;
}

/*
 * Zigzag of a safe integer needs 54 bits, one more than a number holds exactly; so it is kept in two parts. With
 * m = value, or -value - 1 when negative: zigzag = 2m + sign, its low 28 bits are 2 (m mod 2^27) + sign, the rest m /
 * 2^27.
 */
function lowOf(value: number): number {
  const magnitude = value < 0 ? -value - 1 : value;
  return (magnitude % 0x800_0000) * 2 + (value < 0 ? 1 : 0);
}

function highOf(value: number): number {
  const magnitude = value < 0 ? -value - 1 : value;
  return Math.floor(magnitude / 0x800_0000);
}
