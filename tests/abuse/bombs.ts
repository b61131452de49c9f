import { compress, crc32c, encodeBatch } from '@q/protocol';

const KiB = 1024;

/** A batch whose records are so many zeros, compressed; none of them is too large by itself. */
export function bomb(bytes: number): Buffer {
  const value = Buffer.alloc(512 * KiB);
  const plain = encodeBatch(Array.from({ length: bytes / value.length }, () => ({ value })));
  const section = compress('gzip', plain.subarray(61));
  return resealed(Buffer.concat([plain.subarray(0, 61), section]));
}

/** The same, but it says that it is of another size: a gzip trailer ends with it. */
export function lyingBomb(batch: Buffer, said: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(said);
  return resealed(Buffer.concat([batch.subarray(0, -4), size]));
}

/** One whose data is damaged just before its end, so that nearly all of it is decompressed. */
export function damagedBomb(batch: Buffer): Buffer {
  const damaged = Buffer.from(batch);
  damaged[damaged.length - 6]! ^= 0xff;
  return resealed(damaged);
}

/** The batch as a gzip batch with a length and a CRC that fit. */
function resealed(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt16BE(1, 21);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}
