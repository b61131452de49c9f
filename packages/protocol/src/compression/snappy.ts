import { loadCodecAddon } from './addon.ts';
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

/** Reads raw snappy and xerial framing; sizes are checked against `bytesMax` before anything is decompressed. */
export function decompressSnappy(bytes: Buffer, bytesMax: number): Buffer {
  if (bytes.length >= xerialMagic.length && xerialMagic.equals(bytes.subarray(0, xerialMagic.length))) {
    return decompressXerial(bytes, bytesMax);
  }
  if (declaredBytes(bytes) > bytesMax) throw outputTooLarge('snappy', bytesMax);
  return decompressRaw(bytes);
}

function decompressXerial(bytes: Buffer, bytesMax: number): Buffer {
  const blocks = splitXerial(bytes);
  let outputBytes = 0;
  for (const block of blocks) {
    outputBytes += declaredBytes(block);
    if (outputBytes > bytesMax) throw outputTooLarge('snappy', bytesMax);
  }
  return Buffer.concat(blocks.map(decompressRaw), outputBytes);
}

function splitXerial(bytes: Buffer): Buffer[] {
  if (bytes.length < xerialHeaderBytes) throw corruptData('snappy', 'the xerial header is cut off');
  const compatibleVersion = bytes.readInt32BE(12);
  if (compatibleVersion > xerialVersion) throw corruptData('snappy', `xerial version ${compatibleVersion} is not known`);
  const blocks: Buffer[] = [];
  let at = xerialHeaderBytes;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw corruptData('snappy', 'a xerial block length is cut off');
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw corruptData('snappy', 'a xerial block is cut off');
    blocks.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return blocks;
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

/** The length prefix of a raw block. */
function declaredBytes(bytes: Buffer): number {
  let value = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[index];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte >= 0x80) continue;
    if (value > bytes.length * expansionMax) throw corruptData('snappy', `${bytes.length} bytes cannot hold the ${value} they declare`);
    return value;
  }
  throw corruptData('snappy', 'the length prefix is cut off or overlong');
}
