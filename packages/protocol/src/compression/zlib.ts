import type * as NodeZlib from 'node:zlib';
import { corruptData, outputTooLarge } from './codec-error.ts';

let loaded: typeof NodeZlib | undefined;

/** `node:zlib`, loaded when it is first needed: importing it costs about 5 ms, more than all the rest of this package. */
export function zlib(): typeof NodeZlib {
  loaded ??= process.getBuiltinModule('node:zlib');
  return loaded;
}

interface InflateOptions {
  readonly codec: 'gzip' | 'zstd';
  readonly bytes: Buffer;
  readonly bytesMax: number;
  /** The size the data declares, already bounded by what `bytes` can hold at best; 0 = not known. */
  readonly expectedBytes: number;
}

const chunkBytesMin = 16 * 1024;
const chunkBytesDefault = 64 * 1024;

/** Runs the decompressor of `codec` and never lets it produce more than `bytesMax` bytes. */
export function inflateBounded(options: InflateOptions): Buffer {
  const { codec, bytes, bytesMax, expectedBytes } = options;
  // One chunk that takes the whole output spares the decompressor a concatenation; the byte more lets it see the end.
  const chunkSize = expectedBytes === 0 ? chunkBytesDefault : Math.max(expectedBytes + 1, chunkBytesMin);
  const limits = { maxOutputLength: Math.max(bytesMax, 1), chunkSize };
  let output: Buffer;
  try {
    output = codec === 'gzip' ? zlib().gunzipSync(bytes, limits) : zlib().zstdDecompressSync(bytes, limits);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw outputTooLarge(codec, bytesMax);
    throw corruptData(codec, (error as Error).message, error);
  }
  // Node's limit cannot be set to nothing.
  if (output.length > bytesMax) throw outputTooLarge(codec, bytesMax);
  return output;
}
