import { MemoryFileSystem } from '@q/storage';
import type { FileSystem } from '@q/storage';

/** A data folder as bytes: path below it, and content. The buffers are shared by everyone and never written to. */
export type Folder = ReadonlyMap<string, Buffer>;

export const dataDir = '/data';

/** Every file below the data folder; copies, so that the file system may go on changing. */
export async function readFolder(fileSystem: FileSystem, path: string = dataDir): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const name of (await fileSystem.readDirectory(path)).toSorted()) {
    const inside = `${path}/${name}`;
    if ((await fileSystem.stat(inside)).isDirectory) {
      for (const [file, bytes] of await readFolder(fileSystem, inside)) files.set(file, bytes);
    } else files.set(inside.slice(dataDir.length + 1), Buffer.from(await fileSystem.readFile(inside)));
  }
  return files;
}

/** A disk in memory that holds the folder, and perhaps one file in another form: `null` is a file that is missing. */
export async function diskOf(
  folder: Folder,
  change?: { readonly path: string; readonly bytes: Buffer | null },
): Promise<MemoryFileSystem> {
  const disk = new MemoryFileSystem();
  await disk.makeDirectory(dataDir);
  for (const [path, original] of folder) {
    const bytes = path === change?.path ? change.bytes : original;
    if (path.includes('/')) await disk.makeDirectory(`${dataDir}/${path.slice(0, path.lastIndexOf('/'))}`);
    if (bytes === null) continue;
    const file = await disk.open(`${dataDir}/${path}`, 'create');
    await file.write([bytes], 0);
  }
  return disk;
}
