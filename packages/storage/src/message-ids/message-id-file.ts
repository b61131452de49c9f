import { crc32c } from '@q/protocol';
import { StorageError, newerFormatError } from '../errors.ts';
import { removeIfThere } from '../files/durable-file.ts';
import { temporarySuffix } from '../files/file-names.ts';
import type { File, FileSystem } from '../ports/file-system.ts';
import type { MessageIdWindow, RememberedId } from './message-id-window.ts';

/*
 * File `<20-digit offset>.message-ids`: what the dedup window remembered of the log below that offset. Big-endian;
 * frozen, a golden test pins it.
 *
 *   0  version i16 = 1
 *   2  savedAtMs i64        wall clock
 *  10  crc u32              CRC-32C of byte 0 to 10
 *  14  blocks, oldest ids first:
 *        0 bytes u32        of the entries
 *        4 count u32
 *        8 crc u32          CRC-32C of the eight bytes before it, and of the entries
 *       12 count entries:
 *            0 offset i64   8 ageMs u32   12 wallMs i64   20 length u32   24 the id, UTF-8
 *      the last block has no entries, and the number of all ids for its count
 *
 * Ages are of the moment of saving, on a clock that no correction of the time moves. The file is as large as the
 * window: at most
 * `messageIdsMax` ids and `messageIdBytesMax` bytes of them.
 */
const version = 1;
const headerBytes = 14;
const blockHeadBytes = 12;
const entryBytes = 24;
/** A fraction of a millisecond of work, between two turns of the event loop. */
const blockBytesMin = 64 << 10;
const ageMsMax = 0xffff_ffff;

export interface SaveOptions {
  readonly path: string;
  readonly window: MessageIdWindow;
  /** Ids of records at or behind it are left out. */
  readonly endOffset: number;
  readonly now: number;
  readonly wallMs: number;
  /** True once the log was cut back: what is being saved is not worth anything. */
  readonly isOverruled: () => boolean;
}

/** Writes the file beside its place, syncs it and renames it. Returns its size, or null when it was overruled. */
export async function saveMessageIds(fileSystem: FileSystem, o: SaveOptions): Promise<number | null> {
  const draft = o.path + temporarySuffix;
  const file = await fileSystem.open(draft, 'create');
  let bytes: number | null = null;
  let isWhole = false;
  try {
    await file.truncate(0);
    bytes = await writeIds(file, o);
    if (bytes !== null) await file.datasync();
    isWhole = bytes !== null;
  } finally {
    await file.close();
    // On a full disk, all the more: it may be large.
    if (!isWhole) await removeIfThere(fileSystem, draft);
  }
  if (isWhole) await fileSystem.rename(draft, o.path);
  return bytes;
}

async function writeIds(file: File, o: SaveOptions): Promise<number | null> {
  await file.write([encodeHead(o.wallMs)], 0);
  let position = headerBytes;
  let total = 0;
  let entries: Buffer[] = [];
  let bytes = 0;
  const write = async (count: number): Promise<void> => {
    await file.write([encodeBlockHead(entries, { bytes, count }), ...entries], position);
    position += blockHeadBytes + bytes;
    entries = [];
    bytes = 0;
  };
  for (const remembered of o.window.remembered(o.endOffset, o.now)) {
    const entry = encodeEntry(remembered);
    entries.push(entry);
    bytes += entry.length;
    total += 1;
    // Few enough for one gathered write.
    if (bytes < blockBytesMin && entries.length < 512) continue;
    await write(entries.length);
    if (o.isOverruled()) return null;
  }
  if (entries.length > 0) await write(entries.length);
  await write(total);
  return o.isOverruled() ? null : position;
}

function encodeHead(savedAtMs: number): Buffer {
  const head = Buffer.alloc(headerBytes);
  head.writeInt16BE(version, 0);
  head.writeBigInt64BE(BigInt(Math.floor(savedAtMs)), 2);
  head.writeUInt32BE(crc32c(head.subarray(0, 10)), 10);
  return head;
}

