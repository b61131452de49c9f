import type { FileSystem } from '../ports/file-system.ts';
import type { StorageLog } from '../ports/storage-log.ts';

/** Folders of deleted logs that are still to be removed. */
export class DoomedFolders {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #log: StorageLog;
  readonly #paths = new Set<string>();

  /** `directory` is the store's, in which the folders stand. */
  constructor(o: { fileSystem: FileSystem; directory: string; log: StorageLog }) {
    this.#fileSystem = o.fileSystem;
    this.#directory = o.directory;
    this.#log = o.log;
  }

  get size(): number {
    return this.#paths.size;
  }

  /**
   * Gives a log's folder the name of one that is to go, for good. What an earlier deletion has left under that name
   * goes first.
   */
  async take(path: string, doomed: string): Promise<void> {
    if (this.#paths.has(doomed)) await this.#fileSystem.removeDirectory(doomed);
    await this.#fileSystem.rename(path, doomed);
    this.#paths.add(doomed);
    await this.#fileSystem.syncDirectory(this.#directory);
  }

  /**
   * The log is gone for good: whether its files are is for a later round of maintenance, or the next start. Returns how
   * many went.
   */
  async remove(path: string): Promise<number> {
    try {
      await this.#fileSystem.removeDirectory(path);
      this.#paths.delete(path);
      return 1;
    } catch (error) {
      this.#log.error(
        { event: 'folder.removal_failed', directory: path, err: error },
        'the files of a deleted log could not be removed; they are tried again',
      );
      return 0;
    }
  }

  /** Those that an earlier try has left. Returns how many are gone. */
  async removeLeft(): Promise<number> {
    const left = Array.from(this.#paths);
    try {
      // An earlier try may have come no further than the new name: what is removed must not come back under the old
      // one.
      await this.#fileSystem.syncDirectory(this.#directory);
    } catch (error) {
      this.#log.error(
        { event: 'folder.removal_failed', directory: this.#directory, err: error },
        'the names of deleted logs could not be made durable; they are tried again',
      );
      return 0;
    }
    let removed = 0;
    for (const path of left) removed += await this.remove(path);
    return removed;
  }
}
