import fs from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isOutOfFiles, systemCode } from '../errors.ts';
import type { File, FileStat, FileSystem, OpenMode } from '../ports/file-system.ts';
import { Turnstile } from '../concurrency/turnstile.ts';
import { lockDirectory } from './node-directory-lock.ts';
import { assertRegular, openRegular, openWithoutWaiting, promise, readRegular } from './node-regular-file.ts';

const { O_RDONLY, O_RDWR, O_CREAT, O_DSYNC } = fs.constants;
// Not on every system, whatever its type says.
const hasDurableWrites = (O_DSYNC as number | undefined) !== undefined;
const openFlags: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY,
  write: O_RDWR,
  create: O_RDWR | O_CREAT,
  durable: hasDurableWrites ? O_RDWR | O_DSYNC : O_RDWR,
};

/**
 * Whole files and folders that are open at once, each for a moment. They hold nothing else, so whoever waits here is
 * let in.
 */
const briefly = new Turnstile(16);

/** How long an operation waits for a descriptor while the process or the system has none left. */
const patienceMs = 2_000;
/** Where giving up costs more than a refusal: what the folder's names are after a crash would be unknown. */
const folderPatienceMs = 30_000;
const retryMs = 20;
/** After so long without a refusal the next one begins a shortage of its own. */
const calmMs = 1_000;

/** Those who can close something that they only keep at hand. */
const keepers = new Set<() => void>();
let shortSinceMs = 0;
let lastShortMs = -calmMs;

/**
 * The machine's disk. Raw descriptors and callbacks: `FileHandle` costs several times the bookkeeping of one write, and
 * a busy broker makes tens of thousands of them a second.
 */
export const nodeFileSystem: FileSystem = {
  copiesWrites: true,
  async open(path, mode) {
    const descriptor = await patiently(patienceMs, () => openDescriptor(path, mode));
    return mode === 'durable' && !hasDurableWrites ? new SyncingFile(descriptor, path) : new NodeFile(descriptor, path);
  },
  readFile: (path) => briefly.run(() => patiently(patienceMs, () => readRegular(path))),
  readDirectory: (path) =>
    briefly.run(() => patiently(patienceMs, () => promise<string[]>((done) => fs.readdir(path, done)))),
  makeDirectory,
  rename: (from, to) => promise<void>((done) => fs.rename(from, to, done)),
  removeFile: (path) => promise<void>((done) => fs.unlink(path, done)),
  removeDirectory: (path) =>
    briefly.run(() =>
      patiently(patienceMs, () => promise<void>((done) => fs.rm(path, { recursive: true, force: true }, done))),
    ),
  async stat(path): Promise<FileStat> {
    const found = await promise<fs.Stats>((done) => fs.stat(path, done));
    return { sizeBytes: found.size, isDirectory: found.isDirectory(), modifiedMs: found.mtimeMs };
  },
  syncDirectory: (path) => briefly.run(() => syncDirectory(path)),
  async diskSpace(path) {
    const found = await promise<fs.StatsFs>((done) => fs.statfs(path, done));
    return { freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize };
  },
  lock: lockDirectory,
  whenOutOfFiles(letGo) {
    keepers.add(letGo);
    return () => void keepers.delete(letGo);
  },
};

/**
 * Folder by folder: with `recursive`, Node tries for ever where a folder cannot be made although the one above it is
 * there (/proc).
 */
async function makeDirectory(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const above = dirname(path);
    if (systemCode(error) !== 'ENOENT' || above === path) throw error;
    await makeDirectory(above);
    await makeOne(path);
  }
}

/** Nobody else sees which topics there are. */
const folderMode = 0o700;

async function makeOne(path: string): Promise<void> {
  try {
    await promise<void>((done) => fs.mkdir(path, folderMode, (error) => done(error)));
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || !(await isDirectory(path))) throw await worded(error, path);
  }
}

/** Of a link that leads nowhere the system says that it exists, which nobody believes who looks for it. */
async function worded(error: unknown, path: string): Promise<unknown> {
  if (systemCode(error) !== 'EEXIST') return error;
  const target = await linkTarget(path);
  if (target === null) return error;
  const message = `EEXIST: '${path}' is a link to '${target}', where no folder is, mkdir '${path}'`;
  return Object.assign(new Error(message, { cause: error }), { code: 'EEXIST', syscall: 'mkdir', path });
}

