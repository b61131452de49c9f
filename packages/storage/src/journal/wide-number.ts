/*
 * Numbers of 64 bits in the journal: offsets and sequences, never negative, below 2^53. Without bigints, which cost an allocation each
 * in every round; and, unlike those of record batches, without an error for what is out of range, because the blocks that are
 * looked at may hold anything.
 */
const two32 = 2 ** 32;

/** Returns the position behind it. */
export function writeWide(target: Buffer, value: number, at: number): number {
  target.writeInt32BE(Math.floor(value / two32), at);
  // The lower half: `%` takes ten times as long.
  return target.writeUInt32BE(value >>> 0, at + 4);
}

export function readWide(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * two32 + bytes.readUInt32BE(at + 4);
}
