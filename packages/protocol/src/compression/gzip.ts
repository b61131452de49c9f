import { corruptData, outputTooLarge } from './codec-error.ts';
import { inflateBounded, zlib } from './zlib.ts';

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
  if (bytes.length < gzipBytesMin) throw corruptData('gzip', 'shorter than a header and a trailer');
  const declaredBytes = bytes.readUInt32LE(bytes.length - 4);
  // Not believed before the end is reached: what cuts data off leaves any four bytes there, most often a size that the data
  // cannot have. One that it can have, and must not, ends in a refusal whether it is true or not.
  const possibleBytes = bytes.length * expansionMax;
  if (declaredBytes > bytesMax && declaredBytes <= possibleBytes) throw outputTooLarge('gzip', bytesMax);
  const expectedBytes = Math.min(declaredBytes, bytesMax, possibleBytes);
  const output = inflateBounded({ codec: 'gzip', bytes, bytesMax, expectedBytes });
  if (output.length !== declaredBytes) {
    throw corruptData('gzip', `it declares ${declaredBytes} bytes and decompresses to ${output.length}, or something follows it`);
  }
  return output;
}
