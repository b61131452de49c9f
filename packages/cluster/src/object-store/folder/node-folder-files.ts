import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { clusterLimits } from '../../limits.ts';
import { placeOf } from '../object-part.ts';
import type { ObjectPart } from '../object-store.ts';
import type { FileBytes, FolderFiles } from './folder-files.ts';

/** Nobody else sees what records there are. */
const [fileMode, folderMode] = [0o600, 0o700];

/** The machine's disks, and those of others that are mounted. */
export const nodeFolderFiles: FolderFiles = {
  uniqueName: () => randomUUID(),
  async writeNew(path, bytes) {
    const file = await open(path, 'wx', fileMode);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
  },
  link,
  linksOf: async (path) => (await stat(path)).nlink,
  read,
  removeFile: unlink,
  async readFolder(path) {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  },
  makeFolder: (path) => mkdir(path, folderMode),
  async syncFolder(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  modifiedMs: async (path) => (await stat(path)).mtimeMs,
};

async function read(path: string, part: ObjectPart | 'all'): Promise<FileBytes> {
  const file = await open(path, 'r');
  try {
    const found = await file.stat();
    if (found.isDirectory())
      throw Object.assign(new Error(`EISDIR: '${path}' is a folder, read`), { code: 'EISDIR', syscall: 'read', path });
    const { size, nlink } = found;
    const wanted = part === 'all' ? { position: 0, length: clusterLimits.objectBytesMax + 1 } : part;
    const place = placeOf(wanted, size);
    if (place === null) return { bytes: null, position: 0, sizeBytes: size, links: nlink };
    const bytes = Buffer.alloc(place.length);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, place.position + filled);
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was read`);
      filled += bytesRead;
    }
    return { bytes, position: place.position, sizeBytes: size, links: nlink };
  } finally {
    await file.close();
  }
}