async function linkTarget(path: string): Promise<string | null> {
  try {
    return await promise<string>((done) => fs.readlink(path, done));
  } catch {
    // It is no link.
    return null;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await promise<fs.Stats>((done) => fs.stat(path, done))).isDirectory();
  } catch {
    // Whoever asks has an error that says more.
    return false;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const descriptor = await patiently(folderPatienceMs, () => promise<number>((done) => fs.open(path, 'r', done)));
  try {
    await promise<void>((done) => fs.fsync(descriptor, done));
  } finally {
    await promise<void>((done) => fs.close(descriptor, done));
  }
}

/**
 * Again and again while there is no descriptor: nothing was opened then, so nothing has happened. The patience is with
 * the shortage, and not with each operation: whoever comes late to one that lasts does not begin to wait from the
 * start.
 */
async function patiently<T>(waitMs: number, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const done = await work();
      lastShortMs = -calmMs;
      return done;
    } catch (error) {
      if (!isOutOfFiles(error) || !isWorthWaiting(waitMs)) throw error;
    }
    await pause(retryMs);
  }
}

function isWorthWaiting(waitMs: number): boolean {
  const nowMs = performance.now();
  if (nowMs - lastShortMs >= calmMs) shortSinceMs = nowMs;
  lastShortMs = nowMs;
  for (const letGo of keepers) letGo();
  return nowMs - shortSinceMs < waitMs;
}

class NodeFile implements File {
  readonly #descriptor: number;
  readonly #path: string;

  constructor(descriptor: number, path: string) {
    this.#descriptor = descriptor;
    this.#path = path;
  }

  async read(position: number, length: number, allocate: (length: number) => Buffer = ownBuffer): Promise<Buffer> {
    const memory = allocate(length);
    const buffer = memory.length === length ? memory : memory.subarray(0, length);
    let filled = 0;
    while (filled < length) {
      const count = await this.#readOnce(buffer, filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled === length ? buffer : buffer.subarray(0, filled);
  }

  #readOnce(buffer: Buffer, filled: number, position: number): Promise<number> {
    return promise<number>((done) =>
      fs.read(this.#descriptor, buffer, filled, buffer.length - filled, position, (error, count) => done(error, count)),
    );
  }

  async write(buffers: readonly Buffer[], position: number): Promise<void> {
    let rest = buffers;
    let at = position;
    let missing = 0;
    for (const buffer of buffers) missing += buffer.length;
    while (missing > 0) {
      const written = await this.#writeOnce(rest, at);
      missing -= written;
      at += written;
      // A short write: the disk is filling up, or a signal came. The next attempt says which.
      if (missing > 0) rest = dropBytes(rest, written);
    }
  }

  #writeOnce(buffers: readonly Buffer[], position: number): Promise<number> {
    const only = buffers.length === 1 ? buffers[0] : undefined;
    return promise<number>((done) => {
      if (only) fs.write(this.#descriptor, only, 0, only.length, position, (error, count) => done(error, count));
      else fs.writev(this.#descriptor, buffers, position, (error, count) => done(error, count));
    });
  }

  datasync(): Promise<void> {
    return promise<void>((done) => fs.fdatasync(this.#descriptor, done));
  }

  truncate(sizeBytes: number): Promise<void> {
    return promise<void>((done) => fs.ftruncate(this.#descriptor, sizeBytes, done));
  }

  async size(): Promise<number> {
    const found = await promise<fs.Stats>((done) => fs.fstat(this.#descriptor, done));
    assertRegular(found, this.#path);
    return found.size;
  }

  close(): Promise<void> {
    return promise<void>((done) => fs.close(this.#descriptor, done));
  }
}

/** Where the system has no writes that are durable when they return: a sync behind each. */
class SyncingFile extends NodeFile {
  override async write(buffers: readonly Buffer[], position: number): Promise<void> {
    await super.write(buffers, position);
    await this.datasync();
  }
}

/** Not from Node's pool: a slice that stays in a cache would pin its neighbours. */
function ownBuffer(length: number): Buffer {
  return Buffer.allocUnsafeSlow(length);
}

/**
 * Segments are opened over and over, as `write`: those are looked at when their size is asked for, which is before
 * anything is read.
 */
function openDescriptor(path: string, mode: OpenMode): Promise<number> {
  return mode === 'write' ? openWithoutWaiting(path, openFlags[mode]) : openRegular(path, openFlags[mode]);
}

function dropBytes(buffers: readonly Buffer[], count: number): Buffer[] {
  const rest: Buffer[] = [];
  let skip = count;
  for (const buffer of buffers) {
    if (skip >= buffer.length) skip -= buffer.length;
    else {
      rest.push(skip === 0 ? buffer : buffer.subarray(skip));
      skip = 0;
    }
  }
  return rest;
}
