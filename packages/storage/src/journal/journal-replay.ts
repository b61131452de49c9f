import { batchLastOffset, batchSize } from '@q/protocol';
import { isDiskFull } from '../errors.ts';
import { journalFileName, offsetFileName, parseJournalFile, partitionDirectoryName } from '../files/file-names.ts';
import { removeIfThere } from '../files/durable-file.ts';
import { readTopicId } from '../files/partition-metadata.ts';
import { inParallel } from '../concurrency/in-parallel.ts';
import { journalBlockBytes } from '../limits.ts';
import type { File, FileSystem } from '../ports/file-system.ts';
import { JournalDebt } from './journal-debt.ts';
import type { JournalEntry } from './journal-entry.ts';
import { openJournalFile, readJournal } from './journal-file.ts';
import type { JournalContent, JournalFile } from './journal-file.ts';
import type { JournalItem, JournalPiece } from './journal-item.ts';
import type { JournalName } from './journal-name.ts';
import { Journal } from './journal.ts';
import type { FullFile, JournalOptions } from './journal.ts';

export interface OpenJournalOptions extends JournalOptions {
  /** Of a partition's folder: what lies below was synced in its segments. */
  readonly recoveryPointOf: (folder: string) => number;
  /** Of a partition's folder: what lies below was deleted. */
  readonly startOffsetOf: (folder: string) => number;
  /** After a clean shutdown nothing in the files counts. */
  readonly isClean: boolean;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /**
   * By folder: whose segments had no room for all that the journal has of them, and who else has pieces in the files
   * that are kept for it.
   */
  readonly debts: Map<string, JournalDebt>;
}

interface FoundFile extends JournalContent {
  readonly path: string;
  readonly isWanted: boolean;
}

/**
 * Opens the journal of a store, before any of its logs. What a crash has left in it is written to the segments that it
 * belongs to and synced there; from then on the folder is as if every round had been synced in its segments. Where the
 * disk has no room for that, the journal keeps it, with all that came after it, and the logs begin with debts: as they
 * were before the crash.
 */
export async function openJournal(o: OpenJournalOptions, names: readonly string[]): Promise<OpenedJournal> {
  const found = await readFiles(o, names);
  const entries = found.flatMap((file) => file.entries).sort((a, b) => a.sequence - b.sequence);
  const sequence = Math.max(
    0,
    ...found.map((file) => Math.max(file.minimum, (file.entries.at(-1)?.sequence ?? -1) + 1)),
  );
  const hasGaps = reportGaps(o, entries, Math.max(0, ...found.map(({ minimum }) => minimum)));
  const debts = await replay(
    o,
    entries.flatMap(({ items }) => items),
    hasGaps,
  );
  const kept = debts.size === 0 ? [] : filesToKeep(found, debts);
  for (const { folder, topicId } of kept.toReversed().flatMap(holdersOf)) {
    if (!debts.has(folder))
      debts.set(
        folder,
        debtOf(o.fileSystem, { directory: `${o.directory}/${folder}`, topicId, pieces: [], hasGaps: false }),
      );
  }
  const full: FullFile[] = [];
  for (const content of kept) {
    const holders = new Set(holdersOf(content).flatMap(({ folder }) => debts.get(folder) ?? []));
    full.push({ file: await openJournalFile(o.fileSystem, content.path), holders });
  }
  const files: JournalFile[] = [];
  for (const content of found)
    if (content.isWanted && !kept.includes(content)) files.push(await openJournalFile(o.fileSystem, content.path));
  for (const file of files) await file.empty(sequence);
  await removeOthers(o, found, [...files, ...full.map(({ file }) => file)]);
  return { journal: new Journal(o, { files, full, sequence }), debts };
}

