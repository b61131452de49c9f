import { batchLastOffset, batchSize } from '@q/protocol';
import { journalFileName, offsetFileName, parseJournalFile, partitionDirectoryName } from '../files/file-names.ts';
import { removeIfThere } from '../files/durable-file.ts';
import { inParallel } from '../flush/in-parallel.ts';
import { journalBlockBytes } from '../limits.ts';
import { readTopicId } from '../log/partition-directory.ts';
import type { File, FileSystem } from '../ports/file-system.ts';
import type { JournalEntry } from './journal-entry.ts';
import { openJournalFile, readJournal } from './journal-file.ts';
import type { JournalFile } from './journal-file.ts';
import type { JournalItem, JournalPiece } from './journal-item.ts';
import type { JournalName } from './journal-name.ts';
import { Journal } from './journal.ts';
import type { JournalOptions } from './journal.ts';

export interface OpenJournalOptions extends JournalOptions {
  /** Of a partition's folder: what lies below was synced in its segments. */
  readonly recoveryPointOf: (folder: string) => number;
  /** After a clean shutdown nothing in the files counts. */
  readonly isClean: boolean;
}

/**
 * Opens the journal of a store, before any of its logs. What a crash has left in it is written to the segments that it belongs to
 * and synced there; from then on the folder is as if every round had been synced in its segments.
 */
export async function openJournal(o: OpenJournalOptions, names: readonly string[]): Promise<Journal> {
  const { fileSystem, directory, limits } = o;
  const found = names.map(parseJournalFile).filter((index) => index !== null);
  const files: JournalFile[] = [];
  let entries: JournalEntry[] = [];
  let sequence = 0;
  let minimum = 0;
  for (const index of found.toSorted((a, b) => a - b)) {
    const path = `${directory}/${journalFileName(index)}`;
    const content = await readJournal(fileSystem, path);
    const isWhole = content.sizeBytes === limits.journalFileBytes;
    // A file is made in full before it gets its head, and never changes its size.
    if (!isWhole && !o.isClean && content.head !== 'unfinished') reportSize(o, path, content.sizeBytes);
    if (content.head === 'damaged') o.log.error({ file: path }, 'the head of a journal file is damaged; what it holds is replayed all the same');
    entries = entries.concat(content.entries);
    minimum = Math.max(minimum, content.minimum);
    sequence = Math.max(sequence, content.minimum, (content.entries.at(-1)?.sequence ?? -1) + 1);
    if (content.head !== 'unfinished' && isWhole && index < limits.journalFiles) files.push(await openJournalFile(fileSystem, path));
  }
  entries.sort((a, b) => a.sequence - b.sequence);
  const hasGaps = reportGaps(o, entries, minimum);
  await replay(o, entries.flatMap(({ items }) => items), hasGaps);
  for (const file of files) await file.empty(sequence);
  await removeOthers(o, found, files);
  return new Journal(o, { files, sequence });
}

function reportSize({ log, limits }: OpenJournalOptions, file: string, sizeBytes: number): void {
  const fields = { file, sizeBytes, wantedBytes: limits.journalFileBytes };
  log.error(fields, 'a journal file does not have the size that it is made with: unless that was changed, acknowledged records may be missing');
}

/**
 * Entries follow each other over all files: one that is missing before another was damaged, not torn. So was one that is missing
 * at the end, if the head of a file was written after the next but one had begun. True if there is any.
 */
function reportGaps(o: OpenJournalOptions, entries: readonly JournalEntry[], minimum: number): boolean {
  const gaps = entries.map(({ sequence }, index) => ({ from: (entries[index - 1]?.sequence ?? sequence - 1) + 1, to: sequence - 1 }));
  const last = entries.at(-1);
  // Files are emptied in the order in which they were filled: while one has entries, so have those that came later.
  if (last) gaps.push({ from: last.sequence + 1, to: minimum - 2 });
  const damaged = gaps.filter(({ from, to }) => from <= to);
  for (const gap of damaged) o.log.error({ directory: o.directory, ...gap }, 'entries of the journal are damaged: acknowledged records may be missing');
  return damaged.length > 0;
}

/** Files that were never finished, and those of another size or number than is wanted now. */
async function removeOthers(o: OpenJournalOptions, found: readonly number[], kept: readonly JournalFile[]): Promise<void> {
  const paths = found.map((index) => `${o.directory}/${journalFileName(index)}`);
  const doomed = paths.filter((path) => kept.every((file) => file.path !== path));
  for (const path of doomed) await removeIfThere(o.fileSystem, path);
  if (doomed.length > 0) await o.fileSystem.syncDirectory(o.directory);
}

async function replay(o: OpenJournalOptions, items: readonly JournalItem[], hasGaps: boolean): Promise<void> {
  const logs = [...piecesByLog(items).values()].map(({ name, pieces }) => {
    const folder = partitionDirectoryName(name);
    const recoveryPoint = o.recoveryPointOf(folder);
    return { name, folder, pieces: pieces.filter(({ endOffset }) => endOffset > recoveryPoint) };
  });
  const unsynced = logs.filter(({ pieces }) => pieces.length > 0);
  let bytes = 0;
  await inParallel(unsynced, o.limits.logsInParallelMax, async ({ name, folder, pieces }) => {
    if ((await readTopicId(o.fileSystem, `${o.directory}/${folder}`)) !== name.topicId) return;
    // Not in one expression: other logs add to it meanwhile.
    const written = await replayLog(o.fileSystem, { directory: `${o.directory}/${folder}`, pieces, hasGaps });
    bytes += written;
  });
  if (bytes > 0) o.log.info({ logs: unsynced.length, bytes }, 'what was acknowledged and not synced yet was taken from the journal');
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

/** Also where the segment has these bytes already: a sync that failed earlier may have marked them clean without writing them. */
async function replayLog(fileSystem: FileSystem, o: { directory: string; pieces: readonly JournalPiece[]; hasGaps: boolean }): Promise<number> {
  const { directory, pieces, hasGaps } = o;
  // One file at a time: a log of small segments may have more of them here than a process may open.
  let open: OpenSegment | null = null;
  let bytes = 0;
  for (const piece of pieces) {
    if (open?.base !== piece.segmentBase) {
      if (open) await open.done();
      open = new OpenSegment(piece.segmentBase, await fileSystem.open(`${directory}/${offsetFileName(piece.segmentBase, 'log')}`, 'create'));
    }
    await open.write(piece, { hasGaps });
    bytes += piece.bytes;
  }
  if (open) await open.done();
  await fileSystem.syncDirectory(directory);
  return bytes;
}

/** Closed in the end, or at the first failure. */
class OpenSegment {
  readonly base: number;
  readonly #file: File;

  constructor(base: number, file: File) {
    this.base = base;
    this.#file = file;
  }

  async write({ position, appends }: JournalPiece, { hasGaps }: { hasGaps: boolean }): Promise<void> {
    try {
      if (hasGaps) await markMissing(this.#file, position);
      await this.#file.write(
        appends.map(({ batch }) => batch),
        position,
      );
    } catch (error) {
      await this.#file.close();
      throw error;
    }
  }

  async done(): Promise<void> {
    try {
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
  }
}

/**
 * What a lost entry had would leave a hole of zeros before this position, which recovery takes for a round that was torn: it would cut
 * off acknowledged records behind it. With anything else there it sees the damage, and sets the partition aside.
 */
async function markMissing(file: File, position: number): Promise<void> {
  for (let at = await file.size(); at < position; at += journalBlockBytes) {
    await file.write([Buffer.alloc(Math.min(journalBlockBytes, position - at), 'lost by the journal ')], at);
  }
}
