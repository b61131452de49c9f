import { crc32c } from '@q/protocol';
import { journalBlockBytes } from '../limits.ts';
import type { File } from '../ports/file-system.ts';
import { itemBytes, readItems, writeItem } from './journal-item.ts';
import type { JournalItem } from './journal-item.ts';
import { readWide, writeWide } from './wide-number.ts';

/*
 * What one write puts into a journal file, at a multiple of 4,096 bytes and filled up with zeros to the next one.
 * Big-endian; RFC 5.
 *
 *    0  crc u32        CRC-32C of bytes 4 to 8 + length
 *    4  length i32     bytes from byte 8 on, without the filling
 *    8  sequence i64   one more than that of the entry before, over all files
 *   16  items i32
 *   20  the items      journal-item.ts
 */
/** What an entry has before its items. */
export const entryHeadBytes = 20;
const lengthFrom = 8;

/** Puts entries together in memory of its own, which the next entry uses again. */
export class EntryBuilder {
  #buffer: Buffer = Buffer.alloc(0);

  /** Valid until the next call. */
  build(sequence: number, items: readonly JournalItem[]): Buffer {
    const bytes = entryBytes(items);
    const paddedBytes = paddedEntryBytes(bytes);
    if (this.#buffer.length < paddedBytes) this.#buffer = Buffer.allocUnsafeSlow(paddedBytes);
    const entry = this.#buffer.subarray(0, paddedBytes);
    entry.writeInt32BE(bytes - lengthFrom, 4);
    writeWide(entry, sequence, 8);
    entry.writeInt32BE(items.length, 16);
    let at = entryHeadBytes;
    let before: JournalItem | null = null;
    for (const item of items) {
      at = writeItem(entry, at, item, before);
      before = item;
    }
    entry.fill(0, bytes);
    entry.writeUInt32BE(crc32c(entry.subarray(4, bytes)), 0);
    return entry;
  }
}

function entryBytes(items: readonly JournalItem[]): number {
  let bytes = entryHeadBytes;
  let before: JournalItem | null = null;
  for (const item of items) {
    bytes += itemBytes(item, before);
    before = item;
  }
  return bytes;
}

/** What an entry of this many bytes, its head included, takes in a file. */
export function paddedEntryBytes(bytes: number): number {
  return Math.ceil(bytes / journalBlockBytes) * journalBlockBytes;
}

export interface JournalEntry {
  readonly sequence: number;
  readonly items: readonly JournalItem[];
  /** What it takes in its file. */
  readonly bytes: number;
}

/** The entry at `position`, or null where there is no whole one that may follow. */
export async function readEntry(
  file: File,
  o: { position: number; sequenceMin: number; endPosition: number },
): Promise<JournalEntry | null> {
  const { position, sequenceMin, endPosition } = o;
  const head = await file.read(position, entryHeadBytes);
  if (head.length < entryHeadBytes) return null;
  const bytes = lengthFrom + head.readInt32BE(4);
  const sequence = readWide(head, 8);
  if (sequence < sequenceMin || bytes < entryHeadBytes || position + bytes > endPosition) return null;
  const entry = await file.read(position, bytes);
  if (entry.length < bytes || entry.readUInt32BE(0) !== crc32c(entry.subarray(4))) return null;
  const items = readItems(entry.subarray(entryHeadBytes), entry.readInt32BE(16));
  return items && { sequence, items, bytes: paddedEntryBytes(bytes) };
}

/**
 * What the head at `position` says of its entry, whole or not; `bytes` is what that takes in its file. Null where there
 * is none.
 */
export async function readEntryHead(file: File, position: number): Promise<{ sequence: number; bytes: number } | null> {
  const head = await file.read(position, entryHeadBytes);
  if (head.length < entryHeadBytes) return null;
  const bytes = lengthFrom + head.readInt32BE(4);
  return bytes < entryHeadBytes ? null : { sequence: readWide(head, 8), bytes: paddedEntryBytes(bytes) };
}
