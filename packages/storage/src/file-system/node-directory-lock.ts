import { link, readFile, readlink, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { StorageError, systemCode } from '../errors.ts';
import type { DirectoryLock } from '../ports/file-system.ts';
import { holdFile } from './node-held-file.ts';
import type { Holding } from './node-held-file.ts';
import { fileMode, readRegular } from './node-regular-file.ts';

/*
 * Two files. `.lock.held` is empty and stays; the kernel keeps a lock on it for the owner (node-held-file.ts), and that
 * decides. `.lock` says who the owner is, and decides only where one of the two runtimes has no such lock, or was a
 * release without it.
 *
 * Layout of `.lock`, one line each:
 *   pid | when that process started, as the system counts it, or '' | token, never the same twice
 *   | device and inode of `.lock.held`, or '' without a lock of the kernel | name of the machine
 * The last two lines are absent in what older releases wrote: those have no lock of the kernel.
 *
 * Invariants
 * - Whoever has the kernel's lock and finds another inode in `.lock` has a copy of a folder: its owner is none of this
 *   one.
 * - `.lock` is made by link(), which fails if the name is taken, of a file that is already complete: nobody reads half
 *   of one.
 * - The lock of a dead owner with token T is replaced only by the holder of `.lock.after-T`, which is itself such a
 *   lock. Whoever holds it looks again whether `.lock` still carries T: if not, another heir was faster.
 * - Who takes the kernel's lock from an owner that may be alive reads nothing before that one has had the time to
 *   notice (`noticeMs`).
 * - A process is the owner if its pid lives *and* started when the lock says: pids are used again, the more so in
 *   containers. One that has ended is no owner, although its pid is taken until its parent asks for it. That is asked
 *   also of one that should have the kernel's lock: a process loses it when any part of it opens and closes the file,
 *   until it takes it again (`renew`).
 */

interface Owner {
  readonly pid: number;
  readonly startedAt: string;
  readonly token: string;
  /** Of the file that the kernel keeps the lock on; '' without. */
  readonly heldFile: string;
  readonly host: string;
}

const lockFileName = '.lock';
const heldFileName = '.lock.held';

/** Unlike any other, but no secret: so without `node:crypto`, which takes 6 ms and 5 MB to load. */
function newToken(): string {
  const chance = (): string => Math.random().toString(36).slice(2);
  return `${Date.now().toString(36)}-${chance()}${chance()}`;
}

export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const held = await holdFile(`${directory}/${heldFileName}`);
  if (held === 'busy') throw await busyError(directory);
  try {
    const isDoubtful = held !== null && (await mayLive(directory));
    await signLock(directory, held === null ? '' : await fileId(`${directory}/${heldFileName}`));
    if (isDoubtful) await pause(noticeMs);
  } catch (error) {
    held?.release();
    throw error;
  }
  const path = `${directory}/${lockFileName}`;
  return held === null ? { release: () => unlink(path), weakness: noKernelLock } : kernelLock(path, held);
}

function kernelLock(path: string, held: Holding): DirectoryLock {
  let isLost = false;
  const renew = (): boolean => {
    isLost ||= !held.renew();
    return !isLost;
  };
  // What is signed there, once the lock is lost, is the name of the next owner.
  return { renew, release: async () => (isLost ? held.release() : await unsign(path, held)) };
}

/**
 * Within it an owner that was robbed of its lock has looked at it twice (`lockRenewalMs`), and acknowledges nothing any
 * more.
 */
const noticeMs = 1_100;

/**
 * Whether the owner before may be alive, although the kernel's lock was free: it was dropped by a copy of the folder or
 * went with the file. Of a process in another namespace of this machine nobody knows. That of another machine, or of a
 * boot before, is taken for dead.
 */
async function mayLive(directory: string): Promise<boolean> {
  const [before, own] = await Promise.all([readOwner(`${directory}/${lockFileName}`), look(process.pid)]);
  if (before === null || own === null || before.startedAt === own.startedAt) return false;
  const [boot, space] = before.startedAt.split(' ');
  const [ownBoot, ownSpace] = own.startedAt.split(' ');
  return boot === ownBoot && (space !== ownSpace || (await isAlive(before)));
}

const noKernelLock =
  'this runtime has no SQLite: the data folder is locked by process ids alone, which tell containers that share it not apart';

/** Says who has the folder; without a lock of the kernel, that takes it. */
async function signLock(directory: string, heldFile: string): Promise<void> {
  const startedAt = (await look(process.pid))?.startedAt ?? '';
  const owner: Owner = { pid: process.pid, startedAt, token: newToken(), heldFile, host: hostname() };
  const draft = `${directory}/${lockFileName}.draft-${owner.token}`;
  try {
    await writeFile(draft, formatOwner(owner), { flag: 'wx', mode: fileMode });
    await take({ directory, name: lockFileName, draft, owner });
  } catch (error) {
    // The kernel's lock holds without a signature, and a full disk must not keep the folder closed.
    if (heldFile === '' || !isFull(error)) throw error;
  } finally {
    await unlink(draft).catch(ignoreAbsent);
  }
}