async function readFiles(o: OpenJournalOptions, names: readonly string[]): Promise<FoundFile[]> {
  const { fileSystem, directory, limits } = o;
  const found: FoundFile[] = [];
  const indexes = names.map(parseJournalFile).filter((index) => index !== null);
  for (const index of indexes.toSorted((a, b) => a - b)) {
    const path = `${directory}/${journalFileName(index)}`;
    const content = await readJournal(fileSystem, path);
    const isWhole = content.sizeBytes === limits.journalFileBytes;
    // A file is made in full before it gets its head, and never changes its size.
    if (!isWhole && !o.isClean && content.head !== 'unfinished') reportSize(o, path, content.sizeBytes);
    if (content.head === 'damaged')
      o.log.error(
        { event: 'journal.head_damaged', file: path },
        'the head of a journal file is damaged; what it holds is replayed all the same',
      );
    found.push({ ...content, path, isWanted: content.head !== 'unfinished' && isWhole && index < limits.journalFiles });
  }
  return found;
}

/**
 * From the first one on that has something which is still to be written: boundaries in a later one may be about pieces
 * in an earlier one.
 */
function filesToKeep(found: readonly FoundFile[], debts: ReadonlyMap<string, JournalDebt>): FoundFile[] {
  const used = found
    .filter(({ entries }) => entries.length > 0)
    .sort((a, b) => (a.entries[0]?.sequence ?? 0) - (b.entries[0]?.sequence ?? 0));
  const first = used.findIndex((file) => holdersOf(file).some(({ folder }) => debts.has(folder)));
  return first < 0 ? [] : used.slice(first);
}

/** Whose pieces are in it. Of a folder that had one topic after another, the last one counts: the others are gone. */
function holdersOf({ entries }: JournalContent): readonly { readonly folder: string; readonly topicId: string }[] {
  const holders = new Map<string, { folder: string; topicId: string }>();
  for (const { items } of entries) {
    for (const { kind, name } of items) {
      const folder = partitionDirectoryName(name);
      if (kind === 'piece' && holders.get(folder)?.topicId !== name.topicId)
        holders.set(folder, { folder, topicId: name.topicId });
    }
  }
  return [...holders.values()];
}

function reportSize({ log, limits }: OpenJournalOptions, file: string, sizeBytes: number): void {
  log.error(
    { event: 'journal.size_is_wrong', file, sizeBytes, wantedBytes: limits.journalFileBytes },
    'a journal file does not have the size that it is made with: unless that was changed, acknowledged records may be missing',
  );
}

/**
 * Entries follow each other over all files: one that is missing before another was damaged, not torn. So was one that
 * is missing at the end, if the head of a file was written after the next but one had begun. True if there is any.
 */
function reportGaps(o: OpenJournalOptions, entries: readonly JournalEntry[], minimum: number): boolean {
  const gaps = entries.map(({ sequence }, index) => ({
    from: (entries[index - 1]?.sequence ?? sequence - 1) + 1,
    to: sequence - 1,
  }));
  const last = entries.at(-1);
  // Files are emptied in the order in which they were filled: while one has entries, so have those that came later.
  if (last) gaps.push({ from: last.sequence + 1, to: minimum - 2 });
  const damaged = gaps.filter(({ from, to }) => from <= to);
  for (const { from: fromEntry, to: toEntry } of damaged)
    o.log.error(
      { event: 'journal.entries_damaged', directory: o.directory, fromEntry, toEntry },
      'entries of the journal are damaged: acknowledged records may be missing',
    );
  return damaged.length > 0;
}

/** Files that were never finished, and those of another size or number than is wanted now. */
async function removeOthers(
  o: OpenJournalOptions,
  found: readonly FoundFile[],
  kept: readonly JournalFile[],
): Promise<void> {
  const doomed = found.filter(({ path }) => kept.every((file) => file.path !== path));
  for (const { path } of doomed) await removeIfThere(o.fileSystem, path);
  if (doomed.length > 0) await o.fileSystem.syncDirectory(o.directory);
}

