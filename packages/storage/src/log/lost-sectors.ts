import type { File } from '../ports/file-system.ts';

/** The smallest unit that a disk writes, or does not. */
const sectorBytes = 512;
// A batch begins with the high bytes of its offset, which are zeros: fewer than this many say nothing.
const zerosMin = 8;
const offsetBytes = 8;

/**
 * Does the stretch from `from` to `to`, where something valid begins, show a write that a power cut interrupted?
 * Sectors of it that never reached the disk read as zeros, from a sector's start (or the place where the file ended
 * before the write) to its end. A damaged disk flips bits or returns garbage; it does not do that.
 */
export async function hasLostSector(o: { file: File; from: number; to: number; blockBytes: number }): Promise<boolean> {
  const blockBytes = Math.max(sectorBytes, o.blockBytes - (o.blockBytes % sectorBytes));
  // The last sector counts only if all of it lies before `to`: what is valid there was written. But for the zeros that
  // its offset begins with.
  const overhang = sectorBytes - (o.to % sectorBytes);
  const end = overhang < offsetBytes ? o.to + overhang : o.to;
  for (let blockAt = o.from - (o.from % sectorBytes); blockAt < end; blockAt += blockBytes) {
    const block = await o.file.read(blockAt, Math.min(blockBytes, end - blockAt));
    for (let at = 0; at + sectorBytes <= block.length; at += sectorBytes) {
      const sector = block.subarray(Math.max(at, o.from - blockAt), at + sectorBytes);
      if (sector.length >= zerosMin && sector.every((byte) => byte === 0)) return true;
    }
  }
  return false;
}

/**
 * Is the offset of the batch at `position` lower than it should be, `offset`, because the sector in which the batch
 * begins was not written, though the next one was? The CRC does not cover the offset, so the batch is whole in every
 * other way. A sector that ends within the offset left bytes of it behind: they must be those of `offset`, and it must
 * be sure that this is the right one.
 */
export async function hasLostOffset(o: {
  file: File;
  position: number;
  offset: number;
  isSure: boolean;
}): Promise<boolean> {
  const lostBytes = sectorBytes - (o.position % sectorBytes);
  const found = await o.file.read(o.position, Math.max(lostBytes, offsetBytes));
  if (found.readBigInt64BE() >= o.offset) return false;
  if (!found.subarray(0, lostBytes).every((byte) => byte === 0)) return false;
  if (lostBytes >= offsetBytes) return true;
  const expected = Buffer.alloc(offsetBytes);
  expected.writeBigInt64BE(BigInt(o.offset));
  return o.isSure && found.subarray(lostBytes, offsetBytes).equals(expected.subarray(lostBytes));
}
