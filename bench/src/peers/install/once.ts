import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Makes a folder of the cache with `fill`, unless it was made before from the same things. A fill that failed leaves
 * nothing behind, so that the next run tries again.
 *
 * @param what names everything that the content depends on, versions included
 */
export async function installOnce(
  folder: string,
  what: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const marker = join(folder, 'installed');
  if ((await readOrNull(marker)) === what) return;
  await rm(folder, { recursive: true, force: true });
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await fill(unfinished);
  await writeFile(join(unfinished, 'installed'), what);
  await mkdir(dirname(folder), { recursive: true });
  await rename(unfinished, folder);
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
