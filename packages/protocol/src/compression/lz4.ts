import { XxHash32, xxHash32 } from '../checksum/xxhash32.ts';
import { loadCodecAddon } from './addon.ts';
import { corruptData, outputTooLarge } from './codec-error.ts';
import {
  blockOverheadBytes,
  checkLz4Frame,
  checkLz4Header,
  lz4BlockBytesBound,
  lz4Blocks,
  lz4BytesBound,
  lz4HeaderOf,
  storedFlag,
} from './lz4-frame.ts';
import type { Lz4Block, Lz4Frame } from './lz4-frame.ts';
import { giveBack, returnOutput, takeOutput } from './output-memory.ts';

/*
 * What is large comes to the addon block by block, on this thread, and never in the thread pool: the addon's allocator
 * keeps what a thread has used for that thread. Whole frames in a pool of 24 threads, with several buffers of 4 MiB for
 * each, made a broker hold a gigabyte that nobody used (docs/notes/2026-11-30-memory-of-a-broker.md). It is faster,
 * too: a block of 1 MiB takes a quarter of a millisecond, and fresh memory for it in the pool took three times as long.
 */
interface Lz4Addon {
  compressFrameSync(input: Uint8Array): Buffer;
  decompressFrameSync(input: Uint8Array): Buffer;
  /** One block, behind its uncompressed size as a u32, little-endian. */
  compressSync(input: Uint8Array): Buffer;
  /** The same back. The size may be more than there is. `dictionary`: what was before the block. */
  uncompressSync(input: Uint8Array, dictionary: Uint8Array | null): Buffer;
}

const sizeBytes = 4;
/** So many times larger do most blocks become at most. */
const usualExpansion = 3;
/** How far a match may reach back. */
const windowBytes = 64 << 10;
/** Between two pauses, in bytes that are made; a block more or less. */
const sliceBytesMax = 512 << 10;
/** Of what is compressed in slices, and one of the four sizes that a frame may have: it takes half a millisecond. */
const madeBlockBytes = 256 << 10;
/** Memory for the input of the addon that is kept. The records of a batch of the usual largest size fit. */
const inputBytesKept = (1 << 20) + sizeBytes;

let loaded: Lz4Addon | undefined;
let keptInput: Buffer | undefined;

function lz4(): Lz4Addon {
  loaded ??= loadCodecAddon({ codec: 'lz4', packageName: 'lz4-napi' }) as Lz4Addon;
  return loaded;
}

export function compressLz4(bytes: Buffer): Buffer {
  return lz4().compressFrameSync(bytes);
}

/** As `compressLz4`, with a call of `pause` now and then. */
export async function compressLz4InSlices(bytes: Buffer, pause: () => Promise<void>): Promise<Buffer> {
  const addon = lz4();
  if (bytes.length <= madeBlockBytes) return addon.compressFrameSync(bytes);
  const parts = [lz4HeaderOf(madeBlockBytes)];
  const made: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += madeBlockBytes) {
    const plain = bytes.subarray(at, at + madeBlockBytes);
    const sized = addon.compressSync(plain);
    made.push(sized);
    const isStored = sized.length - sizeBytes >= plain.length;
    const block = isStored ? plain : sized.subarray(sizeBytes);
    const sizeField = Buffer.alloc(sizeBytes);
    sizeField.writeUInt32LE(isStored ? block.length + storedFlag : block.length);
    parts.push(sizeField, block);
    await pause();
  }
  const frame = Buffer.concat([...parts, Buffer.alloc(sizeBytes)]);
  for (const each of made) giveBack(each);
  return frame;
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
  if (output.length > bytesMax) throw outputTooLarge('lz4', bytesMax);
  checkDeclared(frame, output.length);
  return output;
}

/** As `decompressLz4`, block by block, with a call of `pause` now and then. */
export async function decompressLz4InSlices(
  bytes: Buffer,
  bytesMax: number,
  pause: () => Promise<void>,
): Promise<Buffer> {
  const frame = checkLz4Frame(bytes, bytesMax);
  checkLz4Header(bytes, frame);
  const onlyBlock = onlyBlockOf(bytes, frame);
  const output =
    onlyBlock === null
      ? await joinBlocks(bytes, frame, { bytesMax, pause })
      : decompressBlock(bytes, frame, onlyBlock, null);
  try {
    if (output.length > bytesMax) throw outputTooLarge('lz4', bytesMax);
    checkDeclared(frame, output.length);
    if (frame.hasContentChecksum) await checkContent(bytes, output, pause);
  } catch (error) {
    if (!returnOutput(output)) giveBack(output);
    throw error;
  }
  return output;
}

