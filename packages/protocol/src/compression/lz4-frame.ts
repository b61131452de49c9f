import { xxHash32 } from '../checksum/xxhash32.ts';
import { corruptData, outputTooLarge } from './codec-error.ts';

/*
 * An LZ4 frame, little-endian:
 *
 *   magic u32 = 0x184d2204
 *   FLG u8: version (bits 6-7 = 01) | independent blocks 5 | block checksums 4 | content size 3 | content checksum 2 |
 *   0 | dictionary id 0 BD u8:  0 | block size (bits 4-6: 4 = 64 KiB, 5 = 256 KiB, 6 = 1 MiB, 7 = 4 MiB) | 0000
 *   content size u64 (FLG bit 3) | dictionary id u32 (FLG bit 0) | header checksum u8
 *   blocks: size u32 (top bit: stored as is), data, checksum u32 (FLG bit 4)
 *   end mark u32 = 0 | content checksum u32 (FLG bit 2)
 *
 * A block is sequences of: token u8 (literal length high nibble, match length low), literal length +255..., literals,
 * offset u16, match length +255...; the last sequence ends after its literals.
 */
const frameMagic = 0x184d2204;
export const storedFlag = 0x8000_0000;
/** One byte of input yields at most 255 bytes of a match. */
const expansionMax = 255;

export interface Lz4Frame {
  /** The content size the header declares, or null. */
  readonly declaredBytes: number | null;
  readonly blocksAt: number;
  readonly blockBytesMax: number;
  /** Matches may reach into the blocks before theirs. */
  readonly isLinked: boolean;
  readonly hasBlockChecksums: boolean;
  readonly hasContentChecksum: boolean;
}

/** Its data is `[start, end)` of the frame; a checksum may follow. */
export interface Lz4Block {
  readonly start: number;
  readonly end: number;
  readonly isStored: boolean;
}

const checksumBytes = 4;
const flagsAt = 4;
const independentFlag = 32;

/**
 * Walks one frame that must fill `bytes` exactly. Throws QError CORRUPT_BATCH when its structure is broken and
 * BATCH_TOO_LARGE when it would decompress to more than `bytesMax`.
 */
export function checkLz4Frame(bytes: Buffer, bytesMax: number): Lz4Frame {
  const frame = readHeader(bytes);
  if (frame.declaredBytes !== null && frame.declaredBytes > bytesMax) throw outputTooLarge('lz4', bytesMax);
  // The bound from block sizes alone is free, but far off when blocks are much smaller than their maximum.
  if (lz4BytesBound(bytes, frame) > bytesMax && sumBlocks(bytes, frame, exactBlockBytes) > bytesMax) {
    throw outputTooLarge('lz4', bytesMax);
  }
  return frame;
}

/** Whether a frame that begins at `start` has blocks that reach into the ones before them, as far as it says. */
export function hasLinkedBlocks(bytes: Buffer, start: number): boolean {
  return bytes.length > start + flagsAt && (bytes.readUInt8(start + flagsAt) & independentFlag) === 0;
}

/** What a frame may become at most, from the sizes of its blocks, and what it costs to begin each of them. */
export function lz4BytesSaid(bytes: Buffer): number {
  return sumBlocks(
    bytes,
    readHeader(bytes),
    (_bytes, frame, block) => lz4BlockBytesBound(bytes, frame, block) + blockOverheadBytes,
  );
}

/** A call of the addon takes about as long as so many bytes do. */
export const blockOverheadBytes = 1024;

function readHeader(bytes: Buffer): Lz4Frame {
  if (bytes.length < 11) throw corruptData('lz4', 'shorter than the smallest frame');
  if (bytes.readUInt32LE(0) !== frameMagic) throw corruptData('lz4', 'it does not begin with the frame magic');
  const flags = bytes.readUInt8(flagsAt);
  if (flags >>> 6 !== 1 || (flags & 2) !== 0) throw corruptData('lz4', 'the frame version is not known');
  if ((flags & 1) !== 0) throw corruptData('lz4', 'it needs a dictionary');
  const blockDescriptor = bytes.readUInt8(5);
  const blockSizeCode = blockDescriptor >>> 4;
  if (blockSizeCode < 4 || blockSizeCode > 7 || (blockDescriptor & 0x0f) !== 0)
    throw corruptData('lz4', 'the block size is not known');
  const hasContentSize = (flags & 8) !== 0;
  if (hasContentSize && bytes.length < 19) throw corruptData('lz4', 'the frame header is cut off');
  const checksumAt = hasContentSize ? 14 : 6;
  return {
    declaredBytes: hasContentSize ? Number(bytes.readBigUInt64LE(6)) : null,
    blocksAt: checksumAt + 1,
    blockBytesMax: 1 << (8 + 2 * blockSizeCode),
    isLinked: (flags & independentFlag) === 0,
    hasBlockChecksums: (flags & 16) !== 0,
    hasContentChecksum: (flags & 4) !== 0,
  };
}

