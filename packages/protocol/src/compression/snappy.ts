import { QError } from '../errors.ts';
import { loadCodecAddon } from './addon.ts';
import { returnOutput, takeOutput } from './output-memory.ts';
import { corruptData, outputTooLarge } from './codec-error.ts';

/*
 * Raw snappy:     uncompressed size (unsigned LEB128, at most 32 bits) | elements
 * Xerial framing: 82 'SNAPPY' 00 | version i32 | compatible version i32 | blocks: length i32 BE | raw snappy
 *
 * Clients in the wild send both. We write raw, which every one of them reads.
 */
interface SnappyAddon {
  compressSync(input: Uint8Array): Buffer;
  uncompressSync(input: Uint8Array, options: { asBuffer: true }): Buffer;
  compress(input: Uint8Array): Promise<Buffer>;
  uncompress(input: Uint8Array, options: { asBuffer: true }): Promise<Buffer>;
}

let loaded: SnappyAddon | undefined;

function snappy(): SnappyAddon {
  loaded ??= loadCodecAddon({ codec: 'snappy', packageName: '@napi-rs/snappy' }) as SnappyAddon;
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

export function compressSnappyInPool(bytes: Buffer): Promise<Buffer> {
  return snappy().compress(bytes);
}

/** Reads raw snappy and xerial framing; sizes are checked against `bytesMax` before anything is decompressed. */
export function decompressSnappy(bytes: Buffer, bytesMax: number): Buffer {
  if (!isXerial(bytes)) return decompressRaw(checkedRaw(bytes, bytesMax));
  const outputBytes = xerialBytes(bytes, bytesMax);
  const outputs: Buffer[] = [];
  for (const { start, end } of xerialBlocks(bytes)) outputs.push(decompressRaw(bytes.subarray(start, end)));
  return Buffer.concat(outputs, outputBytes);
}

/**
 * As `decompressSnappy`, in the thread pool. Blocks of xerial framing are small, so they are decompressed here, and `pause`
 * is called between some of them.
 */
export async function decompressSnappyInPool(bytes: Buffer, bytesMax: number, pause: () => Promise<void>): Promise<Buffer> {
  if (!isXerial(bytes)) return decompressRawInPool(checkedRaw(bytes, bytesMax));
  const output = takeOutput(xerialBytes(bytes, bytesMax));
  try {
    await joinXerial(bytes, output, pause);
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
    const isLarge = declaredBytes(bytes, start, end) > sliceBytesMax;
    const piece = isLarge ? await decompressRawInPool(block) : decompressRaw(block);
    piece.copy(output, length);
    length += piece.length;
    sliceBytes += piece.length + blockOverheadBytes;
    if (sliceBytes < sliceBytesMax) continue;
    sliceBytes = 0;
    await pause();
  }
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
  if (compatibleVersion > xerialVersion) throw corruptData('snappy', `xerial version ${compatibleVersion} is not known`);
  let at = xerialHeaderBytes;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw corruptData('snappy', 'a xerial block length is cut off');
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw corruptData('snappy', 'a xerial block is cut off');
    yield { start: at + 4, end };
    at = end;
  }
}

async function decompressRawInPool(bytes: Buffer): Promise<Buffer> {
  try {
    return await snappy().uncompress(bytes, { asBuffer: true });
  } catch (error) {
    if (QError.is(error)) throw error;
    throw corruptData('snappy', (error as Error).message, error);
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

/** The length prefix of the raw block from `start` to `end`. */
function declaredBytes(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = start + index < end ? bytes[start + index] : undefined;
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte >= 0x80) continue;
    if (value > (end - start) * expansionMax) throw corruptData('snappy', `${end - start} bytes cannot hold the ${value} they declare`);
    return value;
  }
  throw corruptData('snappy', 'the length prefix is cut off or overlong');
}
