import { QError } from '../errors.ts';
import { outputTooLarge } from './codec-error.ts';
import { compressGzip, decompressGzip, decompressGzipInPool, gzipBytesSaid } from './gzip.ts';
import { lz4BytesSaid } from './lz4-frame.ts';
import { compressLz4, compressLz4InSlices, decompressLz4, decompressLz4InSlices } from './lz4.ts';
import {
  compressSnappy,
  compressSnappyInSlices,
  decompressSnappy,
  decompressSnappyInSlices,
  snappyBytesSaid,
} from './snappy.ts';
import { deflateInPool } from './zlib.ts';
import { compressZstd, decompressZstd, decompressZstdInPool, zstdBytesSaid } from './zstd.ts';

/** Compression codecs by the number that the batch attributes carry. Frozen: part of a public format. */
export const Codec: { readonly none: 0; readonly gzip: 1; readonly snappy: 2; readonly lz4: 3; readonly zstd: 4 } = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
} as const;

/** Compression codecs by name. snappy and lz4 need an optional dependency. */
export type CodecName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
/** The number of a codec in the attributes of a batch. */
export type Codec = (typeof Codec)[CodecName];

/** Codec names; the index of a name is its number. */
export const codecNames: readonly CodecName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** The name of codec number `codec`. Throws QError UNSUPPORTED_CODEC for a number that names none. */
export function codecName(codec: number): CodecName {
  const name = codecNames[codec];
  if (name === undefined) {
    throw new QError('UNSUPPORTED_CODEC', `no compression codec has the number ${codec}`, { details: { codec } });
  }
  return name;
}

/**
 * Compresses `bytes` as one piece: gzip, raw snappy, an LZ4 frame, or a zstd frame. With `none` the input itself is
 * returned, not a copy. Throws QError UNSUPPORTED_CODEC when the codec's native addon cannot be loaded.
 */
export function compress(codec: CodecName, bytes: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return compressGzip(bytes);
    case 'snappy':
      return compressSnappy(bytes);
    case 'lz4':
      return compressLz4(bytes);
    case 'zstd':
      return compressZstd(bytes);
  }
}

/**
 * Decompresses untrusted `bytes` into at most `bytesMax` bytes; nothing larger is ever allocated. Snappy is read raw
 * and in xerial framing. With `none` the input itself is returned.
 *
 * Throws QError BATCH_TOO_LARGE when the result would pass `bytesMax`, CORRUPT_BATCH (with the codec's own error as
 * cause) when the bytes do not decompress or are followed by something else, and UNSUPPORTED_CODEC when the codec's
 * native addon cannot be loaded.
 */
export function decompress(codec: CodecName, bytes: Buffer, bytesMax: number): Buffer {
  switch (codec) {
    case 'none':
      if (bytes.length > bytesMax) throw outputTooLarge(codec, bytesMax);
      return bytes;
    case 'gzip':
      return decompressGzip(bytes, bytesMax);
    case 'snappy':
      return decompressSnappy(bytes, bytesMax);
    case 'lz4':
      return decompressLz4(bytes, bytesMax);
    case 'zstd':
      return decompressZstd(bytes, bytesMax);
  }
}

/** As `compress`, without holding up others, in the same way. `bytes` must not change before the promise settles. */
export async function compressInPool(
  codec: CodecName,
  bytes: Buffer,
  { pause }: { pause: () => Promise<void> },
): Promise<Buffer> {
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
    case 'zstd':
      return deflateInPool(codec, bytes);
    case 'snappy':
      return compressSnappyInSlices(bytes, pause);
    case 'lz4':
      return compressLz4InSlices(bytes, pause);
  }
}

/**
 * As `decompress`, without holding up others: gzip and zstd in the thread pool, snappy and lz4 here, with a call of
 * `pause` now and then. `bytes` must not change before the promise settles.
 */
export async function decompressInPool(
  codec: CodecName,
  bytes: Buffer,
  options: { bytesMax: number; pause: () => Promise<void> },
): Promise<Buffer> {
  const { bytesMax, pause } = options;
  switch (codec) {
    case 'none':
      return decompress(codec, bytes, bytesMax);
    case 'gzip':
      return decompressGzipInPool(bytes, bytesMax);
    case 'snappy':
      return decompressSnappyInSlices(bytes, bytesMax, pause);
    case 'lz4':
      return decompressLz4InSlices(bytes, bytesMax, pause);
    case 'zstd':
      return decompressZstdInPool(bytes, bytesMax);
  }
}

/**
 * What `bytes` say they decompress to, without doing it: an upper bound, with something for each piece that the codec
 * begins anew. 0 when they cannot be read: `decompress` will say why, at once.
 */
export function bytesSaid(codec: CodecName, bytes: Buffer): number {
  try {
    switch (codec) {
      case 'none':
        return bytes.length;
      case 'gzip':
        return gzipBytesSaid(bytes);
      case 'snappy':
        return snappyBytesSaid(bytes);
      case 'lz4':
        return lz4BytesSaid(bytes);
      case 'zstd':
        return zstdBytesSaid(bytes);
    }
  } catch (error) {
    if (QError.is(error)) return 0;
    throw error;
  }
}
