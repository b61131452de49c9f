import { link, readFile, readlink, rename, unlink, writeFile } from 'node:fs/promises';
import { StorageError, systemCode } from '../errors.ts';
import type { DirectoryLock } from '../ports/file-system.ts';

/*
 * A lock file, because Node offers no flock.
 *
 * Layout of `.lock`, one line each:   pid | when that process started, as the system counts it, or '' | token, never the same twice
 *
 * Invariants
 * - `.lock` is made by link(), which fails if the name is taken, of a file that is already complete: nobody reads half of one.
 * - The lock of a dead owner with token T is replaced only by the holder of `.lock.after-T`, which is itself such a lock.
 *   Whoever holds it looks again whether `.lock` still carries T: if not, another heir was faster.
 * - A process is the owner if its pid lives *and* started when the lock says: pids are used again, the more so in containers.
 * - One that has ended is no owner, although its pid is taken until its parent asks for it; many a first process of a container never does.
 */

interface Owner {
  readonly pid: number;
  readonly startedAt: string;
  readonly token: string;
}

const lockFileName = '.lock';

/** Unlike any other, but no secret: so without `node:crypto`, which takes 6 ms and 5 MB to load. */
function newToken(): string {
  const chance = (): string => Math.random().toString(36).slice(2);
  return `${Date.now().toString(36)}-${chance()}${chance()}`;
}

export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const owner: Owner = { pid: process.pid, startedAt: (await look(process.pid))?.startedAt ?? '', token: newToken() };
  const draft = `${directory}/${lockFileName}.draft-${owner.token}`;
  await writeFile(draft, formatOwner(owner), { flag: 'wx' });
  try {
    await take({ directory, name: lockFileName, draft, owner });
  } finally {
    await unlink(draft);
  }
  return { release: () => unlink(`${directory}/${lockFileName}`) };
}

async function take(o: { directory: string; name: string; draft: string; owner: Owner }): Promise<void> {
  const path = `${o.directory}/${o.name}`;
  for (;;) {
    if (await linked(o.draft, path)) return;
    const holder = await readOwner(path);
    if (holder === null) continue;
    if (await isAlive(holder)) throw lockedError(o.directory, holder);
    const heir = `${lockFileName}.after-${holder.token}`;
    await take({ ...o, name: heir });
    const won = (await readOwner(path))?.token === holder.token;
    if (won) await replace(o.draft, path);
    await unlink(`${o.directory}/${heir}`);
    if (won) return;
  }
}

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
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const [pid = '', startedAt = '', token = ''] = text.split('\n');
  return { pid: Number(pid), startedAt, token };
}

function formatOwner(owner: Owner): string {
  return `${owner.pid}\n${owner.startedAt}\n${owner.token}\n`;
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
    const [stat, boot, space] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
    ]);
    // The second field is the program's name in brackets, which may hold spaces and brackets. Of those behind it: the 1st is the state, the 18th
    // the number of threads, the 20th the start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Other threads than the first may still be in the midst of a write.
    const hasEnded = (fields[0] === 'Z' || fields[0] === 'X') && Number(fields[17]) <= 1;
    return { startedAt: `${boot.trim()} ${space} ${fields[19] ?? ''}`, hasEnded };
  } catch {
    return null;
  }
}

function lockedError(directory: string, holder: Owner): StorageError {
  const message = `data folder ${directory} is in use by process ${holder.pid}; stop it, or choose another folder`;
  return new StorageError('STORAGE_LOCKED', message, { details: { directory, pid: holder.pid } });
}
