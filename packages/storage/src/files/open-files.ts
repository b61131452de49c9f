import type { File, FileSystem } from '../ports/file-system.ts';
import type { StorageStats } from '../stats.ts';

/*
 * Files kept open between uses, the least recently used closed first.
 *
 * Invariants
 * - One open file per path. It is closed only when nobody holds a lease on it.
 * - `#entries` is in order of last use. At most `openFilesMax` entries, not counting those that are leased: a burst of
 *   leases may pass it, and it shrinks again as they are released.
 * - `#descriptors` counts every file from before it is opened until it is closed. It passes `openFilesInUseMax` only by
 *   leases of those who hold one already: they must not wait for each other. Anybody else waits until a file is closed,
 *   in order.
 * - A path that is renamed or removed is `forget`-ten first, so that its name never leads to the old file.
 * - A file that needs a sync gets it before it is closed to make room: whoever opens it again might not be told that
 *   the system failed to write what was written through this descriptor.
 */
export interface FileLease {
  readonly file: File;
  /** What was written now is promised to be synced later. */
  needsSync(): void;
  /** Syncs the file, its debts included. */
  sync(): Promise<void>;
  release(): void;
}

export class OpenFiles {
  readonly #fileSystem: FileSystem;
  #openFilesMax: number;
  #openFilesInUseMax: number;
  readonly #stats: StorageStats;
  readonly #onFatal: (error: unknown) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #descriptors = 0;

  /** `onFatal`: a sync that was owed has failed. */
  constructor(o: {
    fileSystem: FileSystem;
    openFilesMax: number;
    openFilesInUseMax: number;
    stats: StorageStats;
    onFatal: (error: unknown) => void;
  }) {
    this.#fileSystem = o.fileSystem;
    this.#openFilesMax = o.openFilesMax;
    this.#openFilesInUseMax = o.openFilesInUseMax;
    this.#stats = o.stats;
    this.#onFatal = o.onFatal;
  }

  /**
   * The file at `path`, for reading and writing; with `create` it is made if absent. Keep the lease short. `isNested`:
   * the caller holds another lease.
   */
  async lease(path: string, o: { create?: boolean; isNested?: boolean } = {}): Promise<FileLease> {
    if (!this.#entries.has(path) && this.#descriptors >= this.#openFilesInUseMax && o.isNested !== true)
      await this.#room(path);
    let entry = this.#entries.get(path);
    if (entry) this.#entries.delete(path);
    else {
      entry = new Entry(this.#fileSystem.open(path, o.create === true ? 'create' : 'write'), (idle) =>
        this.#onIdle(path, idle),
      );
      this.#stats.openFiles += 1;
      this.#descriptors += 1;
    }
    this.#entries.set(path, entry);
    entry.users += 1;
    this.#evict();
    try {
      entry.opened = await entry.opening;
      return entry;
    } catch (error) {
      entry.users -= 1;
      if (this.#entries.get(path) === entry) this.#entries.delete(path);
      if (!entry.isClosed) this.#openFailed(entry);
      throw error;
    }
  }

  /** Ends when there is room for one more, or the path was opened meanwhile. */
  async #room(path: string): Promise<void> {
    while (!this.#entries.has(path) && this.#descriptors >= this.#openFilesInUseMax) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      this.#evict();
      await promise;
    }
    // Who needs no room after all leaves it to the next.
    if (this.#entries.has(path)) this.#waiting.shift()?.();
  }

  /** From now on the path leads to a freshly opened file. Leases in use stay good. */
  forget(path: string): void {
    const entry = this.#entries.get(path);
    if (!entry) return;
    this.#entries.delete(path);
    entry.isForgotten = true;
    if (entry.users === 0) this.#close(entry);
  }

  /** As `forget`, for every file of a folder. */
  forgetFolder(directory: string): void {
    for (const path of this.#entries.keys()) if (path.startsWith(`${directory}/`)) this.forget(path);
  }

  /** Closes everything that is not leased, and waits until it is closed. */
  async close(): Promise<void> {
    for (const path of this.#entries.keys()) this.forget(path);
    await Promise.all(this.#closing);
  }

  #onIdle(path: string, entry: Entry): void {
    if (entry.isForgotten || this.#entries.get(path) !== entry) this.#close(entry);
    else this.#evict();
  }

  /** From now on so many, more or fewer than before. What is too much is closed at once, but for what is in use. */
  limit(o: { openFilesMax: number; openFilesInUseMax: number }): void {
    this.#openFilesMax = o.openFilesMax;
    this.#openFilesInUseMax = o.openFilesInUseMax;
    this.#evict();
    // Whoever still finds no room waits again.
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /**
   * Closes everything that is not leased: the process has no descriptor left. What is asked for next is opened again.
   */
  closeIdle(): void {
    this.#evict(0);
  }

  /** Those who wait need the room of files that nobody uses. */
  #evict(countMax = Math.max(0, this.#openFilesMax - this.#waiting.length)): void {
    if (this.#entries.size <= countMax) return;
    for (const [path, entry] of this.#entries) {
      if (entry.users > 0) continue;
      this.#entries.delete(path);
      if (entry.isUnsynced) this.#syncAndClose(entry);
      else this.#close(entry);
      if (this.#entries.size <= countMax) return;
    }
  }

  #syncAndClose(entry: Entry): void {
    entry.users += 1;
    entry.isForgotten = true;
    const syncing = entry.sync().then(
      () => entry.release(),
      (error: unknown) => this.#onFatal(error),
    );
    this.#closing.add(syncing);
    void syncing.then(() => this.#closing.delete(syncing));
  }

  #close(entry: Entry): void {
    if (entry.isClosed) return;
    entry.isClosed = true;
    this.#stats.openFiles -= 1;
    // What was written was synced or is the system's business by now; a failed close can be neither repaired nor
    // retried.
    const closing = entry.opening.then((file) => file.close()).catch(() => undefined);
    this.#closing.add(closing);
    void closing.then(() => {
      this.#closing.delete(closing);
      this.#gone();
    });
  }

  #openFailed(entry: Entry): void {
    entry.isClosed = true;
    this.#stats.openFiles -= 1;
    this.#gone();
  }

  #gone(): void {
    this.#descriptors -= 1;
    this.#waiting.shift()?.();
  }
}

class Entry implements FileLease {
  readonly opening: Promise<File>;
  readonly #onIdle: (entry: Entry) => void;
  opened: File | null = null;
  users = 0;
  isForgotten = false;
  isClosed = false;
  #written = 0;
  #synced = 0;

  constructor(opening: Promise<File>, onIdle: (entry: Entry) => void) {
    this.opening = opening;
    this.#onIdle = onIdle;
  }

  get file(): File {
    return this.opened as File;
  }

  get isUnsynced(): boolean {
    return this.#written > this.#synced;
  }

  needsSync(): void {
    this.#written += 1;
  }

  async sync(): Promise<void> {
    const written = this.#written;
    await this.file.datasync();
    // Writes that came meanwhile are not covered.
    this.#synced = Math.max(this.#synced, written);
  }

  release(): void {
    this.users -= 1;
    if (this.users === 0) this.#onIdle(this);
  }
}