async function fileId(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(systemCode(error));
}

/** Whatever becomes of the name, on a disk that has failed: without the kernel's lock it keeps nobody out. */
async function unsign(path: string, held: { release(): void }): Promise<void> {
  await unlink(path).catch(() => undefined);
  held.release();
}

async function take(o: { directory: string; name: string; draft: string; owner: Owner }): Promise<void> {
  const path = `${o.directory}/${o.name}`;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    if (await linked(o.draft, path)) return;
    const holder = await readOwner(path);
    if (holder === null) continue;
    if (!isLeftOver(holder, o.owner) && (await isAlive(holder))) throw lockedError(o.directory, holder);
    const heir = `${lockFileName}.after-${holder.token}`;
    await take({ ...o, name: heir });
    const won = (await readOwner(path))?.token === holder.token;
    if (won) await replace(o.draft, path);
    await unlink(`${o.directory}/${heir}`);
    if (won) return;
  }
  throw new StorageError(
    'STORAGE_LOCKED',
    `the lock of data folder ${o.directory} comes and goes; its file system may not be fit for data`,
  );
}

/**
 * Whether who has the kernel's lock need not ask for the process that it finds: it came with a copy, or is itself,
 * which had let go.
 */
function isLeftOver(holder: Owner, owner: Owner): boolean {
  if (owner.heldFile === '' || holder.heldFile === '') return false;
  return holder.heldFile !== owner.heldFile || (holder.pid === owner.pid && holder.startedAt === owner.startedAt);
}

/** Each is lost to somebody who was faster; so many in a row are no accident. */
const attemptsMax = 1_000;

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function replace(draft: string, path: string): Promise<void> {
  const copy = `${draft}.copy`;
  await link(draft, copy);
  await rename(copy, path);
  // rename() of two names of one file does nothing and leaves both; only then is the copy still there.
  await unlink(copy).catch(ignoreAbsent);
}

function ignoreAbsent(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}

async function readOwner(path: string): Promise<Owner | null> {
  const bytes = await readRegular(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (bytes === null) return null;
  const [pid = '', startedAt = '', token = '', heldFile = '', host = ''] = bytes.toString().split('\n');
  // What is no signature of ours names nobody: its bytes would become the name of a file, and part of a message.
  if (!/^[\w-]{1,64}$/.test(token)) return { pid: Number.NaN, startedAt: '', token: '', heldFile: '', host: '' };
  return { pid: Number(pid), startedAt, token, heldFile, host };
}

function formatOwner(owner: Owner): string {
  return `${owner.pid}\n${owner.startedAt}\n${owner.token}\n${owner.heldFile}\n${owner.host}\n`;
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (!Number.isSafeInteger(owner.pid) || owner.pid <= 0) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if (systemCode(error) !== 'EPERM') return false;
  }
  const found = await look(owner.pid);
  if (found === null) return true;
  return !found.hasEnded && (owner.startedAt === '' || found.startedAt === owner.startedAt);
}

interface Process {
  /** Boot, pid namespace and start tick: what tells it from any other that ever has its pid. */
  readonly startedAt: string;
  readonly hasEnded: boolean;
}

/** Null where there is no /proc. */
async function look(pid: number): Promise<Process | null> {
  try {
    const [line, boot, space] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
    ]);
    // The second field is the program's name in brackets, which may hold spaces and brackets. Of those behind it: the
    // 1st is the state, the 18th the number of threads, the 20th the start.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    // Other threads than the first may still be in the midst of a write.
    const hasEnded = (fields[0] === 'Z' || fields[0] === 'X') && Number(fields[17]) <= 1;
    return { startedAt: `${boot.trim()} ${space} ${fields[19] ?? ''}`, hasEnded };
  } catch {
    return null;
  }
}

async function busyError(directory: string): Promise<StorageError> {
  const holder = await readOwner(`${directory}/${lockFileName}`);
  if (holder !== null && holder.token !== '') return lockedError(directory, holder);
  const message = `data folder ${directory} is in use by another process, or its file system cannot lock files; stop that one, or choose another folder`;
  return new StorageError('STORAGE_LOCKED', message, { details: { directory } });
}

function lockedError(directory: string, holder: Owner): StorageError {
  const where = holder.host === '' ? '' : ` of host ${holder.host}`;
  const message = `data folder ${directory} is in use by process ${holder.pid}${where}; stop it, or choose another folder`;
  return new StorageError('STORAGE_LOCKED', message, { details: { directory, pid: holder.pid, host: holder.host } });
}
