import { systemCode } from '../errors.ts';
import type { FileSystem } from '../ports/file-system.ts';
import { temporarySuffix } from './file-names.ts';

/**
 * Puts a whole file in place, or leaves the old one: written beside it, synced, renamed. The rename is durable after
 * the caller has synced the folder.
 */
export async function replaceFile(fileSystem: FileSystem, path: string, bytes: Buffer): Promise<void> {
  const draft = path + temporarySuffix;
  const file = await fileSystem.open(draft, 'create');
  try {
    await file.truncate(0);
    await file.write([bytes], 0);
    await file.datasync();
  } finally {
    await file.close();
  }
  await fileSystem.rename(draft, path);
}

/** Writes `bytes` at `position` of a file that is made if absent, cuts it behind them and syncs it. */
export async function writeFileFrom(
  fileSystem: FileSystem,
  path: string,
  o: { position: number; bytes: Buffer },
): Promise<void> {
  const file = await fileSystem.open(path, 'create');
  try {
    await file.write([o.bytes], o.position);
    await file.truncate(o.position + o.bytes.length);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/**
 * Makes a folder and those above it, as far as they are absent, such that no crash takes them away again. One that is
 * there and has nothing in it may be what an attempt has left that came no further than this: it counts as absent.
 */
export async function makeDirectoryDurably(fileSystem: FileSystem, path: string): Promise<void> {
  const unsettled: { readonly path: string; readonly isThere: boolean }[] = [];
  for (let each = path, below = ''; each !== folderOf(each); below = each, each = folderOf(each)) {
    const names = await namesIn(fileSystem, each);
    // A folder that may be passed but not read is somebody else's: no attempt of ours has left it.
    if (names === 'unreadable' || names?.some((name) => `${each}/${name}` !== below)) break;
    unsettled.push({ path: each, isThere: names !== null });
  }
  await fileSystem.makeDirectory(path);
  for (const each of unsettled.toReversed()) await syncFolderOf(fileSystem, each);
}

async function syncFolderOf(fileSystem: FileSystem, o: { path: string; isThere: boolean }): Promise<void> {
  try {
    await fileSystem.syncDirectory(folderOf(o.path));
  } catch (error) {
    // Whoever may not open the folder above has not made this one: nothing that we made depends on it.
    if (!(o.isThere && isRefusal(error))) throw error;
  }
}

/** Null when there is no such folder. */
async function namesIn(fileSystem: FileSystem, path: string): Promise<readonly string[] | 'unreadable' | null> {
  try {
    return await fileSystem.readDirectory(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    if (isRefusal(error)) return 'unreadable';
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(systemCode(error));
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : path.slice(0, slash);
}

export async function removeIfThere(fileSystem: FileSystem, path: string): Promise<boolean> {
  return await unlessAbsent(() => fileSystem.removeFile(path));
}

export async function renameIfThere(fileSystem: FileSystem, from: string, to: string): Promise<boolean> {
  return await unlessAbsent(() => fileSystem.rename(from, to));
}

async function unlessAbsent(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

export async function readFileIfThere(fileSystem: FileSystem, path: string): Promise<Buffer | null> {
  try {
    return await fileSystem.readFile(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
