import { systemCode } from './folder-fault.ts';
import type { FolderEntry, FolderFiles } from './folder-files.ts';

/** Names of objects below a folder, in the order of their bytes, beginning behind `after`. */
export async function* walkNames(
  files: FolderFiles,
  o: { readonly root: string; readonly prefix: string; readonly after: string },
): AsyncGenerator<string, void, undefined> {
  const slash = o.prefix.lastIndexOf('/');
  yield* walk(slash < 0 ? '' : o.prefix.slice(0, slash + 1));

  async function* walk(above: string): AsyncGenerator<string, void, undefined> {
    const entries = await entriesOf(files, `${o.root}/${above}`);
    for (const name of entries.map((entry) => above + entry.name + (entry.isFolder ? '/' : '')).toSorted()) {
      if (!name.startsWith(o.prefix)) continue;
      if (!name.endsWith('/')) {
        if (name > o.after) yield name;
      } else if (name > o.after || o.after.startsWith(name)) yield* walk(name);
    }
  }
}

/** What begins with a point is no object: drafts, and what systems leave in folders. */
async function entriesOf(files: FolderFiles, folder: string): Promise<readonly FolderEntry[]> {
  try {
    return (await files.readFolder(folder)).filter(({ name }) => !name.startsWith('.'));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return [];
    throw error;
  }
}