/** The block of a frame that has no other; null for all other frames. */
function onlyBlockOf(bytes: Buffer, frame: Lz4Frame): Lz4Block | null {
  const [first, second] = lz4Blocks(bytes, frame);
  return first !== undefined && second === undefined ? first : null;
}

async function joinBlocks(
  bytes: Buffer,
  frame: Lz4Frame,
  o: { bytesMax: number; pause: () => Promise<void> },
): Promise<Buffer> {
  const output = takeOutput(Math.min(lz4BytesBound(bytes, frame), o.bytesMax));
  let length = 0;
  let sliceBytes = 0;
  try {
    for (const block of lz4Blocks(bytes, frame)) {
      const window = frame.isLinked ? output.subarray(Math.max(0, length - windowBytes), length) : null;
      const piece = decompressBlock(bytes, frame, block, window);
      if (length + piece.length > output.length) throw outputTooLarge('lz4', o.bytesMax);
      piece.copy(output, length);
      length += piece.length;
      sliceBytes += piece.length + blockOverheadBytes;
      giveBack(piece);
      if (sliceBytes < sliceBytesMax) continue;
      sliceBytes = 0;
      await o.pause();
    }
  } catch (error) {
    returnOutput(output);
    throw error;
  }
  return output.subarray(0, length);
}

/** What a block becomes, in memory of its own. */
function decompressBlock(bytes: Buffer, frame: Lz4Frame, block: Lz4Block, window: Buffer | null): Buffer {
  const { start, end, isStored } = block;
  const data = bytes.subarray(start, end);
  if (frame.hasBlockChecksums && xxHash32(data) !== bytes.readUInt32LE(end))
    throw corruptData('lz4', 'the checksum of a block is wrong');
  if (isStored) return Buffer.from(data);
  const input = inputOf(sizeBytes + data.length);
  data.copy(input, sizeBytes);
  const boundBytes = lz4BlockBytesBound(bytes, frame, block);
  const addon = lz4();
  const usualBytes = data.length * usualExpansion;
  const usual = usualBytes < boundBytes ? uncompressInto(usualBytes, input, window) : null;
  if (usual !== null) return usual;
  input.writeUInt32LE(boundBytes);
  try {
    return addon.uncompressSync(input, window);
  } catch (error) {
    throw corruptData('lz4', (error as Error).message, error);
  }
}

/**
 * The addon takes all the room that it is given, so it is given little at first. Null: the block becomes more, or is
 * damaged.
 */
function uncompressInto(roomBytes: number, input: Buffer, window: Buffer | null): Buffer | null {
  const addon = lz4();
  input.writeUInt32LE(roomBytes);
  try {
    return addon.uncompressSync(input, window);
  } catch {
    return null;
  }
}

/** Memory for the input of one call. */
function inputOf(length: number): Buffer {
  if (length > inputBytesKept) return Buffer.allocUnsafeSlow(length);
  keptInput ??= Buffer.allocUnsafeSlow(inputBytesKept);
  return keptInput.subarray(0, length);
}

async function checkContent(bytes: Buffer, output: Buffer, pause: () => Promise<void>): Promise<void> {
  const hash = new XxHash32();
  for (let at = 0; at < output.length; at += sliceBytesMax) {
    hash.update(output.subarray(at, at + sliceBytesMax));
    await pause();
  }
  if (hash.digest() !== bytes.readUInt32LE(bytes.length - sizeBytes))
    throw corruptData('lz4', 'the checksum of the content is wrong');
}

function checkDeclared({ declaredBytes }: Lz4Frame, outputBytes: number): void {
  if (declaredBytes === null || declaredBytes === outputBytes) return;
  throw corruptData('lz4', `it declares ${declaredBytes} bytes and decompresses to ${outputBytes}`);
}
