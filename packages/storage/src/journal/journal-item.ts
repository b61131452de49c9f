import { batchBaseOffset, batchHeaderBytes, batchLastOffset, batchSize } from '@q/protocol';
import { journalName, readJournalName } from './journal-name.ts';
import type { JournalName } from './journal-name.ts';
import { readWide, write32, writeWide } from './wide-number.ts';

/*
 * What the journal says, one item after another. Big-endian; RFC 5.
 *
 *   item     kind i8          1 piece, 2 cut, 3 floor, 4 next
 *
 *   piece, cut, floor
 *            name             journal-name.ts
 *            offset i64       piece: of its first record; cut, floor: the boundary
 *   piece    endOffset i64    one past the last record
 *            segment i64      base offset of its file
 *            position i32     in that file
 *            bytes i32        then as many: whole batches, as stored
 *
 *   next     partition i32    of the same topic as the item before, which is a piece or a next
 *            segment i64      base offset of its file
 *            position i32     in that file, then one batch, as stored: it says which offsets it has, and where it ends
 *
 * `next` is a piece of one batch without what is known already, as nearly all are when records go to many partitions
 * one by one. `cut`: nothing that was said of this log from `offset` on counts any more. Written by earlier versions
 * alone, and read for ever. `floor`: nothing that was said of it below `offset` counts; it is synced in segments that
 * are being moved or removed.
 */
export type JournalItem = JournalPiece | JournalBoundary;

/** An append, of which the journal keeps the bytes. */
export interface JournaledBatch {
  readonly batch: Buffer;
}

/** What one log has in a round. */
export interface JournalPiece {
  readonly kind: 'piece';
  readonly name: JournalName;
  readonly offset: number;
  readonly endOffset: number;
  readonly segmentBase: number;
  readonly position: number;
  readonly bytes: number;
  /** In order, one behind the other. */
  readonly appends: readonly JournaledBatch[];
}

/** An offset from which on, or below which, earlier pieces count no more. */
export interface JournalBoundary {
  readonly kind: 'cut' | 'floor';
  readonly name: JournalName;
  readonly offset: number;
}

/** An item that was read, and where it ends. */
interface ReadItem {
  readonly item: JournalItem;
  readonly end: number;
}

const kindNumbers = { piece: 1, cut: 2, floor: 3, next: 4 } as const;
const offsetBytes = 8;
const pieceFieldsBytes = 8 + 8 + 4 + 4;
const nextFieldsBytes = 4 + 8 + 4;

/** Whether `piece`, written behind `before` in the same entry, is a `next`. */
function isNext(piece: JournalPiece, before: JournalItem | null): boolean {
  return (
    piece.appends.length === 1
    && before !== null
    && before.kind === 'piece'
    && before.name.topicId === piece.name.topicId
  );
}

/** What `item` takes behind `before` in the same entry, of which it is the first where that is null. */
export function itemBytes(item: JournalItem, before: JournalItem | null): number {
  if (item.kind !== 'piece') return 1 + item.name.key.length + offsetBytes;
  if (isNext(item, before)) return 1 + nextFieldsBytes + item.bytes;
  return 1 + item.name.key.length + offsetBytes + pieceFieldsBytes + item.bytes;
}

/** `before` as for `itemBytes`. Returns where the next item begins. */
export function writeItem(target: Buffer, at: number, item: JournalItem, before: JournalItem | null): number {
  if (item.kind === 'piece' && isNext(item, before)) return writeNext(target, at, item);
  target[at] = kindNumbers[item.kind];
  let next = at + 1;
  // `set`: `copy` takes twice as long for so little.
  target.set(item.name.key, next);
  next += item.name.key.length;
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

function writeNext(target: Buffer, at: number, { name, segmentBase, position, bytes, appends }: JournalPiece): number {
  target[at] = kindNumbers.next;
  let next = write32(target, name.partition, at + 1);
  next = writeWide(target, segmentBase, next);
  next = write32(target, position, next);
  target.set((appends[0] as JournaledBatch).batch, next);
  return next + bytes;
}

/** The items of an entry, or null where they are none. The batches of pieces are views of `bytes`. */
export function readItems(bytes: Buffer, count: number): JournalItem[] | null {
  const items: JournalItem[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const read = readItem(bytes, at, items.at(-1) ?? null);
    if (!read) return null;
    items.push(read.item);
    at = read.end;
  }
  return items;
}

function readItem(bytes: Buffer, at: number, before: JournalItem | null): ReadItem | null {
  if (at >= bytes.length) return null;
  const kind = bytes.readInt8(at);
  if (kind === kindNumbers.next) return before?.kind === 'piece' ? readNext(bytes, at + 1, before.name) : null;
  const name = readJournalName(bytes, at + 1);
  if (!name) return null;
  const offsetAt = at + 1 + name.key.length;
  const end = offsetAt + offsetBytes;
  if (end > bytes.length) return null;
  const head = { name, offset: readWide(bytes, offsetAt) };
  if (kind === kindNumbers.piece) return readPiece(bytes, end, head);
  if (kind === kindNumbers.cut) return { item: { kind: 'cut', ...head }, end };
  return kind === kindNumbers.floor ? { item: { kind: 'floor', ...head }, end } : null;
}

function readPiece(bytes: Buffer, at: number, head: Pick<JournalPiece, 'name' | 'offset'>): ReadItem | null {
  const batchesAt = at + pieceFieldsBytes;
  if (batchesAt > bytes.length) return null;
  const position = bytes.readInt32BE(at + 16);
  const size = bytes.readInt32BE(at + 20);
  const end = batchesAt + size;
  if (position < 0 || size < 0 || end > bytes.length) return null;
  const appends = [{ batch: bytes.subarray(batchesAt, end) }];
  return {
    item: {
      kind: 'piece',
      ...head,
      endOffset: readWide(bytes, at),
      segmentBase: readWide(bytes, at + 8),
      position,
      bytes: size,
      appends,
    },
    end,
  };
}

function readNext(bytes: Buffer, at: number, { topic, topicId }: JournalName): ReadItem | null {
  const batchAt = at + nextFieldsBytes;
  if (batchAt + batchHeaderBytes > bytes.length) return null;
  const partition = bytes.readInt32BE(at);
  const position = bytes.readInt32BE(at + 12);
  const size = batchSize(bytes, batchAt);
  const end = batchAt + size;
  if (partition < 0 || position < 0 || size < batchHeaderBytes || end > bytes.length) return null;
  const [offset, endOffset] = [batchBaseOffset(bytes, batchAt), batchLastOffset(bytes, batchAt) + 1];
  const appends = [{ batch: bytes.subarray(batchAt, end) }];
  return {
    item: {
      kind: 'piece',
      name: journalName({ topic, partition, topicId }),
      offset,
      endOffset,
      segmentBase: readWide(bytes, at + 4),
      position,
      bytes: size,
      appends,
    },
    end,
  };
}
