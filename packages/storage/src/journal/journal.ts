import { isOutOfRoom } from '../errors.ts';
import { removeIfThere } from '../files/durable-file.ts';
import { journalFileName } from '../files/file-names.ts';
import { inParallel } from '../concurrency/in-parallel.ts';
import { journalBlockBytes } from '../limits.ts';
import type { StorageLimits } from '../limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { StorageLog } from '../ports/storage-log.ts';
import type { StorageObserver } from '../ports/storage-observer.ts';
import type { StorageStats } from '../stats.ts';
import { EntryBuilder, entryHeadBytes, paddedEntryBytes } from './journal-entry.ts';
import { createJournalFile, openJournalFile } from './journal-file.ts';
import type { JournalFile } from './journal-file.ts';
import { itemBytes } from './journal-item.ts';
import type { JournalPiece, JournalBoundary } from './journal-item.ts';

/** A log whose latest bytes may be durable in the journal alone. */
export interface JournaledLog {
  /**
   * For the journal alone: who else has pieces in the file that got the last one of this log. A set would be looked
   * into for each piece.
   */
  journalHolders: Set<JournaledLog> | null;
  /** Makes everything that was appended to it durable in its segments. */
  syncAppended(): Promise<void>;
}

export interface HeldPiece extends JournalPiece {
  readonly log: JournaledLog;
}

type OutgoingItem = HeldPiece | JournalBoundary;

/** Entries of one round, and the file that each goes to. */
export interface JournalPlan {
  readonly entries: readonly { readonly file: JournalFile; readonly items: readonly OutgoingItem[] }[];
  /** What found room, in order: a beginning of what was asked for. */
  readonly accepted: number;
}

/** A file that was not emptied at the start. */
export interface FullFile {
  readonly file: JournalFile;
  /** Everybody with pieces in it. */
  readonly holders: Iterable<JournaledLog>;
}

export interface JournalOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly limits: StorageLimits;
  readonly stats: StorageStats;
  readonly log: StorageLog;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly observer: StorageObserver;
  /** A sync has failed: nothing may be acknowledged any more. */
  readonly onFatal: (error: unknown) => void;
  /** Something has failed that badly: logs are closed unsynced then, and what the journal holds is all there is. */
  readonly hasFailed: () => boolean;
}

