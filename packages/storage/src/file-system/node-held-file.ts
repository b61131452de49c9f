import { accessSync, constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import type { DatabaseSync } from 'node:sqlite';

/*
 * A lock that the kernel holds and drops with the process: fcntl's, on a file that stays empty. Node has no call for it, but the SQLite
 * inside Node takes one on each database that it opens, in less than a millisecond. Nothing else of SQLite is used, and nothing is written.
 *
 * Invariants
 * - Whoever has the file open for `BEGIN EXCLUSIVE` has the lock, across all namespaces of the machine and, where the file system
 *   carries such locks, across machines.
 * - The file is never removed: whoever locked a file of that name that was removed would not keep out the next one.
 * - Nothing else in this process opens the file: closing any descriptor of it would drop the lock. SQLite itself sees to that for its own.
 */
const held = new Set<DatabaseSync>();

const busy = 5;

/** `null`: this runtime has no such lock. `busy`: somebody else has it, or the file system cannot lock. */
export type HeldFile = { release(): void } | 'busy' | null;

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

function take(sqlite: Sqlite, path: string): { release(): void } {
  const database = new sqlite.DatabaseSync(path, { timeout: 0 });
  try {
    // With the journal in memory, for what is never written: it would be a second file.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    // Of a file that may only be read SQLite takes no lock, and does not say so.
    accessSync(path, constants.W_OK);
  } catch (error) {
    database.close();
    throw error;
  }
  // The collector closes a database that nobody refers to, and would let go of its lock.
  held.add(database);
  return {
    release() {
      if (held.delete(database)) database.close();
    },
  };
}

/** Only where it is absent: to close one that is there would drop a lock of this process. */
async function makeFile(path: string): Promise<void> {
  await (await open(path, 'wx')).close();
}

interface Sqlite {
  readonly DatabaseSync: typeof DatabaseSync;
}

/** When it is needed, and not by `import`: not every runtime has it, and the first releases of Node 24 warn that it may change. */
function loadSqlite(): Sqlite | undefined {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite') as Sqlite | undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}
