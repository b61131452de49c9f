import { loadCodecAddon } from './addon.ts';
import { corruptData, outputTooLarge } from './codec-error.ts';
import { checkLz4Frame } from './lz4-frame.ts';
import type { Lz4Frame } from './lz4-frame.ts';

interface Lz4Addon {
  compressFrameSync(input: Uint8Array): Buffer;
  decompressFrameSync(input: Uint8Array): Buffer;
  compressFrame(input: Uint8Array): Promise<Buffer>;
  decompressFrame(input: Uint8Array): Promise<Buffer>;
}

let loaded: Lz4Addon | undefined;

function lz4(): Lz4Addon {
  loaded ??= loadCodecAddon({ codec: 'lz4', packageName: 'lz4-napi' }) as Lz4Addon;
  return loaded;
}

export function compressLz4(bytes: Buffer): Buffer {
  return lz4().compressFrameSync(bytes);
}

export function compressLz4InPool(bytes: Buffer): Promise<Buffer> {
  return lz4().compressFrame(bytes);
}

/**
 * The addon has no limit on its output and accepts cut-off frames and trailing bytes, so the frame is walked first: it
 * only gets data whose structure is whole and whose output is known to stay within `bytesMax`.
 */
export function decompressLz4(bytes: Buffer, bytesMax: number): Buffer {
  const frame = checkLz4Frame(bytes, bytesMax);
  const addon = lz4();
  let output: Buffer;
  try {
    output = addon.decompressFrameSync(bytes);
  } catch (error) {
    throw corruptData('lz4', (error as Error).message, error);
  }
  return asDeclared(frame, output, bytesMax);
}

/** As `decompressLz4`, in the thread pool. */
export async function decompressLz4InPool(bytes: Buffer, bytesMax: number): Promise<Buffer> {
  const frame = checkLz4Frame(bytes, bytesMax);
  const addon = lz4();
  let output: Buffer;
  try {
    output = await addon.decompressFrame(bytes);
  } catch (error) {
    throw corruptData('lz4', (error as Error).message, error);
  }
  return asDeclared(frame, output, bytesMax);
}

function asDeclared(frame: Lz4Frame, output: Buffer, bytesMax: number): Buffer {
  if (output.length > bytesMax) throw outputTooLarge('lz4', bytesMax);
  if (frame.declaredBytes === null || frame.declaredBytes === output.length) return output;
  throw corruptData('lz4', `it declares ${frame.declaredBytes} bytes and decompresses to ${output.length}`);
}
