import { crc32c } from '@q/protocol';
import { StorageError, newerFormatError } from '../errors.ts';
import { removeIfThere } from '../files/durable-file.ts';
import { journalBlockBytes } from '../limits.ts';
import type { File, FileSystem } from '../ports/file-system.ts';
import { readEntry, readEntryHead } from './journal-entry.ts';
import type { JournalEntry } from './journal-entry.ts';
import { readWide, writeWide } from './wide-number.ts';

/*
 * One file of the journal. It has its full size from the start, so that a write changes nothing but the bytes it
 * writes: a file that grows costs a second write, of its size. The first block is its head; entries follow from the
 * second on.
 *
 *    0  magic          'qjournal'
 *    8  crc u32        CRC-32C of bytes 12 to 24
 *   12  version i32    2; 1 knew no `next` item, which is all the difference
 *   16  minimum i64    entries of a lower sequence do not count: what they hold was synced elsewhere
 */
const magic = Buffer.from('qjournal', 'latin1');
const headBytes = 24;
const version = 2;
const versionMin = 1;

export class JournalFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #file: File;
  #position = journalBlockBytes;

  constructor(o: { path: string; file: File; sizeBytes: number }) {
    this.path = o.path;
    this.sizeBytes = o.sizeBytes;
    this.#file = o.file;
  }

  /** Bytes that entries can still take. */
  get roomBytes(): number {
    return this.sizeBytes - this.#position;
  }

  /** Durable when it returns. */
  async write(entry: Buffer): Promise<void> {
    await this.#file.write([entry], this.#position);
    this.#position += entry.length;
  }

  /** Forgets all entries below `minimum`, durably; the next one comes first. */
  async empty(minimum: number): Promise<void> {
    await this.#file.write([encodeHead(minimum)], 0);
    this.#position = journalBlockBytes;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Makes a file of zeros with a head. Its name is durable once the folder is synced. */
export async function createJournalFile(
  fileSystem: FileSystem,
  o: { path: string; sizeBytes: number; minimum: number; blockBytes: number },
): Promise<void> {
  const { path, sizeBytes, minimum, blockBytes } = o;
  const file = await fileSystem.open(path, 'create');
  try {
    const zeros = Buffer.alloc(Math.min(blockBytes, sizeBytes));
    for (let at = 0; at < sizeBytes; at += zeros.length)
      await file.write([zeros.subarray(0, Math.min(zeros.length, sizeBytes - at))], at);
    await file.datasync();
    // Last: a file without a head is one that was never finished.
    await file.write([encodeHead(minimum)], 0);
    await file.datasync();
  } catch (error) {
    await removeIfThere(fileSystem, path);
    throw error;
  } finally {
    await file.close();
  }
}

/** For what comes next: `readJournal` says what it holds. */
export async function openJournalFile(fileSystem: FileSystem, path: string): Promise<JournalFile> {
  const file = await fileSystem.open(path, 'durable');
  return new JournalFile({ path, file, sizeBytes: await file.size() });
}

export interface JournalContent {
  /**
   * In order. Their sequence has a gap where entries are damaged that cannot have been torn, since others follow them.
   */
  readonly entries: readonly JournalEntry[];
  /** `unfinished`: never used. `damaged`: its head is wrong, and its entries may be older than it said. */
  readonly head: 'good' | 'unfinished' | 'damaged';
  readonly minimum: number;
  readonly sizeBytes: number;
}

/** Throws UNSUPPORTED_FORMAT for a file that a later release has written. */
export async function assertJournalKnown(fileSystem: FileSystem, path: string): Promise<void> {
  const file = await fileSystem.open(path, 'read');
  try {
    decodeHead(await file.read(0, journalBlockBytes));
  } finally {
    await file.close();
  }
}

/**
 * What a file holds, up to the first entry that is not whole, unless others follow it. Of one that is empty, two blocks
 * are read.
 */
export async function readJournal(fileSystem: FileSystem, path: string): Promise<JournalContent> {
  const file = await fileSystem.open(path, 'read');
  try {
    const sizeBytes = await file.size();
    const head = await file.read(0, journalBlockBytes);
    const minimum = decodeHead(head);
    if (minimum === null && head.every((byte) => byte === 0))
      return { entries: [], head: 'unfinished', minimum: 0, sizeBytes };
    const entries = await readEntries(file, { sequenceMin: minimum ?? 0, endPosition: sizeBytes });
    return { entries, head: minimum === null ? 'damaged' : 'good', minimum: minimum ?? 0, sizeBytes };
  } finally {
    await file.close();
  }
}

async function readEntries(file: File, o: { sequenceMin: number; endPosition: number }): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  let position = journalBlockBytes;
  let { sequenceMin } = o;
  for (;;) {
    const place = { endPosition: o.endPosition, position, sequenceMin };
    let found = await entryAt(file, place, entries.length > 0);
    if (!found) found = await entryBehindDamage(file, place, entries.length > 0);
    if (!found) return entries;
    entries.push(found.entry);
    sequenceMin = found.entry.sequence + 1;
    position = found.position + found.entry.bytes;
  }
}

interface EntryPlace {
  readonly position: number;
  readonly sequenceMin: number;
  readonly endPosition: number;
}

interface PlacedEntry {
  readonly entry: JournalEntry;
  readonly position: number;
}

/** `isExact`: of no later sequence either. */
async function entryAt(file: File, place: EntryPlace, isExact: boolean): Promise<PlacedEntry | null> {
  const entry = await readEntry(file, place);
  return entry && (!isExact || entry.sequence === place.sequenceMin) ? { entry, position: place.position } : null;
}

/**
 * The next whole entry behind one that is not, or several of them. An entry is written after the one before is durable,
 * so what is followed was durable as well, and rotted. Where it ends, its own head says, if that has the sequence that
 * is due: nothing is searched for, since records may hold any bytes.
 */
async function entryBehindDamage(file: File, o: EntryPlace, isExact: boolean): Promise<PlacedEntry | null> {
  let { position } = o;
  let sequence: number | null = isExact ? o.sequenceMin : null;
  for (;;) {
    const head = await readEntryHead(file, position);
    if (!head || head.sequence < o.sequenceMin || (sequence !== null && head.sequence !== sequence)) return null;
    sequence = head.sequence + 1;
    position += head.bytes;
    if (position >= o.endPosition) return null;
    const next = await entryAt(file, { position, sequenceMin: sequence, endPosition: o.endPosition }, true);
    if (next) return next;
  }
}

function encodeHead(minimum: number): Buffer {
  const head = Buffer.alloc(journalBlockBytes);
  magic.copy(head);
  head.writeInt32BE(version, 12);
  writeWide(head, minimum, 16);
  head.writeUInt32BE(crc32c(head.subarray(12, headBytes)), 8);
  return head;
}

/** The least sequence that counts, or null where there is no head. Throws UNSUPPORTED_FORMAT for a later version. */
function decodeHead(bytes: Buffer): number | null {
  if (bytes.length < journalBlockBytes || !bytes.subarray(0, magic.length).equals(magic)) return null;
  if (bytes.readUInt32BE(8) !== crc32c(bytes.subarray(12, headBytes))) return null;
  const found = bytes.readInt32BE(12);
  if (found > version) throw newerFormatError({ file: 'the journal', found, known: version });
  if (found < versionMin)
    throw new StorageError('CORRUPT_LOG', `the journal has version ${found}, which there never was`);
  return readWide(bytes, 16);
}
