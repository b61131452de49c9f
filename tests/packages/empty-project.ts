import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command.ts';

export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
const workspaceBinaries = join(repositoryRoot, 'node_modules/.bin');

/** In the order in which they depend on each other. */
export const publicPackages = [
  'packages/protocol',
  'packages/storage',
  'packages/coordinator',
  'packages/broker',
  'packages/client',
  'packages/kafka-gateway',
  'packages/admin',
  'packages/security',
  'packages/cluster',
  'apps/broker',
  'apps/cli',
] as const;

export interface PackedPackage {
  readonly folder: string;
  readonly name: string;
  readonly tarball: string;
  /** Paths inside the tarball. */
  readonly files: readonly string[];
}

/**
 * Packs every public package into `destination`, with the command that users have for it. Packing builds first: nothing
 * here does.
 */
export async function packAll(destination: string): Promise<PackedPackage[]> {
  const output = await runCommand('node', ['scripts/pack-all.ts', '--json', '--out', destination], {
    cwd: repositoryRoot,
    timeoutMs: 500_000,
  });
  return JSON.parse(output) as PackedPackage[];
}

export interface InstallOptions {
  readonly registry?: string;
  /** File of npm's settings, instead of the user's. */
  readonly npmConfig?: string;
  /** Leaves out optional dependencies: the addons of codecs and checksums. */
  readonly withoutOptional?: boolean;
  /** The Node that npm runs on. */
  readonly node?: string;
}

/** A project outside the repository that depends on packed or published packages and on nothing else of ours. */
export class EmptyProject implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<EmptyProject> {
    return new EmptyProject(await mkdtemp(join(tmpdir(), 'q-packages-')));
  }

  /** Folder for the tarballs, inside the project so that it is removed with it. */
  get tarballs(): string {
    return join(this.directory, 'tarballs');
  }

  async prepare(): Promise<void> {
    await mkdir(this.tarballs);
    await cp(fixtures, this.directory, { recursive: true });
  }

  /**
   * Installs with npm what `packages` name: tarballs, or names for `registry`. Our packages depend on each other and
   * find what is here.
   */
  async install(packages: readonly string[], options: InstallOptions = {}): Promise<void> {
    const manifest = {
      private: true,
      type: 'module',
      devDependencies: { '@types/node': await catalogVersion('@types/node') },
    };
    await writeFile(join(this.directory, 'package.json'), JSON.stringify(manifest, null, 2));
    const omit = options.withoutOptional === true ? ['--omit=optional'] : [];
    const registry = options.registry === undefined ? [] : ['--registry', options.registry];
    await runCommand(
      'npm',
      ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...omit, ...registry, ...packages],
      {
        cwd: this.directory,
        path: options.node === undefined ? [] : [folderOf(options.node)],
        env: options.npmConfig === undefined ? {} : { npm_config_userconfig: options.npmConfig },
        timeoutMs: 300_000,
      },
    );
  }

  async versionOf(name: string): Promise<string> {
    const manifest = await readFile(join(this.directory, 'node_modules', name, 'package.json'), 'utf8');
    return (JSON.parse(manifest) as { version: string }).version;
  }

  /** Runs a program of this project with one release of Node. */
  runProgram(file: string, node: string, ...args: string[]): Promise<string> {
    return runCommand(node, [file, ...args], { cwd: this.directory });
  }

  /** Type-checks a fixture with the declarations in the tarballs, and those declarations themselves. */
  typeCheck(file: string): Promise<string> {
    const flags = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--lib',
      'es2024,esnext.disposable',
      '--types',
      'node',
    ];
    return runCommand('tsc', [...flags, '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', file], {
      cwd: this.directory,
      path: [workspaceBinaries],
    });
  }

  /** Path of a command that an installed package brings. */
  command(name: string): string {
    return join(this.directory, 'node_modules/.bin', name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** The releases of Node that we say we support, from the oldest. */
export function supportedNodes(): { name: string; program: string }[] {
  const oldest = ['x64', 'arm64']
    .map((arch) => join(repositoryRoot, `tests/node-24/node_modules/node-linux-${arch}/bin/node`))
    .find(existsSync);
  if (oldest === undefined) throw new Error('tests/node-24 has brought no node: run pnpm install');
  return [
    { name: 'Node 24', program: oldest },
    { name: 'Node 26', program: join(workspaceBinaries, 'node') },
  ];
}

export function folderOf(program: string): string {
  return dirname(program);
}

async function catalogVersion(name: string): Promise<string> {
  const workspace = await readFile(join(repositoryRoot, 'pnpm-workspace.yaml'), 'utf8');
  const version = new RegExp(`^ {2}'?${name}'?: (\\S+)$`, 'm').exec(workspace)?.[1];
  if (version === undefined) throw new Error(`the catalog has no ${name}`);
  return version;
}