/*
 * One write that makes what many logs have in a round durable together. Their segments get the same bytes later, and
 * are synced.
 *
 * Invariants
 * - Only the rounds of the flush queue write entries, one round at a time: what `plan` finds is still so in `write`.
 * - Every file is one of: free, active, filled (in the round that is under way), full. It is emptied only when all logs
 *   that it holds pieces of are synced, and that begins only after the logs know what the round that filled it leaves
 *   to be written.
 * - Files are emptied in the order in which they were filled.
 * - `#holders` has, for each file that is not free, the logs with pieces in it.
 * - The journal is never needed: without room in it, or without a file, a round goes to its segments alone.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #builder = new EntryBuilder();
  readonly #holders = new Map<JournalFile, Set<JournaledLog>>();
  #sequence: number;
  #active: JournalFile | null = null;
  readonly #free: JournalFile[];
  readonly #filled: JournalFile[] = [];
  readonly #full: JournalFile[] = [];
  #misses = 0;
  #preparing: Promise<void> | null = null;
  #retiring: Promise<void> | null = null;
  /** Before the next try, after the disk had no room. */
  #roundsToWait = 0;
  #isClosing = false;

  /**
   * `files`: those that are there, empty below `sequence`, which the next entry gets; `full`: others, in order, that
   * are needed still.
   */
  constructor(
    options: JournalOptions,
    o: { files: readonly JournalFile[]; full: readonly FullFile[]; sequence: number },
  ) {
    this.#options = options;
    this.#free = [...o.files];
    this.#sequence = o.sequence;
    for (const file of o.files) this.#holders.set(file, new Set());
    for (const { file, holders } of o.full) {
      this.#holders.set(file, new Set(holders));
      this.#full.push(file);
    }
  }

  /** True if a crash could find something of this log in the journal. */
  holds(log: JournaledLog): boolean {
    for (const logs of this.#holders.values()) if (logs.has(log)) return true;
    return false;
  }

  /** What the journal holds of the one is that of the other from now on. */
  handOver(from: JournaledLog, to: JournaledLog): void {
    for (const logs of this.#holders.values()) if (logs.delete(from)) logs.add(to);
  }

  /** The log is closed and synced, or gone. */
  forget(log: JournaledLog): void {
    for (const logs of this.#holders.values()) logs.delete(log);
  }

  /** Where these items would go, as far as there is room. Makes files that have none left give way to the next. */
  plan(items: readonly OutgoingItem[]): JournalPlan {
    const entries: { file: JournalFile; items: OutgoingItem[] }[] = [];
    if (items.length === 0) return { entries, accepted: 0 };
    this.#active ??= this.#free.shift() ?? null;
    if (!this.#active) this.#missed(items.length);
    let accepted = 0;
    let roomBytes = this.#active?.roomBytes ?? 0;
    let bytes = 0;
    let before: OutgoingItem | null = null;
    for (const item of items) {
      let added = itemBytes(item, before);
      const isEntryFull =
        bytes > 0
        && (bytes + added > this.#options.limits.journalEntryBytes || paddedEntryBytes(bytes + added) > roomBytes);
      if (isEntryFull) {
        roomBytes -= paddedEntryBytes(bytes);
        added = itemBytes(item, null);
      }
      if (isEntryFull || bytes === 0) bytes = entryHeadBytes;
      while (this.#active && paddedEntryBytes(bytes + added) > roomBytes) roomBytes = this.#nextFile();
      if (!this.#active) break;
      if (bytes === entryHeadBytes) entries.push({ file: this.#active, items: [] });
      entries.at(-1)?.items.push(item);
      bytes += added;
      before = item;
      accepted += 1;
    }
    return { entries, accepted };
  }

  #nextFile(): number {
    if (this.#active) this.#filled.push(this.#active);
    this.#active = this.#free.shift() ?? null;
    return this.#active?.roomBytes ?? 0;
  }

  /** Durable when it returns. Any failure leaves unknown what a crash would find: the caller must end everything. */
  async write({ entries }: JournalPlan): Promise<void> {
    const { stats, clock, observer } = this.#options;
    for (const { file, items } of entries) {
      const entry = this.#builder.build(this.#sequence, items);
      this.#sequence += 1;
      const startedAt = clock.monotonic();
      const written = file.write(entry);
      // Not before the disk is at work.
      this.#noteHolders(file, items);
      await written;
      observer.synced(clock.monotonic() - startedAt);
      stats.journalWrites += 1;
      stats.journalBytes += entry.length;
    }
  }

  #noteHolders(file: JournalFile, items: readonly OutgoingItem[]): void {
    const holders = this.#holders.get(file);
    if (holders === undefined) return;
    for (const item of items) {
      if (item.kind !== 'piece' || item.log.journalHolders === holders) continue;
      item.log.journalHolders = holders;
      holders.add(item.log);
    }
  }

  /**
   * The logs of the round that is under way write the rest of it by themselves: what it filled may be emptied, in the
   * background.
   */
  roundOver(): void {
    this.#full.push(...this.#filled.splice(0));
    if (this.#full.length === 0 || this.#retiring) return;
    if (this.#roundsToWait > 0) this.#roundsToWait -= 1;
    else this.#retireInBackground();
  }

  /**
   * Waits until a file is free. For boundaries, which have no other way than the journal; there is one if anything is
   * held. False: the disk has no room for what the files hold.
   */
  async room(): Promise<boolean> {
    this.#full.push(...this.#filled.splice(0));
    if (!this.#retiring) this.#retireInBackground();
    await this.#retiring;
    return this.#free.length > 0;
  }

  #retireInBackground(): void {
    this.#retiring = this.#retire().finally(() => (this.#retiring = null));
  }

  async #retire(): Promise<void> {
    try {
      for (let file = this.#full[0]; file; file = this.#full[0]) {
        const holders = this.#holders.get(file) ?? new Set();
        await inParallel([...holders], this.#options.limits.flushesInParallelMax, (log) => log.syncAppended());
        if (this.#options.hasFailed()) return;
        await file.empty(this.#sequence);
        // Another set, since logs know this one for that of their last piece; emptied, since they may keep it.
        this.#holders.set(file, new Set());
        holders.clear();
        this.#full.shift();
        this.#free.push(file);
        this.#options.stats.journalFilesRetired += 1;
      }
    } catch (error) {
      // A disk without room: the file is full until it has some.
      if (isOutOfRoom(error)) this.#roundsToWait = this.#options.limits.journalMissesBefore;
      else this.#options.onFatal(error);
    }
  }

  /**
   * On a full disk an empty file is room for what is needed more; the next one is made when there is some again. False:
   * there is none.
   */
  async giveUpFree(): Promise<boolean> {
    const file = this.#free.pop();
    if (!file) return false;
    this.#holders.delete(file);
    await file.close();
    await removeIfThere(this.#options.fileSystem, file.path);
    return true;
  }

  /** A round over many logs is worth as much as many rounds: without a journal each of its pieces costs a sync. */
  #missed(pieces: number): void {
    const { journalFiles, journalMissesBefore } = this.#options.limits;
    if (this.#preparing || this.#isClosing || this.#holders.size >= journalFiles) return;
    this.#misses += pieces;
    if (this.#misses <= journalMissesBefore) return;
    this.#misses = 0;
    this.#preparing = this.#prepare().finally(() => (this.#preparing = null));
  }

  /**
   * Makes the files that are missing. Without them everything works, if slower: a failure is reported, and tried again
   * later.
   */
  async #prepare(): Promise<void> {
    const { fileSystem, directory, limits, log } = this.#options;
    const { journalFiles, journalFileBytes, readBlockBytes } = limits;
    const taken = new Set([...this.#holders.keys()].map(({ path }) => path));
    const paths = Array.from({ length: journalFiles }, (_, index) => `${directory}/${journalFileName(index)}`).filter(
      (path) => !taken.has(path),
    );
    try {
      for (const path of paths) {
        if (this.#isClosing || !(await this.#hasDiskRoom())) return;
        await createJournalFile(fileSystem, {
          path,
          sizeBytes: journalFileBytes,
          minimum: this.#sequence,
          blockBytes: readBlockBytes,
        });
        await fileSystem.syncDirectory(directory);
        const file = await openJournalFile(fileSystem, path);
        this.#holders.set(file, new Set());
        this.#free.push(file);
      }
    } catch (error) {
      log.warn(
        { event: 'journal.file_not_made', err: error },
        'a journal file could not be made; small writes are slower without it',
      );
    }
  }

  /** A disk that is nearly full has better uses for its room. */
  async #hasDiskRoom(): Promise<boolean> {
    const { fileSystem, directory, limits } = this.#options;
    const disk = await fileSystem.diskSpace(directory);
    return (
      disk === null || disk.freeBytes >= limits.diskReserveBytes + 4 * limits.journalFiles * limits.journalFileBytes
    );
  }

  /** After all logs were closed. `isSynced`: and synced, so that nothing in the journal is needed any more. */
  async close({ isSynced }: { isSynced: boolean }): Promise<void> {
    this.#isClosing = true;
    await this.#preparing;
    await this.#retiring;
    // All of them are closed, whatever one does; then the first failure is told.
    await inParallel([...this.#holders.keys()], 1, async (file) => {
      const isUsed = this.#full.includes(file) || file.roomBytes < file.sizeBytes - journalBlockBytes;
      try {
        if (isSynced && isUsed) await file.empty(this.#sequence);
      } finally {
        await file.close();
      }
    });
    this.#holders.clear();
  }
}
