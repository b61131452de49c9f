import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchWith } from './fetch.ts';
import { installOnce } from './once.ts';

/**
 * Programs unpacked from Debian's packages, not installed: no root, no service that starts, nothing outside the cache.
 */
export interface DebianRoot {
  readonly path: string;
  /** What their programs need to find their libraries. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Downloads the packages, and what else of their needs the machine does not have installed, and unpacks them.
 *
 * @param names all packages whose files are looked for under the root, even if the machine has them too
 */
export async function debianPackages(folder: string, names: readonly string[]): Promise<DebianRoot> {
  await installOnce(folder, names.join(' '), async (unfinished) => {
    const plan = await fetchWith({
      program: 'apt-get',
      args: ['install', '--simulate', '--no-install-recommends', ...names],
    });
    const downloads = join(unfinished, 'downloads');
    await mkdir(downloads);
    await fetchWith({
      program: 'apt-get',
      args: ['download', ...new Set([...names, ...missingPackages(plan)])],
      folder: downloads,
    });
    for (const file of await readdir(downloads))
      await fetchWith({ program: 'dpkg-deb', args: ['-x', join(downloads, file), join(unfinished, 'root')] });
  });
  const path = join(folder, 'root');
  return { path, env: { LD_LIBRARY_PATH: await libraryPath(path) } };
}

/**
 * @param plan what `apt-get install --simulate` wrote: `Inst name (version …)` for each package that it would install
 */
export function missingPackages(plan: string): string[] {
  return [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!);
}

/** Libraries are in a folder named after the processor, e.g. `x86_64-linux-gnu`. */
async function libraryPath(root: string): Promise<string> {
  const lib = join(root, 'usr', 'lib');
  const folders = (await readdir(lib)).filter((name) => name.endsWith('-linux-gnu'));
  return folders.map((name) => join(lib, name)).join(':');
}
