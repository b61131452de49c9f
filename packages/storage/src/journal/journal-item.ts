import { readWide, write32, writeWide } from './wide-number.ts';

/*
 * What the journal says, one item after another. Big-endian; RFC 5.
 *
 *   item     kind i8        1 piece, 2 cut, 3 floor
 *            key            length i16, then the partition's folder, ASCII; topic id, 36 bytes, ASCII
 *            offset i64     piece: of its first record; cut, floor: the boundary
 *   piece    endOffset i64  one past the last record
 *            segment i64    base offset of its file
 *            position i32   in that file
 *            bytes i32      then as many: whole batches, as stored
 *
 * `cut`: nothing that was said of this log from `offset` on counts any more; it was taken back, or cut off.
 * `floor`: nothing that was said of it below `offset` counts; it is synced in segments that are being moved or removed.
 */
export type JournalItem = JournalPiece | JournalWord;

/** An append, of which the journal keeps the bytes. */
export interface JournaledBatch {
  readonly batch: Buffer;
}

/** What one log has in a round. */
export interface JournalPiece {
  readonly kind: 'piece';
  readonly key: Buffer;
  readonly offset: number;
  readonly endOffset: number;
  readonly segmentBase: number;
  readonly position: number;
  readonly bytes: number;
  /** In order, one behind the other. */
  readonly appends: readonly JournaledBatch[];
}

/** What changes the meaning of earlier pieces. */
export interface JournalWord {
  readonly kind: 'cut' | 'floor';
  readonly key: Buffer;
  readonly offset: number;
}

export interface LogName {
  /** Of the partition, within the store's. */
  readonly folder: string;
  readonly topicId: string;
}

const kinds = ['piece', 'cut', 'floor'] as const;
const kindNumbers = { piece: 1, cut: 2, floor: 3 } as const;
const topicIdBytes = 36;
const pieceFieldsBytes = 8 + 8 + 4 + 4;

/** The same for all items of a log, so it is made once. */
export function journalKey({ folder, topicId }: LogName): Buffer {
  const key = Buffer.alloc(2 + folder.length + topicIdBytes);
  key.writeInt16BE(folder.length, 0);
  key.write(folder, 2, 'latin1');
  key.write(topicId, 2 + folder.length, topicIdBytes, 'latin1');
  return key;
}

export function parseJournalKey(key: Buffer): LogName {
  const folderEnd = 2 + key.readInt16BE(0);
  return { folder: key.toString('latin1', 2, folderEnd), topicId: key.toString('latin1', folderEnd) };
}

export function itemBytes(item: JournalItem): number {
  const headBytes = 1 + item.key.length + 8;
  return item.kind === 'piece' ? headBytes + pieceFieldsBytes + item.bytes : headBytes;
}

/** Returns where the next item begins. */
export function writeItem(target: Buffer, at: number, item: JournalItem): number {
  target[at] = kindNumbers[item.kind];
  let next = at + 1;
  // `set`: `copy` takes twice as long for so little.
  target.set(item.key, next);
  next += item.key.length;
  next = writeWide(target, item.offset, next);
  if (item.kind !== 'piece') return next;
  next = writeWide(target, item.endOffset, next);
  next = writeWide(target, item.segmentBase, next);
  next = write32(target, item.position, next);
  next = write32(target, item.bytes, next);
  for (const { batch } of item.appends) {
    target.set(batch, next);
    next += batch.length;
  }
  return next;
}

/** The items of an entry, or null where they are none. The batches of pieces are views of `bytes`. */
export function readItems(bytes: Buffer, count: number): JournalItem[] | null {
  const items: JournalItem[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const item = readItem(bytes, at);
    if (!item) return null;
    items.push(item);
    at += itemBytes(item);
  }
  return items;
}

function readItem(bytes: Buffer, at: number): JournalItem | null {
  if (at + 3 > bytes.length) return null;
  const kind = kinds[bytes.readInt8(at) - 1];
  const folderBytes = bytes.readInt16BE(at + 1);
  const offsetAt = at + 3 + folderBytes + topicIdBytes;
  const pieceAt = offsetAt + 8;
  if (kind === undefined || folderBytes < 1 || pieceAt > bytes.length) return null;
  const head = { key: bytes.subarray(at + 1, offsetAt), offset: readWide(bytes, offsetAt) };
  return kind === 'piece' ? readPiece(bytes, pieceAt, head) : { kind, ...head };
}

function readPiece(bytes: Buffer, at: number, head: { key: Buffer; offset: number }): JournalPiece | null {
  const batchesAt = at + pieceFieldsBytes;
  if (batchesAt > bytes.length) return null;
  const position = bytes.readInt32BE(at + 16);
  const size = bytes.readInt32BE(at + 20);
  if (position < 0 || size < 0 || batchesAt + size > bytes.length) return null;
  const appends = [{ batch: bytes.subarray(batchesAt, batchesAt + size) }];
  return { kind: 'piece', ...head, endOffset: readWide(bytes, at), segmentBase: readWide(bytes, at + 8), position, bytes: size, appends };
}
