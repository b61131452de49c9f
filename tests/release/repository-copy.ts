import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCommand } from '../packages/command.ts';
import { publicPackages, repositoryRoot } from '../packages/empty-project.ts';

const run = promisify(execFile);
const pnpm = ['-y', 'pnpm@12'];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean };
}

/** What a release does to the repository, done to a copy of it in a temporary folder. */
export class RepositoryCopy implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * The working tree as it is, without what git ignores, as the first commit of a repository of its own. Changesets
   * look at commits.
   */
  static async create(): Promise<RepositoryCopy> {
    const copy = new RepositoryCopy(await mkdtemp(join(tmpdir(), 'q-release-')));
    for (const path of await trackedFiles()) await cp(join(repositoryRoot, path), join(copy.directory, path));
    const identity = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@localhost'];
    await copy.#command('git', 'init', '--quiet', '--initial-branch=main');
    await copy.#command('git', 'add', '--all');
    await copy.#command('git', ...identity, 'commit', '--quiet', '--message', 'What is to be released');
    return copy;
  }

  async install(): Promise<void> {
    await this.#command('npx', ...pnpm, 'install', '--frozen-lockfile', '--prefer-offline');
  }

  /** Turns the changesets that wait into versions and changelogs. Returns the version of each public package. */
  async version(): Promise<Map<string, string>> {
    await this.#command('npx', ...pnpm, 'changeset', 'version');
    const waiting = (await readdir(join(this.directory, '.changeset'))).filter(
      (file) => file.endsWith('.md') && file !== 'README.md',
    );
    if (waiting.length > 0) throw new Error(`changesets are left after versioning: ${waiting.join(', ')}`);
    const versions = new Map<string, string>();
    for (const folder of publicPackages) {
      const { name, version } = await this.#manifest(folder);
      if (version === '0.0.0') throw new Error(`${name} has no version: no changeset names it`);
      await this.#checkChangelog(folder, version);
      versions.set(name, version);
    }
    return versions;
  }

  /**
   * Builds, packs and publishes each public package whose version `registry` does not have. `npmConfig` holds its
   * token.
   */
  async publish(registry: { url: string; npmConfig: string }): Promise<void> {
    for (const folder of publicPackages) await this.#withoutProvenance(folder);
    await runCommand('npx', [...pnpm, '--recursive', 'publish', '--no-git-checks', '--registry', registry.url], {
      cwd: this.directory,
      env: { npm_config_userconfig: registry.npmConfig, NPM_CONFIG_USERCONFIG: registry.npmConfig },
      timeoutMs: 600_000,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /**
   * Only a CI that npm knows can sign where a package comes from, so the copy goes without. The packages must still ask
   * for it.
   */
  async #withoutProvenance(folder: string): Promise<void> {
    const { publishConfig, ...manifest } = await this.#manifest(folder);
    if (publishConfig?.provenance !== true || publishConfig.access !== 'public') {
      throw new Error(`${folder}/package.json: publishConfig needs "access": "public" and "provenance": true`);
    }
    const path = join(this.directory, folder, 'package.json');
    await writeFile(
      path,
      `${JSON.stringify({ ...manifest, publishConfig: { ...publishConfig, provenance: false } }, null, 2)}\n`,
    );
  }

  async #checkChangelog(folder: string, version: string): Promise<void> {
    const text = await readFile(join(this.directory, folder, 'CHANGELOG.md'), 'utf8');
    if (!text.includes(`\n## ${version}\n`)) throw new Error(`${folder}/CHANGELOG.md says nothing of ${version}`);
  }

  async #manifest(folder: string): Promise<Manifest> {
    return JSON.parse(await readFile(join(this.directory, folder, 'package.json'), 'utf8')) as Manifest;
  }

  async #command(command: string, ...args: string[]): Promise<void> {
    await runCommand(command, args, { cwd: this.directory, timeoutMs: 300_000 });
  }
}

/** Relative to the repository. What is new and not committed belongs to it; what is deleted does not. */
async function trackedFiles(): Promise<string[]> {
  const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: repositoryRoot,
    maxBuffer: 64 << 20,
  });
  return stdout.split('\0').filter((path) => path !== '' && existsSync(join(repositoryRoot, path)));
}
