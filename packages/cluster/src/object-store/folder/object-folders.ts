import { systemCode } from './folder-fault.ts';
import type { FolderFiles } from './folder-files.ts';

/** Folders that are known to be durable; when there is no room, all are forgotten, and synced once more. */
const knownMax = 10_000;

/*
 * The folders of a store. They are made when a name needs them, and stay: so what was made durable once is so for ever.
 */
export class ObjectFolders {
  readonly #files: FolderFiles;
  readonly #root: string;
  readonly #durable = new Set<string>();

  constructor(files: FolderFiles, root: string) {
    this.#files = files;
    this.#root = root;
  }

  pathOf(name: string): string {
    return `${this.#root}/${name}`;
  }

  /** Makes the folder of a path, and those above it, such that no crash takes them away. */
  async makeFor(path: string): Promise<void> {
    await this.#make(folderOf(path));
  }

  /** Makes the name of a file durable. */
  async syncFor(path: string): Promise<void> {
    await this.#files.syncFolder(folderOf(path));
  }

  /** Somebody has removed folders. */
  forget(): void {
    this.#durable.clear();
  }

  async #make(folder: string): Promise<void> {
    if (this.#durable.has(folder)) return;
    const isInside = folder.startsWith(`${this.#root}/`);
    if (isInside) await this.#make(folderOf(folder));
    const isNew = await this.#makeOne(folder);
    // Another process may have made it a moment ago, and not have synced it. Above the store that is not our concern.
    if (isNew || isInside) await this.#files.syncFolder(folderOf(folder));
    if (this.#durable.size >= knownMax) this.#durable.clear();
    this.#durable.add(folder);
  }

  /** True when it was not there. */
  async #makeOne(folder: string): Promise<boolean> {
    try {
      return await this.#isMade(folder);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || folder === folderOf(folder)) throw error;
    }
    await this.#make(folderOf(folder));
    // Once: there are folders in which nothing can be made although they are there (/proc).
    return await this.#isMade(folder);
  }

  async #isMade(folder: string): Promise<boolean> {
    try {
      await this.#files.makeFolder(folder);
      return true;
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    }
  }
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}
