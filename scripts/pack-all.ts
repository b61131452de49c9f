/*
 * Packs every public package into one folder, built, as a release would publish it, and says how to install them:
 *
 *   pnpm pack:all [--out DIR] [--json]
 *
 * Until the packages are published this is how an application gets them. `--json` writes what was packed, for programs.
 */
import { execFile } from 'node:child_process';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const repositoryRoot = fileURLToPath(new URL('..', import.meta.url));
const outputBytesMax = 64 << 20;

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Packed {
  readonly folder: string;
  readonly name: string;
  /** Absolute path. */
  readonly tarball: string;
  /** Paths inside the tarball. */
  readonly files: readonly string[];
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(repositoryRoot, folder, 'package.json'), 'utf8')) as Manifest;
}

const publicFolders = globSync('{packages,apps}/*/package.json', { cwd: repositoryRoot })
  .map((path) => path.slice(0, -'/package.json'.length))
  .filter((folder) => manifestOf(folder).private !== true);
const folderOfPackage = new Map(publicFolders.map((folder) => [manifestOf(folder).name, folder]));

/** The packages of ours that `names` need, and themselves, in the order in which they depend on each other. */
function withDependencies(names: readonly string[]): string[] {
  const found = new Set<string>();
  for (const name of names) {
    const folder = folderOfPackage.get(name);
    if (folder === undefined) continue;
    for (const dependency of withDependencies(Object.keys(manifestOf(folder).dependencies ?? {})))
      found.add(dependency);
    found.add(name);
  }
  return [...found];
}

/** Packing builds first: each package has a `prepack`. */
async function pack(name: string, destination: string): Promise<Packed> {
  const folder = folderOfPackage.get(name) as string;
  const { stdout } = await promisify(execFile)(
    'npx',
    ['-y', 'pnpm@12', 'pack', '--json', '--pack-destination', destination],
    {
      cwd: join(repositoryRoot, folder),
      maxBuffer: outputBytesMax,
    },
  );
  const { filename, files } = JSON.parse(stdout) as { filename: string; files: { path: string }[] };
  return { folder, name, tarball: filename, files: files.map(({ path }) => path) };
}

/** The line to type in the application's folder. A tarball for each package of ours: a registry does not have them. */
function installLine(names: readonly string[], packed: readonly Packed[]): string {
  const wanted = withDependencies(names);
  const tarballs = packed.filter(({ name }) => wanted.includes(name)).map(({ tarball }) => tarball);
  return `npm install ${tarballs.map((path) => (/^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`)).join(' ')}`;
}

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(repositoryRoot, 'dist/packages') },
    json: { type: 'boolean', default: false },
  },
});
const destination = resolve(values.out);
mkdirSync(destination, { recursive: true });
const packed: Packed[] = [];
for (const name of withDependencies([...folderOfPackage.keys()])) {
  if (!values.json) process.stdout.write(`packing ${name}\n`);
  packed.push(await pack(name, destination));
}

if (values.json) {
  process.stdout.write(`${JSON.stringify(packed)}\n`);
} else {
  process.stdout.write(
    `\n${packed.length} packages are in ${relative(process.cwd(), destination) || '.'}. In the folder of your application:\n`,
  );
  process.stdout.write(`\nthe client:\n  ${installLine(['@q/client'], packed)}\n`);
  process.stdout.write(
    `\nthe client, and the broker in your process:\n  ${installLine(['@q/client', '@q/broker'], packed)}\n`,
  );
  process.stdout.write(`\nthe programs q-broker and q:\n  ${installLine(['@q/broker-app', '@q/cli'], packed)}\n`);
}
