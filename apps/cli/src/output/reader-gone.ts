import type { Writable } from 'node:stream';

/**
 * Whether whoever read this output has gone away (`| head`, a closed terminal), which is no failure. EIO of a file is
 * one.
 */
export function isReaderGone(error: NodeJS.ErrnoException, stream: Writable & { readonly isTTY?: boolean }): boolean {
  return (
    error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || (error.code === 'EIO' && stream.isTTY === true)
  );
}
