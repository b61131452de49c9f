import { describe, expect, it } from 'vitest';
import { makeDirectoryDurably } from '../../src/files/durable-file.ts';
import { MemoryFileSystem } from '../../src/file-system/memory-file-system.ts';
import type { FileSystem } from '../../src/ports/file-system.ts';

/** As for a user who may pass `folder` (mode --x) but not read it: it can be neither listed nor opened. */
function passedOnly(disk: FileSystem, folder: string): FileSystem {
  const refuse = (path: string): void => {
    if (path === folder) throw Object.assign(new Error(`EACCES: permission denied, '${path}'`), { code: 'EACCES' });
  };
  return {
    ...disk,
    makeDirectory: (path) => disk.makeDirectory(path),
    readDirectory: async (path) => {
      refuse(path);
      return await disk.readDirectory(path);
    },
    syncDirectory: async (path) => {
      refuse(path);
      await disk.syncDirectory(path);
    },
  };
}

describe('a folder above that may be passed but not read', () => {
  it('A2 is somebody else’s: a folder of ours below it is made', async () => {
    const disk = new MemoryFileSystem();
    await disk.makeDirectory('/srv/q');
    await makeDirectoryDurably(passedOnly(disk, '/srv'), '/srv/q/data');
    expect(await disk.readDirectory('/srv/q')).toEqual(['data']);
  });

  it('A2 does not hold a folder that is made in it: no crash may take that away', async () => {
    const disk = new MemoryFileSystem();
    await disk.makeDirectory('/srv');
    await expect(makeDirectoryDurably(passedOnly(disk, '/srv'), '/srv/q')).rejects.toMatchObject({ code: 'EACCES' });
  });
});
