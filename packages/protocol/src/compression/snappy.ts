import { loadCodecAddon } from './addon.ts';
import { corruptData, outputTooLarge } from './codec-error.ts';
import { giveBack, returnOutput, takeOutput } from './output-memory.ts';
import { SnappyElements } from './snappy-elements.ts';

/*
 * Raw snappy:     uncompressed size (unsigned LEB128, at most 32 bits) | elements
 * Xerial framing: 82 'SNAPPY' 00 | version i32 | compatible version i32 | blocks: length i32 BE | raw snappy
 *
 * Clients in the wild send both. We write raw, which every one of them reads.
 */
interface SnappyAddon {
  compressSync(input: Uint8Array): Buffer;
  uncompressSync(input: Uint8Array, options: { asBuffer: true }): Buffer;
}

let loaded: SnappyAddon | undefined;

function snappy(): SnappyAddon {
  loaded ??= loadCodecAddon({ codec: 'snappy', packageName: 'snappy' }) as SnappyAddon;
  return loaded;
}

const xerialMagic: Buffer = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;
const xerialVersion = 1;

/** The best a snappy element can do is 64 bytes for 3; a prefix that promises more cannot be honest. */
const expansionMax = 22;

export function compressSnappy(bytes: Buffer): Buffer {
  return snappy().compressSync(bytes);
}

/**
 * As `compressSnappy`, with a call of `pause` now and then. Elements may stand behind those of another piece, as what
 * they copy is told by its distance. Not in the thread pool: the addon's allocator keeps for each thread what that has
 * used.
 */
export async function compressSnappyInSlices(bytes: Buffer, pause: () => Promise<void>): Promise<Buffer> {
  if (bytes.length <= sliceBytesMax) return compressSnappy(bytes);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += sliceBytesMax) {
    pieces.push(compressSnappy(bytes.subarray(at, at + sliceBytesMax)));
    await pause();
  }
  const whole = Buffer.concat([sizePrefix(bytes.length), ...pieces.map((piece) => piece.subarray(prefixBytes(piece)))]);
  for (const piece of pieces) giveBack(piece);
  return whole;
}

/** Reads raw snappy and xerial framing; sizes are checked against `bytesMax` before anything is decompressed. */
export function decompressSnappy(bytes: Buffer, bytesMax: number): Buffer {
  if (!isXerial(bytes)) return decompressRaw(checkedRaw(bytes, bytesMax));
  const outputBytes = xerialBytes(bytes, bytesMax);
  const outputs: Buffer[] = [];
  for (const { start, end } of xerialBlocks(bytes)) outputs.push(decompressRaw(bytes.subarray(start, end)));
  return Buffer.concat(outputs, outputBytes);
}

/** As `decompressSnappy`, with a call of `pause` now and then. */
export async function decompressSnappyInSlices(
  bytes: Buffer,
  bytesMax: number,
  pause: () => Promise<void>,
): Promise<Buffer> {
  const isFramed = isXerial(bytes);
  if (!isFramed && declaredBytes(checkedRaw(bytes, bytesMax), 0, bytes.length) <= wholeBytesMax)
    return decompressRaw(bytes);
  const output = takeOutput(isFramed ? xerialBytes(bytes, bytesMax) : declaredBytes(bytes, 0, bytes.length));
  try {
    if (isFramed) await joinXerial(bytes, output, pause);
    else await decompressLarge(bytes, output, pause);
  } catch (error) {
    returnOutput(output);
    throw error;
  }
  return output;
}

async function joinXerial(bytes: Buffer, output: Buffer, pause: () => Promise<void>): Promise<void> {
  let length = 0;
  let sliceBytes = 0;
  for (const { start, end } of xerialBlocks(bytes)) {
    const block = bytes.subarray(start, end);
    const blockBytes = declaredBytes(bytes, start, end);
    if (blockBytes > sliceBytesMax) await decompressLarge(block, output.subarray(length, length + blockBytes), pause);
    else decompressRaw(block).copy(output, length);
    length += blockBytes;
    sliceBytes += blockBytes + blockOverheadBytes;
    if (sliceBytes < sliceBytesMax) continue;
    sliceBytes = 0;
    await pause();
  }
}

/** To `output`, which has the size that the raw block declares. */
async function decompressLarge(bytes: Buffer, output: Buffer, pause: () => Promise<void>): Promise<void> {
  const elements = new SnappyElements(bytes, prefixBytes(bytes), output);
  while (!elements.run(sliceBytesMax)) await pause();
}

/** What the data says it becomes, and what it costs to begin each of its blocks; 0 when it cannot be read. */
export function snappyBytesSaid(bytes: Buffer): number {
  if (!isXerial(bytes)) return declaredBytes(bytes, 0, bytes.length);
  let saidBytes = 0;
  for (const { start, end } of xerialBlocks(bytes)) saidBytes += declaredBytes(bytes, start, end) + blockOverheadBytes;
  return saidBytes;
}

/** A call of the addon takes about as long as so many bytes do. */
const blockOverheadBytes = 1024;
const sliceBytesMax = 512 * 1024;
/** Up to so many bytes the addon decompresses at once: a millisecond. */
const wholeBytesMax = 2 * 1024 * 1024;

function isXerial(bytes: Buffer): boolean {
  return bytes.length >= xerialMagic.length && xerialMagic.equals(bytes.subarray(0, xerialMagic.length));
}

function checkedRaw(bytes: Buffer, bytesMax: number): Buffer {
  if (declaredBytes(bytes, 0, bytes.length) > bytesMax) throw outputTooLarge('snappy', bytesMax);
  return bytes;
}

/** What all blocks decompress to. */
function xerialBytes(bytes: Buffer, bytesMax: number): number {
  let outputBytes = 0;
  for (const { start, end } of xerialBlocks(bytes)) {
    outputBytes += declaredBytes(bytes, start, end);
    if (outputBytes > bytesMax) throw outputTooLarge('snappy', bytesMax);
  }
  return outputBytes;
}

function* xerialBlocks(bytes: Buffer): Generator<{ start: number; end: number }> {
  if (bytes.length < xerialHeaderBytes) throw corruptData('snappy', 'the xerial header is cut off');
  const compatibleVersion = bytes.readInt32BE(12);
  if (compatibleVersion > xerialVersion)
    throw corruptData('snappy', `xerial version ${compatibleVersion} is not known`);
  let at = xerialHeaderBytes;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw corruptData('snappy', 'a xerial block length is cut off');
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw corruptData('snappy', 'a xerial block is cut off');
    yield { start: at + 4, end };
    at = end;
  }
}

function decompressRaw(bytes: Buffer): Buffer {
  const addon = snappy();
  try {
    // The addon checks that the elements yield exactly the declared size and use up the input.
    return addon.uncompressSync(bytes, { asBuffer: true });
  } catch (error) {
    throw corruptData('snappy', (error as Error).message, error);
  }
}

/** How long the length prefix of a raw block is; it is whole. */
function prefixBytes(block: Buffer): number {
  return block.findIndex((byte) => byte < 0x80) + 1;
}

function sizePrefix(size: number): Buffer {
  const prefix: number[] = [];
  let rest = size;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) prefix.push((rest % 0x80) | 0x80);
  return Buffer.from([...prefix, rest]);
}

/** The length prefix of the raw block from `start` to `end`. */
function declaredBytes(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = start + index < end ? bytes[start + index] : undefined;
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte >= 0x80) continue;
    if (value > (end - start) * expansionMax)
      throw corruptData('snappy', `${end - start} bytes cannot hold the ${value} they declare`);
    return value;
  }
  throw corruptData('snappy', 'the length prefix is cut off or overlong');
}
