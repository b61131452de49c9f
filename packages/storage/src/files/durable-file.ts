import { systemCode } from '../errors.ts';
import type { FileSystem } from '../ports/file-system.ts';
import { temporarySuffix } from './file-names.ts';

/**
 * Puts a whole file in place, or leaves the old one: written beside it, synced, renamed. The rename is durable after the
 * caller has synced the folder.
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
export async function writeFileFrom(fileSystem: FileSystem, path: string, o: { position: number; bytes: Buffer }): Promise<void> {
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
 * Makes a folder and those above it, as far as they are absent, such that no crash takes them away again. One that is there and
 * empty may have been made by a process that was killed before it could sync the folder above.
 */
export async function makeDirectoryDurably(fileSystem: FileSystem, path: string): Promise<void> {
  const missing: string[] = [];
  let each = path;
  for (; !(await exists(fileSystem, each)); each = folderOf(each)) missing.push(each);
  if (each !== folderOf(each) && (await fileSystem.readDirectory(each)).length === 0) await fileSystem.syncDirectory(folderOf(each));
  for (const made of missing.toReversed()) {
    await fileSystem.makeDirectory(made);
    await fileSystem.syncDirectory(folderOf(made));
  }
}

async function exists(fileSystem: FileSystem, path: string): Promise<boolean> {
  try {
    await fileSystem.stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
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
