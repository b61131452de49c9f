import type { QError } from '../errors.ts';
import { corruptData, outputTooLarge } from './codec-error.ts';
import { returnOutput, takeOutput } from './output-memory.ts';
import { inflateBounded, inflateInPool, zlib } from './zlib.ts';
import type { InflateOptions } from './zlib.ts';

/*
 *   1f 8b 08 flags ...              header, 10 bytes or more
 *   deflate blocks
 *   crc32 u32 LE | isize u32 LE     isize = uncompressed size modulo 2^32
 */
const gzipBytesMin = 18;

/** Deflate cannot do better than 258 bytes for 2 bits; this is its documented bound. */
const expansionMax = 1032;

export function compressGzip(bytes: Buffer): Buffer {
  return zlib().gzipSync(bytes);
}

/** Exactly one gzip member is accepted: its size field must match what came out, so nothing can hide behind it. */
export function decompressGzip(bytes: Buffer, bytesMax: number): Buffer {
  const options = inflateOptions(bytes, bytesMax);
  return asDeclared(bytes, inflateBounded(options));
}

/** As `decompressGzip`, in the thread pool. */
export async function decompressGzipInPool(bytes: Buffer, bytesMax: number): Promise<Buffer> {
  const options = inflateOptions(bytes, bytesMax);
  const output = takeOutput(options.outputBytesMax);
  try {
    return asDeclared(bytes, output.subarray(0, await inflateInPool(options, output)));
  } catch (error) {
    returnOutput(output);
    throw error;
  }
}

/** What the data says it becomes, as far as it could. */
export function gzipBytesSaid(bytes: Buffer): number {
  return bytes.length < gzipBytesMin ? 0 : Math.min(declaredBytes(bytes), bytes.length * expansionMax);
}

function declaredBytes(bytes: Buffer): number {
  return bytes.readUInt32LE(bytes.length - 4);
}

function inflateOptions(bytes: Buffer, bytesMax: number): InflateOptions {
  if (bytes.length < gzipBytesMin) throw corruptData('gzip', 'shorter than a header and a trailer');
  const declared = declaredBytes(bytes);
  // Not believed before the end is reached: what cuts data off leaves any four bytes there, most often a size that the
  // data cannot have. One that it can have, and must not, ends in a refusal whether it is true or not.
  const possibleBytes = bytes.length * expansionMax;
  if (declared > bytesMax && declared <= possibleBytes) throw outputTooLarge('gzip', bytesMax);
  // More than it declares would not be accepted anyway: whoever declares little and has much is stopped there.
  const outputBytesMax = Math.min(declared, bytesMax, possibleBytes);
  const tooLong = (): QError =>
    declared > bytesMax
      ? outputTooLarge('gzip', bytesMax)
      : corruptData('gzip', `it has more than the ${declared} bytes that it declares`);
  return { codec: 'gzip', bytes, outputBytesMax, tooLong };
}

function asDeclared(bytes: Buffer, output: Buffer): Buffer {
  const declared = declaredBytes(bytes);
  if (output.length === declared) return output;
  throw corruptData(
    'gzip',
    `it declares ${declared} bytes and decompresses to ${output.length}, or something follows it`,
  );
}
