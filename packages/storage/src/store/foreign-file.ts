import { systemCode } from '../errors.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { StorageLog } from '../ports/storage-log.ts';

interface Place {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly log: StorageLog;
}

/**
 * Says so where `name` in the data folder, which has the form of a partition's, is no folder: somebody put it there,
 * and has their data perhaps. A folder that says nothing is none of these; it may be half made.
 */
export async function reportForeignFile(place: Place, name: string): Promise<void> {
  const file = `${place.directory}/${name}`;
  if (!(await isFolder(place, name)))
    place.log.warn(
      { event: 'folder.foreign_file', file },
      'the data folder holds a file with the name of a partition; it is left alone',
    );
}

/** A link that leads nowhere is none. What was removed meanwhile was one. */
async function isFolder({ fileSystem, directory }: Place, name: string): Promise<boolean> {
  try {
    return (await fileSystem.stat(`${directory}/${name}`)).isDirectory;
  } catch (error) {
    if (systemCode(error) === 'ELOOP') return false;
    if (systemCode(error) !== 'ENOENT') throw error;
    return !(await fileSystem.readDirectory(directory)).includes(name);
  }
}
