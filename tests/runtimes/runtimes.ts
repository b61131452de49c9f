import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('../node_modules', import.meta.url));

/** Something other than Node that runs our packages. */
export interface Runtime {
  readonly name: string;
  readonly program: string;
  /** What stands before the file to run. */
  readonly flags: readonly string[];
}

/** The runtimes that their npm packages have brought, in the releases that the catalog of pnpm-workspace.yaml names. */
export function otherRuntimes(): Runtime[] {
  return [
    { name: 'Bun', program: brought('@oven/bun-linux-x64/bin/bun', '@oven/bun-linux-aarch64/bin/bun'), flags: ['run'] },
    // Allowed everything: a broker listens, reads and writes where it is told to.
    {
      name: 'Deno',
      program: brought('@deno/linux-x64-glibc/deno', '@deno/linux-arm64-glibc/deno'),
      flags: ['run', '--allow-all'],
    },
  ];
}

function brought(...paths: readonly string[]): string {
  const found = paths.map((path) => join(modules, path)).find(existsSync);
  if (found === undefined) throw new Error(`no package has brought ${paths.join(' or ')}: run pnpm install`);
  return found;
}
