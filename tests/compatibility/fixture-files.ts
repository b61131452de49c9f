import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);
const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
const protocolModules = fileURLToPath(new URL('../../packages/protocol/node_modules', import.meta.url));
const clientModules = fileURLToPath(new URL('../../packages/client/node_modules', import.meta.url));

/** The days whose packages and data folders are kept. */
export const releases: readonly string[] = ['2026-11-30'];

export interface StoredRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timestampMs: number;
}

/** What that day's broker had acknowledged. */
export interface Acknowledged {
  readonly orders: readonly StoredRecord[];
  /** The last value of each key; null: its tombstone. */
  readonly table: Readonly<Record<string, string | null>>;
  /** By partition of `orders`, what group `billing` had committed. */
  readonly committed: Readonly<Record<string, number>>;
}

export async function acknowledged(release: string): Promise<Acknowledged> {
  return JSON.parse(await readFile(join(fixtures, release, 'records.json'), 'utf8')) as Acknowledged;
}

/**
 * A copy of a data folder of that day; removed when the test ends. `clean`: after a stop in order, `killed`: after
 * SIGKILL.
 */
export async function dataFolder(release: string, state: 'clean' | 'killed'): Promise<string> {
  const directory = await emptyFolder();
  await run('tar', ['-xzf', join(fixtures, release, `${state}.tgz`), '-C', directory]);
  return directory;
}

/** A project with that day's client in it; removed when the test ends. What it depends on is the workspace's. */
export async function projectWithClient(release: string): Promise<string> {
  const directory = await emptyFolder();
  for (const name of ['client', 'protocol']) {
    const target = join(directory, 'node_modules/@q', name);
    await mkdir(target, { recursive: true });
    await run('tar', ['-xzf', join(fixtures, release, `${name}.tgz`), '-C', target, '--strip-components=1']);
  }
  await linkModule(directory, '@standard-schema/spec', clientModules);
  for (const name of ['snappy', '@node-rs/crc32', 'lz4-napi']) await linkModule(directory, name, protocolModules);
  // Its name in the packages of before 2026-11-30.
  await mkdir(join(directory, 'node_modules/@napi-rs'));
  await symlink(join(protocolModules, 'snappy'), join(directory, 'node_modules/@napi-rs/snappy'));
  return directory;
}

async function linkModule(directory: string, name: string, modules: string): Promise<void> {
  const target = join(directory, 'node_modules', name);
  await mkdir(join(target, '..'), { recursive: true });
  await symlink(join(modules, name), target);
}

async function emptyFolder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'q-compatibility-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
