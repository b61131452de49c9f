import { createRequire } from 'node:module';

/**
 * Inputs at least this long go to the native addon. A native call costs about 300 ns before it reads the first byte;
 * below this length the table code is done sooner.
 */
export const nativeBytesMin = 256;

type Crc32c = (bytes: Uint8Array, initial?: number) => number;

/** The reversed Castagnoli polynomial. */
const polynomial = 0x82f63b78;

/**
 * Sixteen tables of 256 entries, one after another: entry `256 * k + b` advances byte `b` by `k` further zero bytes.
 */
const tables: Int32Array = buildTables();

function buildTables(): Int32Array {
  const entries = new Int32Array(16 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
    entries[byte] = crc;
  }
  for (let index = 256; index < entries.length; index += 1) {
    const previous = entries[index - 256] as number;
    entries[index] = (previous >>> 8) ^ (entries[previous & 0xff] as number);
  }
  return entries;
}

/** CRC-32C by tables alone. */
export function crc32cTable(bytes: Uint8Array, initial = 0): number {
  return tableCrc(bytes, initial, 0, bytes.length);
}

/**
 * "Slicing by 16": sixteen look-ups for sixteen bytes, twelve of which need nothing of what came before. Written out on
 * purpose: 118 ns for 149 bytes by eights, 91 so (docs/notes/2026-11-22-the-crc.md).
 */
function tableCrc(bytes: Uint8Array, initial: number, from: number, to: number): number {
  const t = tables;
  let crc = ~initial;
  let at = from;
  while (at <= to - 16) {
    const low = crc ^ word(bytes, at);
    const rest =
      (t[2816 + (bytes[at + 4] as number)] as number)
      ^ (t[2560 + (bytes[at + 5] as number)] as number)
      ^ (t[2304 + (bytes[at + 6] as number)] as number)
      ^ (t[2048 + (bytes[at + 7] as number)] as number)
      ^ (t[1792 + (bytes[at + 8] as number)] as number)
      ^ (t[1536 + (bytes[at + 9] as number)] as number)
      ^ (t[1280 + (bytes[at + 10] as number)] as number)
      ^ (t[1024 + (bytes[at + 11] as number)] as number)
      ^ (t[768 + (bytes[at + 12] as number)] as number)
      ^ (t[512 + (bytes[at + 13] as number)] as number)
      ^ (t[256 + (bytes[at + 14] as number)] as number)
      ^ (t[bytes[at + 15] as number] as number);
    crc =
      rest
      ^ ((t[3840 + (low & 0xff)] as number) ^ (t[3584 + ((low >>> 8) & 0xff)] as number))
      ^ ((t[3328 + ((low >>> 16) & 0xff)] as number) ^ (t[3072 + (low >>> 24)] as number));
    at += 16;
  }
  if (at <= to - 8) {
    const low = crc ^ word(bytes, at);
    crc =
      (t[1792 + (low & 0xff)] as number)
      ^ (t[1536 + ((low >>> 8) & 0xff)] as number)
      ^ (t[1280 + ((low >>> 16) & 0xff)] as number)
      ^ (t[1024 + (low >>> 24)] as number)
      ^ (t[768 + (bytes[at + 4] as number)] as number)
      ^ (t[512 + (bytes[at + 5] as number)] as number)
      ^ (t[256 + (bytes[at + 6] as number)] as number)
      ^ (t[bytes[at + 7] as number] as number);
    at += 8;
  }
  while (at < to) {
    crc = (crc >>> 8) ^ (t[(crc ^ (bytes[at] as number)) & 0xff] as number);
    at += 1;
  }
  return ~crc >>> 0;
}

/** Four bytes, the first one lowest. */
function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number)
    | ((bytes[at + 1] as number) << 8)
    | ((bytes[at + 2] as number) << 16)
    | ((bytes[at + 3] as number) << 24)
  );
}

let native: Crc32c | undefined;

/** The addon is only an accelerator: where it has no build, the table code takes its place for good. */
function loadNative(): Crc32c {
  try {
    const addon = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: Crc32c };
    return addon.crc32c;
  } catch {
    return crc32cTable;
  }
}

/**
 * The CRC-32C (Castagnoli) of `bytes`, as an unsigned 32-bit number. With `initial`, the CRC of some bytes, it is that
 * of those bytes followed by these.
 */
export function crc32c(bytes: Uint8Array, initial = 0): number {
  if (bytes.length < nativeBytesMin) return crc32cTable(bytes, initial);
  native ??= loadNative();
  return native(bytes, initial);
}

/**
 * As `crc32c` of `bytes.subarray(from, to)`; of a short piece without making that view, which takes as long as its CRC.
 */
export function crc32cOfPart(bytes: Uint8Array, from: number, to: number): number {
  return to - from < nativeBytesMin
    ? tableCrc(bytes, 0, from, Math.min(to, bytes.length))
    : crc32c(bytes.subarray(from, to));
}
