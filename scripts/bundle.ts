/*
 * Builds packages for Node: all modules of a package become one file, beside one for each part that is loaded only when
 * it is wanted. Packages stay apart from each other, and so do the libraries they depend on. Node takes some 0.2 ms for
 * each module it loads; as 200 files a broker took 40 ms longer to start (docs/notes/2026-11-24-start.md).
 *
 *   node scripts/bundle.ts apps/broker apps/cli
 *
 * builds these and whatever of ours they depend on, from the sources. What is newer than its sources is left alone.
 */
import { globSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repositoryRoot = fileURLToPath(new URL('..', import.meta.url));
const workspaceFolders = globSync('{packages,apps}/*/package.json', { cwd: repositoryRoot }).map((path) =>
  path.slice(0, -'/package.json'.length),
);

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(repositoryRoot, folder, 'package.json'), 'utf8')) as Manifest;
}

const folderOfPackage = new Map(workspaceFolders.map((folder) => [manifestOf(folder).name, folder]));

/** The folders, and those of the packages of ours that they need to run. */
function withDependencies(folders: readonly string[]): Set<string> {
  const found = new Set(folders);
  for (const folder of found) {
    for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) {
      const dependency = folderOfPackage.get(name);
      if (dependency !== undefined) found.add(dependency);
    }
  }
  return found;
}

/** A program begins with `main`, a library with `index`. */
function entryOf(folder: string): 'main' | 'index' {
  return folder.startsWith('apps/') ? 'main' : 'index';
}

function isFresh(folder: string): boolean {
  const built = statSync(join(repositoryRoot, folder, 'dist', `${entryOf(folder)}.js`), { throwIfNoEntry: false });
  if (built === undefined) return false;
  const sources = globSync([`${folder}/src/**/*.ts`, `${folder}/package.json`, 'scripts/bundle.ts'], {
    cwd: repositoryRoot,
  });
  return sources.every((path) => statSync(join(repositoryRoot, path)).mtimeMs <= built.mtimeMs);
}

async function bundle(folder: string): Promise<void> {
  const { rolldown } = await import('rolldown');
  const cwd = join(repositoryRoot, folder);
  const entry = `src/${entryOf(folder)}.ts`;
  await using build = await rolldown({
    cwd,
    input: entry,
    platform: 'node',
    external: (id) => id !== entry && !id.startsWith('.') && !id.startsWith(cwd),
    // Whoever bundles an application leaves out what it does not use; here everything is kept, as it stands.
    treeshake: false,
  });
  // Chunks of an earlier build; declarations, which are built apart, stay.
  for (const path of globSync('dist/**/*.{js,js.map}', { cwd })) rmSync(join(cwd, path));
  await build.write({
    dir: join(cwd, 'dist'),
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  });
}

const folders = process.argv.slice(2);
const unknown = folders.filter((folder) => !workspaceFolders.includes(folder));
if (folders.length === 0 || unknown.length > 0) {
  process.stderr.write(
    `bundle: ${unknown.length > 0 ? `no package in ${unknown.join(', ')}` : 'no package named'}; there are ${workspaceFolders.join(', ')}\n`,
  );
  process.exit(2);
}
for (const folder of withDependencies(folders)) if (!isFresh(folder)) await bundle(folder);
