import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Makes the system forget what it holds in memory of the files below a folder, so that the next read of them goes to
 * the disk. Node has no `posix_fadvise`, and `dd` has: with no bytes to copy it syncs the file and gives the advice for
 * all of it.
 */
export async function forgetPages(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    await run('dd', [
      `of=${join(entry.parentPath, entry.name)}`,
      'oflag=nocache',
      'conv=notrunc,fdatasync',
      'count=0',
      'status=none',
    ]);
  }
}
