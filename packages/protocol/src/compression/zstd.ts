import { QError } from '../errors.ts';
import { corruptData, outputTooLarge } from './codec-error.ts';
import { protocolLimits } from '../limits.ts';
import { returnOutput, takeOutput } from './output-memory.ts';
import { inflateBounded, inflateInPool, zlib } from './zlib.ts';
import type { InflateOptions } from './zlib.ts';

/*
 * A zstd frame (RFC 8878), little-endian:
 *
 *   magic u32 = 0xfd2fb528 | descriptor u8 | window u8 (unless single segment) | dictionary id 0/1/2/4 | content size
 *   0/1/2/4/8 blocks: u24 = last (bit 0), type (bits 1-2: raw, run, compressed), size (bits 3-23); then the data (1
 *   byte for a run) checksum u32 (when the descriptor says so)
 */
const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const skippableMask = 0xfffffff0;
const runBlock = 1;
const reservedBlock = 3;
/** No block holds more once it is decompressed. */
const blockBytesMax = 128 * 1024;

export function compressZstd(bytes: Buffer): Buffer {
  return zlib().zstdCompressSync(bytes);
}

/**
 * Walks the frames before anything is decompressed: Node ignores what follows the last frame (Node 24 all that follows
 * the first), and the walk also bounds the size of the output.
 */
export function decompressZstd(bytes: Buffer, bytesMax: number): Buffer {
  const outputs: Buffer[] = [];
  let remainingBytes = bytesMax;
  for (const frame of contentFrames(bytes)) {
    const output = inflateBounded(inflateOptions(bytes, frame, { remainingBytes, bytesMax }));
    outputs.push(output);
    remainingBytes -= output.length;
  }
  return outputs.length === 1 ? outputs[0]! : Buffer.concat(outputs);
}

/** As `decompressZstd`, in the thread pool. */
export async function decompressZstdInPool(bytes: Buffer, bytesMax: number): Promise<Buffer> {
  const frames = [...contentFrames(bytes)];
  const saidBytes = frames.reduce((sum, frame) => sum + frame.outputBytesBound, 0);
  const output = takeOutput(Math.min(saidBytes, bytesMax));
  let length = 0;
  try {
    for (const frame of frames) {
      const options = inflateOptions(bytes, frame, { remainingBytes: bytesMax - length, bytesMax });
      length += await inflateInPool(options, output.subarray(length));
    }
  } catch (error) {
    returnOutput(output);
    throw error;
  }
  return output.subarray(0, length);
}

/** What the frames say they become, and what it costs to begin each of them. */
export function zstdBytesSaid(bytes: Buffer): number {
  let saidBytes = 0;
  for (const frame of contentFrames(bytes)) saidBytes += frame.outputBytesBound + frameOverheadBytes;
  return saidBytes;
}

/** A decompressor is set up for each frame, which takes about as long as so many bytes do. */
const frameOverheadBytes = 16 * 1024;

/**
 * The frames that have data, of which there must be one at least, and not so many that beginning them is what takes the
 * time.
 */
function* contentFrames(bytes: Buffer): Generator<Frame> {
  const { zstdFramesMax } = protocolLimits;
  let count = 0;
  for (let at = 0; at < bytes.length;) {
    const frame = walkFrame(bytes, at);
    at = frame.end;
    if (!frame.hasContent) continue;
    count += 1;
    if (count > zstdFramesMax) throw tooManyFrames(zstdFramesMax);
    yield frame;
  }
  if (count === 0) throw corruptData('zstd', 'there is no frame');
}

function inflateOptions(
  bytes: Buffer,
  frame: Frame,
  room: { remainingBytes: number; bytesMax: number },
): InflateOptions {
  const tooLong = (): QError => outputTooLarge('zstd', room.bytesMax);
  if (frame.declaredBytes > room.remainingBytes) throw tooLong();
  const outputBytesMax = Math.min(frame.outputBytesBound, room.remainingBytes);
  return { codec: 'zstd', bytes: bytes.subarray(frame.start, frame.end), outputBytesMax, tooLong };
}

function tooManyFrames(framesMax: number): QError {
  return new QError('BATCH_TOO_LARGE', `zstd data has more than ${framesMax} frames; write it as one`, {
    details: { codec: 'zstd', framesMax },
  });
}

interface Frame {
  /** False for a skippable frame, which holds no data of ours. */
  readonly hasContent: boolean;
  readonly start: number;
  readonly end: number;
  readonly outputBytesBound: number;
  /** The content size the frame declares, 0 when it declares none. */
  readonly declaredBytes: number;
}

function walkFrame(bytes: Buffer, start: number): Frame {
  if (start + 5 > bytes.length) throw corruptData('zstd', `no whole frame at byte ${start}`);
  const magic = bytes.readUInt32LE(start);
  if ((magic & skippableMask) >>> 0 === skippableMagic) return skipFrame(bytes, start);
  if (magic !== frameMagic) throw corruptData('zstd', `no frame begins at byte ${start}`);
  const descriptor = bytes.readUInt8(start + 4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3] as number;
  const contentSizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number;
  const contentSizeAt = start + 5 + (singleSegment ? 0 : 1) + dictionaryIdBytes;
  const blocksAt = contentSizeAt + contentSizeBytes;
  if (blocksAt > bytes.length) throw corruptData('zstd', 'a frame header is cut off');
  const declaredBytes = readContentSize(bytes, contentSizeAt, contentSizeBytes);
  const blocks = walkBlocks(bytes, blocksAt);
  const end = blocks.end + ((descriptor & 4) === 0 ? 0 : 4);
  if (end > bytes.length) throw corruptData('zstd', 'a frame checksum is cut off');
  const outputBytesBound =
    contentSizeBytes === 0 ? blocks.outputBytesBound : Math.min(declaredBytes, blocks.outputBytesBound);
  return { hasContent: true, start, end, outputBytesBound, declaredBytes };
}

function walkBlocks(bytes: Buffer, start: number): { end: number; outputBytesBound: number } {
  let at = start;
  let outputBytesBound = 0;
  for (let last = false; !last;) {
    if (at + 3 > bytes.length) throw corruptData('zstd', 'a block header is cut off');
    const header = bytes.readUIntLE(at, 3);
    last = (header & 1) === 1;
    const type = (header >>> 1) & 3;
    const sizeInBytes = header >>> 3;
    if (type === reservedBlock) throw corruptData('zstd', 'a block is of the reserved type');
    outputBytesBound += type === 2 ? blockBytesMax : sizeInBytes;
    at += 3 + (type === runBlock ? 1 : sizeInBytes);
    if (at > bytes.length) throw corruptData('zstd', 'a block is cut off');
  }
  return { end: at, outputBytesBound };
}

function readContentSize(bytes: Buffer, at: number, width: number): number {
  if (width === 0) return 0;
  // Two-byte sizes are stored less 256: smaller ones have the one-byte form.
  if (width === 2) return bytes.readUInt16LE(at) + 256;
  return width === 8 ? Number(bytes.readBigUInt64LE(at)) : bytes.readUIntLE(at, width);
}

function skipFrame(bytes: Buffer, start: number): Frame {
  if (start + 8 > bytes.length) throw corruptData('zstd', 'a skippable frame is cut off');
  const end = start + 8 + bytes.readUInt32LE(start + 4);
  if (end > bytes.length) throw corruptData('zstd', 'a skippable frame is cut off');
  return { hasContent: false, start, end, outputBytesBound: 0, declaredBytes: 0 };
}