/** Returns what had no room. */
async function replay(
  o: OpenJournalOptions,
  items: readonly JournalItem[],
  hasGaps: boolean,
): Promise<Map<string, JournalDebt>> {
  const logs = [...piecesByLog(items).values()].map(({ name, pieces }) => {
    const folder = partitionDirectoryName(name);
    // Below a start offset segments may be gone, and must not come back.
    const doneOffset = Math.max(o.recoveryPointOf(folder), o.startOffsetOf(folder));
    return { name, folder, pieces: pieces.filter(({ endOffset }) => endOffset > doneOffset) };
  });
  const unsynced = logs.filter(({ pieces }) => pieces.length > 0);
  const debts = new Map<string, JournalDebt>();
  let bytes = 0;
  await inParallel(unsynced, o.limits.logsInParallelMax, async ({ name, folder, pieces }) => {
    const directory = `${o.directory}/${folder}`;
    if ((await readTopicId(o.fileSystem, directory)) !== name.topicId) return;
    // Not in one expression: other logs add to it meanwhile.
    const { writtenBytes, owed } = await replayLog(o.fileSystem, { directory, pieces, hasGaps });
    bytes += writtenBytes;
    if (owed.length > 0)
      debts.set(folder, debtOf(o.fileSystem, { directory, topicId: name.topicId, pieces: owed, hasGaps }));
  });
  if (bytes > 0)
    o.log.info(
      { event: 'journal.replayed', partitions: unsynced.length, bytes },
      'records that were durable in the journal alone are in their segments now, too',
    );
  if (debts.size > 0)
    o.log.warn(
      { event: 'journal.no_room', partitions: debts.size },
      'the disk has no room for acknowledged records; the journal keeps them until it has',
    );
  return debts;
}

/** Of the log in `directory`. */
export function debtOf(fileSystem: FileSystem, { topicId, ...o }: LogReplay & { topicId: string }): JournalDebt {
  const write = async (pieces: readonly JournalPiece[]): Promise<void> => {
    const { cause } = await replayLog(fileSystem, { ...o, pieces });
    if (cause !== null) throw cause;
  };
  return new JournalDebt({ topicId, pieces: o.pieces, write });
}

interface LogPieces {
  readonly name: JournalName;
  pieces: JournalPiece[];
}

/** What still counts of each log. */
function piecesByLog(items: readonly JournalItem[]): Map<string, LogPieces> {
  const logs = new Map<string, LogPieces>();
  for (const item of items) {
    const key = item.name.key.toString('latin1');
    let log = logs.get(key);
    if (!log) logs.set(key, (log = { name: item.name, pieces: [] }));
    if (item.kind === 'piece') log.pieces.push(item);
    else if (item.kind === 'floor') log.pieces = log.pieces.filter(({ endOffset }) => endOffset > item.offset);
    else log.pieces = log.pieces.flatMap((piece) => cutPiece(piece, item.offset));
  }
  return logs;
}

/** The batches of a piece that end below `offset`. */
function cutPiece(piece: JournalPiece, offset: number): JournalPiece[] {
  if (piece.endOffset <= offset) return [piece];
  const bytes = Buffer.concat(piece.appends.map(({ batch }) => batch));
  let at = 0;
  let endOffset = piece.offset;
  while (at < bytes.length && batchLastOffset(bytes.subarray(at)) < offset) {
    endOffset = batchLastOffset(bytes.subarray(at)) + 1;
    at += batchSize(bytes, at);
  }
  return at === 0 ? [] : [{ ...piece, endOffset, bytes: at, appends: [{ batch: bytes.subarray(0, at) }] }];
}

export interface LogReplay {
  readonly directory: string;
  readonly pieces: readonly JournalPiece[];
  /** Entries of the journal were lost. */
  readonly hasGaps: boolean;
}

interface Replayed {
  readonly writtenBytes: number;
  /** What had no room, and why. */
  readonly owed: readonly JournalPiece[];
  readonly cause: Error | null;
}

/**
 * Also where the segment has these bytes already: a sync that failed earlier may have marked them clean without writing
 * them.
 */
