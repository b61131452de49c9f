import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository, with no slash at the end. */
export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

// What .gitignore names. The tree is walked instead of asking git, so that the tests also hold in an unpacked archive.
const ignoredNames = new Set(['node_modules', 'dist', '.git', '.turbo', 'coverage']);
const ignoredPaths = new Set(['data', 'bench/results', 'docs/api']);

/** Every file that belongs to the repository, as sorted paths relative to its root, with forward slashes. */
export const repositoryFiles: readonly string[] = walk(repositoryRoot).toSorted();

function walk(directory: string): string[] {
  const files: string[] = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    const name = relative(repositoryRoot, path).split(sep).join('/');
    if (ignoredNames.has(entry.name) || ignoredPaths.has(name) || name.endsWith('.tsbuildinfo')) continue;
    if (entry.isDirectory()) files.push(...walk(path));
    else if (entry.isFile()) files.push(name);
  }
  return files;
}

export function readRepositoryFile(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

/** The TypeScript that is published or deployed: `src` of every package and app. */
export function productionSources(): readonly string[] {
  return repositoryFiles.filter((path) => /^(packages|apps)\/[^/]+\/src\/.+\.ts$/.test(path));
}

/** All TypeScript of the repository. */
export function typeScriptFiles(): readonly string[] {
  return repositoryFiles.filter((path) => path.endsWith('.ts'));
}

/** `packages/broker/src/x.ts` -> `packages/broker`. */
export function workspaceOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

/** Folders of the packages and apps that exist, e.g. `packages/protocol`. */
export function workspaceFolders(): readonly string[] {
  return repositoryFiles.filter((path) => /^(packages|apps)\/[^/]+\/package\.json$/.test(path)).map(workspaceOf);
}

/** Folders of the recipes, e.g. `examples/table`. */
export function recipeFolders(): readonly string[] {
  return repositoryFiles.filter((path) => /^examples\/[^/]+\/package\.json$/.test(path)).map(workspaceOf);
}

interface PublishConfig {
  readonly access?: string;
  readonly provenance?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
}

export interface Manifest {
  readonly name: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly private?: boolean;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly files?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly publishConfig?: PublishConfig;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export function readManifest(path: string): Manifest {
  return JSON.parse(readRepositoryFile(path)) as Manifest;
}

export function isNodeAdapter(path: string): boolean {
  return /^node-[a-z0-9-]+\.ts$/.test(basename(path));
}
