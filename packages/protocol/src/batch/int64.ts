import { getInt32, getUint32, put32 } from '../big-endian.ts';
import { QError } from '../errors.ts';

/*
 * An i64 is handled as a JavaScript number: offsets, milliseconds and producer ids stay below 2^53 for decades, and
 * bigint arithmetic costs an allocation each. What does not fit is refused when it is read, and when it is written.
 */
const two32 = 0x1_0000_0000;

/** Reads a signed 64-bit integer. Throws QError CORRUPT_BATCH when it lies outside ±(2^53-1). */
export function readInt64(buffer: Uint8Array, position: number): number {
  const value = getInt32(buffer, position) * two32 + getUint32(buffer, position + 4);
  if (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER) {
    throw new QError('CORRUPT_BATCH', `the 64-bit integer at byte ${position} is outside ±(2^53-1)`, {
      details: { position },
    });
  }
  return value;
}

/** Writes a signed 64-bit integer; throws RangeError when `value` is not a safe one. There must be room. */
export function writeInt64(buffer: Uint8Array, value: number, position: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer`);
  put32(buffer, Math.floor(value / two32), position);
  put32(buffer, value, position + 4);
}
