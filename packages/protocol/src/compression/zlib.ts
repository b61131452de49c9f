import type * as NodeZlib from 'node:zlib';
import type { QError } from '../errors.ts';
import { corruptData } from './codec-error.ts';
import { giveBack } from './output-memory.ts';

let loaded: typeof NodeZlib | undefined;

/**
 * `node:zlib`, loaded when it is first needed: importing it costs about 5 ms, more than all the rest of this package.
 */
export function zlib(): typeof NodeZlib {
  loaded ??= process.getBuiltinModule('node:zlib');
  return loaded;
}

export interface InflateOptions {
  readonly codec: 'gzip' | 'zstd';
  readonly bytes: Buffer;
  /** Most bytes that may come out: what the data says, or must not pass. */
  readonly outputBytesMax: number;
  /** The error when more would come out. */
  readonly tooLong: () => QError;
}

const chunkBytesMin = 16 * 1024;

/** Runs the decompressor of `codec` and never lets it produce more than `outputBytesMax` bytes. */
export function inflateBounded({ codec, bytes, outputBytesMax, tooLong }: InflateOptions): Buffer {
  // One chunk that takes the whole output spares the decompressor a concatenation; the byte more lets it see the end.
  const limits = {
    maxOutputLength: Math.max(outputBytesMax, 1),
    chunkSize: Math.max(outputBytesMax + 1, chunkBytesMin),
  };
  let output: Buffer;
  try {
    output = codec === 'gzip' ? zlib().gunzipSync(bytes, limits) : zlib().zstdDecompressSync(bytes, limits);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLong();
    throw corruptData(codec, (error as Error).message, error);
  }
  // Node's limit cannot be set to nothing.
  if (output.length > outputBytesMax) throw tooLong();
  return output;
}

/**
 * Long enough that the way to the thread pool and back does not count, short enough that files get their turns there.
 */
const pieceBytes = 512 * 1024;

/**
 * As `inflateBounded`, in the thread pool and piece by piece, to the beginning of `output`, which has room for
 * `outputBytesMax` bytes. Resolves to how many there are. Of data that is damaged or lies, one piece is left to the
 * collector, not all.
 */
export function inflateInPool(
  { codec, bytes, outputBytesMax, tooLong }: InflateOptions,
  output: Buffer,
): Promise<number> {
  let length = 0;
  return new Promise((resolve, reject) => {
    const stream =
      codec === 'gzip'
        ? zlib().createGunzip({ chunkSize: pieceBytes })
        : zlib().createZstdDecompress({ chunkSize: pieceBytes });
    stream.on('data', (piece: Buffer) => {
      if (length + piece.length > outputBytesMax) {
        stream.destroy();
        reject(tooLong());
        return;
      }
      piece.copy(output, length);
      length += piece.length;
      // zlib goes on writing behind a piece that is not full, and that stays.
      giveBack(piece);
    });
    stream.once('error', (error) => reject(corruptData(codec, error.message, error)));
    stream.once('end', () => resolve(length));
    stream.end(bytes);
  });
}

/** Compresses in the thread pool. */
export function deflateInPool(codec: 'gzip' | 'zstd', bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, output: Buffer): void => (error === null ? resolve(output) : reject(error));
    if (codec === 'gzip') zlib().gzip(bytes, done);
    else zlib().zstdCompress(bytes, done);
  });
}
