import { accessSync, chmodSync, constants, statSync } from 'node:fs';
import { access, open } from 'node:fs/promises';
import type { DatabaseSync } from 'node:sqlite';
import { fileMode } from './node-regular-file.ts';
import { systemCode } from '../errors.ts';

/*
 * A lock that the kernel holds and drops with the process: fcntl's, on a file that stays empty. Node has no call for
 * it, but the SQLite inside Node takes one on each database that it opens, in less than a millisecond. Nothing else of
 * SQLite is used, and nothing is written.
 *
 * Invariants
 * - Whoever has the file open for `BEGIN EXCLUSIVE` has the lock, across all namespaces of the machine and, where the
 *   file system carries such locks, across machines.
 * - The file is never removed by us: whoever locked a file of that name that was removed would not keep out the next
 *   one.
 * - Closing any descriptor of the file in this process drops the lock (POSIX), and SQLite knows nothing of that. Its
 *   own descriptors are no danger, and nothing else here opens the file; but a program that copies its data folder
 *   does. `renew` is for that.
 */
const held = new Set<TakenFile>();

const busy = 5;

/** So many renewals in a row may find another opener in the midst of trying, which takes microseconds. */
const busyRenewalsMax = 3;

/** A file that was locked for this process. */
export interface Holding {
  /**
   * Takes the lock again, also where it was dropped or the file was removed. False: somebody else has it, or nobody can
   * know. Fast.
   */
  renew(): boolean;
  release(): void;
}

/** `null`: this runtime has no such lock. `busy`: somebody else has it, or the file system cannot lock. */
export type HeldFile = Holding | 'busy' | null;

export async function holdFile(path: string): Promise<HeldFile> {
  const sqlite = loadSqlite();
  if (!sqlite) return null;
  try {
    return take(sqlite, path);
  } catch (error) {
    if (isBusy(error)) return 'busy';
    // SQLite does not say why a file cannot be opened or made; the system does.
    await access(path).catch(() => makeFile(path));
    throw notLockable(error, path);
  }
}

/** Deno tells SQLite's own number in words only. */
function isBusy(error: unknown): boolean {
  const { code, errcode, message } = error as { code?: unknown; errcode?: unknown; message?: unknown };
  return errcode === busy || (code === 'ERR_SQLITE_ERROR' && message === 'database is locked');
}

/** As the system would say it. */
function notLockable(error: unknown, path: string): Error {
  if ((error as { code?: unknown }).code !== 'ERR_SQLITE_ERROR') return error as Error;
  const message = `EINVAL: ${(error as Error).message}, lock '${path}', which has to be an empty file: remove it`;
  return Object.assign(new Error(message, { cause: error }), { code: 'EINVAL', syscall: 'lock', path });
}

/**
 * A lock that was taken. `reading` is a read that never ends: while it lasts the lock is never let go of as a whole.
 */
interface TakenFile {
  readonly database: DatabaseSync;
  readonly reading: Iterator<unknown>;
  readonly inode: bigint;
}

function take(sqlite: Sqlite, path: string): Holding {
  let taken = openLocked(sqlite, path);
  // The collector closes a database that nobody refers to, and would let go of its lock.
  held.add(taken);
  const close = (): void => {
    if (held.delete(taken)) taken.database.close();
  };
  let busyRenewals = 0;
  return {
    renew() {
      if (!isThere(path, taken.inode)) {
        const next = openAnew(sqlite, path);
        if (typeof next === 'boolean') return next;
        close();
        held.add((taken = next));
        return true;
      }
      const renewed = lockAgain(taken.database);
      busyRenewals = renewed === 'busy' ? busyRenewals + 1 : 0;
      return renewed !== 'lost' && busyRenewals < busyRenewalsMax;
    },
    release: close,
  };
}

function openLocked(sqlite: Sqlite, path: string): TakenFile {
  const database = new sqlite.DatabaseSync(path, { timeout: 0 });
  try {
    // With the journal in memory, for what is never written: it would be a second file.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    // Of a file that may only be read SQLite takes no lock, and does not say so.
    accessSync(path, constants.W_OK);
    // Two rows, of which the second is never asked for; the file has to be read for them.
    const rows = 'SELECT 1 FROM (SELECT 1 UNION ALL SELECT 2), (SELECT count(*) FROM sqlite_schema)';
    const reading = database.prepare(rows).iterate();
    reading.next();
    const { ino: inode, mode, uid } = statSync(path, { bigint: true });
    // SQLite makes it for everybody to read. It is made by nobody else, since whoever closes a file drops its locks.
    const isOurs = process.getuid?.() === Number(uid);
    if (isOurs && (Number(mode) & ~fileMode & 0o777) !== 0) chmodSync(path, fileMode);
    return { database, reading, inode };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The file was removed, by hand. Another file of that name keeps nobody out until it is locked as well. */
function openAnew(sqlite: Sqlite, path: string): TakenFile | boolean {
  try {
    return openLocked(sqlite, path);
  } catch (error) {
    // Without room or descriptors nobody else can make it either; the next renewal tries again.
    return !isBusy(error);
  }
}

function isThere(path: string, inode: bigint): boolean {
  try {
    return statSync(path, { bigint: true }).ino === inode;
  } catch (error) {
    return systemCode(error) !== 'ENOENT';
  }
}

/**
 * Steps down to the lock of a reader and up again, which asks the kernel for both. The reader's keeps every other
 * writer out meanwhile; that one is refused where another process has the lock, which SQLite tells as a failed read or
 * write.
 */
function lockAgain(database: DatabaseSync): 'held' | 'busy' | 'lost' {
  try {
    database.exec(database.isTransaction ? 'ROLLBACK; BEGIN EXCLUSIVE' : 'BEGIN EXCLUSIVE');
    return 'held';
  } catch (error) {
    return isBusy(error) ? 'busy' : 'lost';
  }
}

/** Only where it is absent: to close one that is there would drop a lock of this process. */
async function makeFile(path: string): Promise<void> {
  await (await open(path, 'wx', fileMode)).close();
}

interface Sqlite {
  readonly DatabaseSync: typeof DatabaseSync;
}

/**
 * When it is needed, and not by `import`: not every runtime has it, and the first releases of Node 24 warn that it may
 * change.
 */
function loadSqlite(): Sqlite | undefined {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite') as Sqlite | undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}
