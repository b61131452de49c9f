import { bytesSaid, codecNames } from '../compression/codec.ts';
import type { CodecName } from '../compression/codec.ts';
import { batchAttributes } from './header.ts';
import { batchHeaderBytes, codecMask } from './layout.ts';

/** How many bytes of a record are decompressed and walked while one of them is compressed, roughly. */
const compressionFactor: Readonly<Record<CodecName, number>> = { none: 1, gzip: 24, snappy: 2, lz4: 2, zstd: 3 };

/**
 * What it takes to check a batch, in bytes that are read or made, before anything is done: what was sent, and what it
 * says it becomes. `recompressTo` adds what it takes to compress it anew. The batch may come from anyone; what is too
 * short to be one takes nothing.
 */
export function checkWorkBytes(batch: Buffer, recompressTo: CodecName | null = null): number {
  if (batch.length < batchHeaderBytes) return 0;
  const codec = codecNames[batchAttributes(batch) & codecMask];
  if (codec === undefined) return 0;
  if (codec === 'none' && (recompressTo === null || recompressTo === 'none')) return batch.length;
  const section = batch.subarray(batchHeaderBytes);
  const plainBytes = bytesSaid(codec, section);
  const makesAnew = recompressTo !== null && recompressTo !== codec;
  return batch.length + plainBytes * (makesAnew ? compressionFactor[recompressTo] : 1);
}
