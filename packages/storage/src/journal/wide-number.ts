/*
 * Numbers of 64 bits in the journal: offsets and sequences, never negative, below 2^53. Without bigints, which cost an
 * allocation each in every round; and, unlike those of record batches, without an error for what is out of range,
 * because the blocks that are looked at may hold anything.
 */
const two32 = 2 ** 32;

/** Returns the position behind it. */
export function writeWide(target: Buffer, value: number, at: number): number {
  return write32(target, value, write32(target, Math.floor(value / two32), at));
}

/**
 * The lower half of an integer; returns the position behind it. `Buffer.writeInt32BE` checks what is known, and takes
 * four times as long.
 */
export function write32(target: Buffer, value: number, at: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}

export function readWide(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * two32 + bytes.readUInt32BE(at + 4);
}
