import { corruptData } from './codec-error.ts';

/*
 * The elements of raw snappy, behind the size. The low two bits of the tag, a byte, say what it is:
 *
 *   00  literal  length - 1 in the upper six bits; from 60 on: in the 1 to 4 bytes that follow, little-endian; then the
 *   bytes
 *   01  copy     length - 4 in bits 2-4; offset: bits 5-7 and the byte that follows
 *   10  copy     length - 1 in the upper six bits; offset u16
 *   11  copy     length - 1 in the upper six bits; offset u32
 *
 * The addon decompresses only all at once. What is too large for that comes here: as much at a time as one likes, into
 * memory that is used again. It takes three times as long as the addon, and no longer than the addon took in the thread
 * pool, where each thread kept the memory (docs/notes/2026-11-30-memory-of-a-broker.md).
 */
const longLiteral = 60;
/** Up to so many bytes a loop is faster than a call. */
const loopBytesMax = 32;

/** Decompresses the elements of `input` from `start` on, to the beginning of `output`, piece by piece. */
export class SnappyElements {
  readonly #input: Buffer;
  readonly #output: Buffer;
  #at: number;
  #length = 0;

  constructor(input: Buffer, start: number, output: Buffer) {
    this.#input = input;
    this.#output = output;
    this.#at = start;
  }

  /**
   * Goes on until about `workBytes` were read or written. True: that was all, and it has filled the output.
   * Throws QError CORRUPT_BATCH at what snappy does not allow.
   */
  run(workBytes: number): boolean {
    const input = this.#input;
    const output = this.#output;
    const end = input.length;
    let at = this.#at;
    let length = this.#length;
    const stopAt = at + length + workBytes;
    while (at < end && at + length < stopAt) {
      const tag = input[at] as number;
      const kind = tag & 3;
      at += 1;
      // What is read behind the end is no number, and becomes 0: the checks below refuse what comes of it.
      let bytes = (tag >>> 2) + 1;
      if (kind === 0) {
        if (bytes > longLiteral) {
          const width = bytes - longLiteral;
          bytes = littleEndian(input, at, width) + 1;
          at += width;
        }
        if (at + bytes > end || length + bytes > output.length)
          throw corruptData('snappy', 'a literal is longer than what is there for it');
        at = copyLiteral(input, at, bytes, output, length);
        length += bytes;
        continue;
      }
      let offset: number;
      if (kind === 1) {
        bytes = ((tag >>> 2) & 7) + 4;
        offset = ((tag >>> 5) << 8) | (input[at] as number);
        at += 1;
      } else {
        const width = kind === 2 ? 2 : 4;
        offset = littleEndian(input, at, width);
        at += width;
      }
      const isPossible = at <= end && offset > 0 && offset <= length && length + bytes <= output.length;
      if (!isPossible)
        throw corruptData('snappy', 'a copy is of what is not there, or longer than what is there for it');
      // It may overlap what it copies from, so byte after byte.
      for (const copyEnd = length + bytes; length < copyEnd; length += 1)
        output[length] = output[length - offset] as number;
    }
    this.#at = at;
    this.#length = length;
    if (at < end) return false;
    if (length !== output.length)
      throw corruptData('snappy', `it declares ${output.length} bytes and decompresses to ${length}`);
    return true;
  }
}

/** Returns where the input goes on. */
function copyLiteral(input: Buffer, start: number, bytes: number, output: Buffer, outputStart: number): number {
  if (bytes > loopBytesMax) output.set(input.subarray(start, start + bytes), outputStart);
  else for (let index = 0; index < bytes; index += 1) output[outputStart + index] = input[start + index] as number;
  return start + bytes;
}

function littleEndian(input: Buffer, at: number, width: number): number {
  let value = input[at] as number;
  if (width > 1) value |= (input[at + 1] as number) << 8;
  if (width > 2) value |= (input[at + 2] as number) << 16;
  if (width > 3) value |= (input[at + 3] as number) << 24;
  return value >>> 0;
}
