import { join } from 'node:path';
import { fetchWith } from './fetch.ts';
import { installOnce } from './once.ts';

/** Builds Go programs, each given as `module/path@version`. @returns the folder that holds them */
export async function goPrograms(folder: string, packages: readonly string[]): Promise<string> {
  await installOnce(folder, packages.join(' '), async (unfinished) => {
    for (const name of packages)
      await fetchWith({ program: 'go', args: ['install', name], env: { GOBIN: join(unfinished, 'bin') } });
  });
  return join(folder, 'bin');
}