function encodeBlockHead(entries: readonly Buffer[], { bytes, count }: { bytes: number; count: number }): Buffer {
  const head = Buffer.alloc(blockHeadBytes);
  head.writeUInt32BE(bytes, 0);
  head.writeUInt32BE(count, 4);
  head.writeUInt32BE(crc32c(Buffer.concat([head.subarray(0, 8), ...entries])), 8);
  return head;
}

function encodeEntry({ id, offset, ageMs, wallMs }: RememberedId): Buffer {
  const idBytes = Buffer.byteLength(id);
  const entry = Buffer.alloc(entryBytes + idBytes);
  entry.writeBigInt64BE(BigInt(offset), 0);
  entry.writeUInt32BE(Math.min(ageMs, ageMsMax), 8);
  entry.writeBigInt64BE(BigInt(Math.floor(wallMs)), 12);
  entry.writeUInt32BE(idBytes, 20);
  entry.write(id, entryBytes);
  return entry;
}

export interface MessageIdFileHead {
  readonly savedAtMs: number;
  readonly bytes: number;
}

/**
 * Reads a file from its start: `begin` is called with what its head says, then `found` for each id, in order.
 * @throws StorageError UNSUPPORTED_FORMAT for a later version; CORRUPT_LOG when it is not whole and sound. Ids that
 * were found before that are right.
 */
export async function readMessageIds(
  fileSystem: FileSystem,
  path: string,
  o: { begin: (head: MessageIdFileHead) => void; found: (id: RememberedId) => void },
): Promise<void> {
  const file = await fileSystem.open(path, 'read');
  try {
    const bytes = await file.size();
    o.begin({ savedAtMs: decodeHead(await file.read(0, headerBytes)), bytes });
    let total = 0;
    for (let position = headerBytes; ;) {
      const head = await file.read(position, blockHeadBytes);
      if (head.length < blockHeadBytes) throw corrupt('it ends early');
      const [blockBytes, count] = [head.readUInt32BE(0), head.readUInt32BE(4)];
      position += blockHeadBytes;
      if (blockBytes > bytes - position) throw corrupt(`a block of ${blockBytes} bytes does not fit into it`);
      const block = await file.read(position, blockBytes);
      if (head.readUInt32BE(8) !== crc32c(Buffer.concat([head.subarray(0, 8), block])))
        throw corrupt('the CRC of a block does not match');
      position += blockBytes;
      if (blockBytes === 0) {
        if (count !== total || position !== bytes) throw corrupt(`it ends after ${total} of ${count} ids`);
        return;
      }
      for (const id of decodeBlock(block, count)) o.found(id);
      total += count;
    }
  } finally {
    await file.close();
  }
}

function decodeHead(head: Buffer): number {
  if (head.length < headerBytes) throw corrupt('it ends early');
  const found = head.readInt16BE(0);
  if (found > version) throw newerFormatError({ file: 'a file of message ids', found, known: version });
  if (found !== version) throw corrupt(`version ${found} is unknown`);
  if (head.readUInt32BE(10) !== crc32c(head.subarray(0, 10))) throw corrupt('the CRC of its head does not match');
  return safeInteger(head, 2);
}

function* decodeBlock(block: Buffer, count: number): Generator<RememberedId, void, undefined> {
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const end =
      at + entryBytes <= block.length ? at + entryBytes + block.readUInt32BE(at + 20) : Number.POSITIVE_INFINITY;
    if (end > block.length) throw corrupt('an entry is longer than its block');
    const id = block.toString('utf8', at + entryBytes, end);
    yield {
      id,
      offset: safeInteger(block, at),
      ageMs: block.readUInt32BE(at + 8),
      wallMs: safeInteger(block, at + 12),
    };
    at = end;
  }
  if (at !== block.length) throw corrupt('a block is longer than its entries');
}

function safeInteger(buffer: Buffer, at: number): number {
  const value = Number(buffer.readBigInt64BE(at));
  if (!Number.isSafeInteger(value)) throw corrupt(`the number at byte ${at} is out of range`);
  return value;
}

function corrupt(reason: string): StorageError {
  return new StorageError('CORRUPT_LOG', `a file of message ids is unreadable: ${reason}`);
}