async function replayLog(fileSystem: FileSystem, { directory, pieces, hasGaps }: LogReplay): Promise<Replayed> {
  // One file at a time: a log of small segments may have more of them here than a process may open.
  let segment: ReplayedSegment | null = null;
  let cause: Error | null = null;
  let [done, writtenBytes] = [0, 0];
  try {
    for (const piece of pieces) {
      if (segment !== null && segment.base !== piece.segmentBase) {
        await segment.sync();
        await segment.close();
        segment = null;
      }
      segment ??= new ReplayedSegment(fileSystem, directory, piece.segmentBase);
      cause = await segment.write(piece, { hasGaps });
      if (cause !== null && (await removeCovered(fileSystem, { directory, owed: pieces.slice(done) })))
        cause = await segment.write(piece, { hasGaps });
      if (cause !== null) break;
      done += 1;
      writtenBytes += piece.bytes;
    }
    await segment?.sync();
    await fileSystem.syncDirectory(directory);
  } finally {
    await segment?.close();
  }
  return { writtenBytes, owed: pieces.slice(done), cause };
}

/**
 * A power cut may have kept a later segment, and lost one before it. Where there is no room to write that one again,
 * the log has a hole, and recovery would take it for damage. So later segments of which the journal has every byte are
 * removed: what they take is room for what comes before them, and without them the log ends where its debt begins. True
 * if any was.
 */
async function removeCovered(
  fileSystem: FileSystem,
  { directory, owed }: { directory: string; owed: readonly JournalPiece[] },
): Promise<boolean> {
  const covered = new Map<number, number>();
  for (const { segmentBase, position, bytes } of owed) {
    const end = covered.get(segmentBase) ?? 0;
    // What stands before the first piece, or between two, is in the segment alone.
    if (position <= end) covered.set(segmentBase, Math.max(end, position + bytes));
  }
  covered.delete((owed[0] as JournalPiece).segmentBase);
  const names = new Set(await fileSystem.readDirectory(directory));
  let isAny = false;
  for (const [base, end] of covered) {
    const path = `${directory}/${offsetFileName(base, 'log')}`;
    if (!names.has(offsetFileName(base, 'log')) || (await fileSystem.stat(path)).sizeBytes > end) continue;
    await fileSystem.removeFile(path);
    isAny = true;
  }
  return isAny;
}

/** A segment that pieces are written to. */
class ReplayedSegment {
  readonly base: number;
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  #file: File | null = null;
  /** Where its bytes ended before the piece that is being written. */
  #endPosition = 0;

  constructor(fileSystem: FileSystem, directory: string, base: number) {
    this.base = base;
    this.#fileSystem = fileSystem;
    this.#path = `${directory}/${offsetFileName(base, 'log')}`;
  }

  /** Null, or why there was no room. */
  async write({ position, appends, bytes }: JournalPiece, { hasGaps }: { hasGaps: boolean }): Promise<Error | null> {
    try {
      const file = await this.#open();
      if (hasGaps) await markMissing(file, position);
      await file.write(
        appends.map(({ batch }) => batch),
        position,
      );
      this.#endPosition = Math.max(this.#endPosition, position + bytes);
      return null;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      await this.#cutHalf(position);
      return error as Error;
    }
  }

  async #open(): Promise<File> {
    if (this.#file === null) {
      this.#file = await this.#fileSystem.open(this.#path, 'create');
      this.#endPosition = await this.#file.size();
    }
    return this.#file;
  }

  /** Half a piece at the end is none. Over bytes that were there before, it is the same bytes again. */
  async #cutHalf(position: number): Promise<void> {
    const file = this.#file;
    if (file !== null && this.#endPosition <= position && (await file.size()) > position) await file.truncate(position);
  }

  async sync(): Promise<void> {
    await this.#file?.datasync();
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/**
 * What a lost entry had would leave a hole of zeros before this position, which recovery takes for a round that was
 * torn: it would cut off acknowledged records behind it. With anything else there it sees the damage, and sets the
 * partition aside.
 */
async function markMissing(file: File, position: number): Promise<void> {
  for (let at = await file.size(); at < position; at += journalBlockBytes) {
    await file.write([Buffer.alloc(Math.min(journalBlockBytes, position - at), 'lost by the journal ')], at);
  }
}
