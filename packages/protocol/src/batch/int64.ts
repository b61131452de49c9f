import { QError } from '../errors.ts';

/*
 * An i64 is handled as a JavaScript number: offsets, milliseconds and producer ids stay below 2^53 for decades, and
 * bigint arithmetic costs an allocation each. What does not fit is refused when it is read.
 */
const two32 = 0x1_0000_0000;

/** Reads a signed 64-bit integer. Throws QError CORRUPT_BATCH when it lies outside ±(2^53-1). */
export function readInt64(buffer: Buffer, position: number): number {
  const value = buffer.readInt32BE(position) * two32 + buffer.readUInt32BE(position + 4);
  if (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER) {
    throw new QError('CORRUPT_BATCH', `the 64-bit integer at byte ${position} is outside ±(2^53-1)`, { details: { position } });
  }
  return value;
}

/** Writes a signed 64-bit integer; `value` must be a safe integer. */
export function writeInt64(buffer: Buffer, value: number, position: number): void {
  const high = Math.floor(value / two32);
  buffer.writeInt32BE(high, position);
  buffer.writeUInt32BE(value - high * two32, position + 4);
}