/**
 * The header of a frame of independent blocks, without checksums and content size. `blockBytes`: one of the four that
 * there are.
 */
export function lz4HeaderOf(blockBytes: number): Buffer {
  const header = Buffer.alloc(7);
  header.writeUInt32LE(frameMagic);
  header[4] = 0x60;
  header[5] = ((Math.log2(blockBytes) - 8) / 2) << 4;
  header[6] = headerChecksum(header.subarray(4, 6));
  return header;
}

/** Throws QError CORRUPT_BATCH when the header is not the one that was written. */
export function checkLz4Header(bytes: Buffer, { blocksAt }: Lz4Frame): void {
  const checksumAt = blocksAt - 1;
  if (bytes[checksumAt] !== headerChecksum(bytes.subarray(4, checksumAt)))
    throw corruptData('lz4', 'the checksum of the frame header is wrong');
}

/** Of what lies between the magic and the checksum. */
function headerChecksum(descriptor: Buffer): number {
  return (xxHash32(descriptor) >>> 8) & 0xff;
}

/** The blocks of a frame, which must end where the bytes end. */
export function* lz4Blocks(bytes: Buffer, frame: Lz4Frame): Generator<Lz4Block> {
  let at = frame.blocksAt;
  for (;;) {
    if (at + 4 > bytes.length) throw corruptData('lz4', 'the frame is cut off');
    const sizeField = bytes.readUInt32LE(at);
    at += 4;
    if (sizeField === 0) break;
    const sizeInBytes = sizeField & ~storedFlag;
    const end = at + sizeInBytes;
    if (sizeInBytes > frame.blockBytesMax || end > bytes.length)
      throw corruptData('lz4', 'a block is too large or cut off');
    yield { start: at, end, isStored: (sizeField & storedFlag) !== 0 };
    at = end + (frame.hasBlockChecksums ? checksumBytes : 0);
  }
  if (at + (frame.hasContentChecksum ? checksumBytes : 0) !== bytes.length) {
    throw corruptData('lz4', 'something follows the frame, or it is cut off');
  }
}

type MeasureBlock = (bytes: Buffer, frame: Lz4Frame, block: Lz4Block) => number;

/** Adds up what the blocks decompress to, as `measure` has it. */
function sumBlocks(bytes: Buffer, frame: Lz4Frame, measure: MeasureBlock): number {
  let outputBytes = 0;
  for (const block of lz4Blocks(bytes, frame)) outputBytes += measure(bytes, frame, block);
  return outputBytes;
}

/** What a frame may become at most, from the sizes of its blocks. */
export function lz4BytesBound(bytes: Buffer, frame: Lz4Frame): number {
  return sumBlocks(bytes, frame, lz4BlockBytesBound);
}

/** What a block may become at most, from its size. */
export function lz4BlockBytesBound(_bytes: Buffer, frame: Lz4Frame, { start, end, isStored }: Lz4Block): number {
  return isStored ? end - start : Math.min(frame.blockBytesMax, (end - start) * expansionMax);
}

/** What a block decompresses to, from its sequences: lengths are read, nothing is copied. */
function exactBlockBytes(bytes: Buffer, { blockBytesMax }: Lz4Frame, { start, end, isStored }: Lz4Block): number {
  if (isStored) return end - start;
  let at = start;
  let outputBytes = 0;
  while (at < end) {
    const token = bytes[at] as number;
    at += 1;
    let length = token >>> 4;
    if (length === 15) {
      const extensionAt = at;
      at = endOfLength(bytes, at, end);
      length += lengthExtension(bytes, extensionAt, at);
    }
    outputBytes += length;
    at += length;
    if (at >= end) break;
    at += 2;
    length = (token & 0x0f) + 4;
    if ((token & 0x0f) === 15) {
      const extensionAt = at;
      at = endOfLength(bytes, at, end);
      length += lengthExtension(bytes, extensionAt, at);
    }
    outputBytes += length;
  }
  if (at !== end || outputBytes > blockBytesMax) throw corruptData('lz4', 'the sequences of a block do not fit it');
  return outputBytes;
}

/** The position after the bytes of an extended length: 255s and one that is less. */
function endOfLength(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === 255) at += 1;
  if (at >= end) throw corruptData('lz4', 'a length is cut off');
  return at + 1;
}

function lengthExtension(bytes: Buffer, start: number, end: number): number {
  return (end - start - 1) * 255 + (bytes[end - 1] as number);
}
