import { describe, expect, it } from 'vitest';
import { OpenFiles } from '../../src/files/open-files.ts';
import type { FileLease } from '../../src/files/open-files.ts';
import { MemoryFileSystem } from '../../src/file-system/memory-file-system.ts';
import type { File, OpenMode } from '../../src/ports/file-system.ts';
import { emptyStats } from '../../src/stats.ts';

/** Notes which files are opened and closed. */
class WatchedFileSystem extends MemoryFileSystem {
  readonly opened: string[] = [];
  readonly closed: string[] = [];
  readonly synced: string[] = [];
  syncError: Error | null = null;

  override async open(path: string, mode: OpenMode): Promise<File> {
    const file = await super.open(path, mode);
    this.opened.push(path);
    return Object.assign(Object.create(file) as File, {
      read: (position: number, length: number) => file.read(position, length),
      datasync: async () => {
        if (this.syncError) throw this.syncError;
        this.synced.push(path);
      },
      close: async () => void this.closed.push(path),
    });
  }
}

async function openFiles(
  openFilesMax: number,
  openFilesInUseMax = 100,
): Promise<{ files: OpenFiles; disk: WatchedFileSystem; stats: ReturnType<typeof emptyStats>; fatal: unknown[] }> {
  const disk = new WatchedFileSystem();
  const stats = emptyStats();
  const fatal: unknown[] = [];
  const files = new OpenFiles({
    fileSystem: disk,
    openFilesMax,
    openFilesInUseMax,
    stats,
    onFatal: (error) => fatal.push(error),
  });
  for (const path of ['/a', '/b', '/c']) (await files.lease(path, { create: true })).release();
  return { files, disk, stats, fatal };
}

async function use(files: OpenFiles, path: string): Promise<void> {
  (await files.lease(path)).release();
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

describe('open files', () => {
  it('T3 are used again, and the least recently used is closed beyond the limit', async () => {
    const { files, disk, stats } = await openFiles(2);
    expect([disk.closed, stats.openFiles]).toEqual([['/a'], 2]);
    await use(files, '/b');
    await use(files, '/a');
    expect([disk.opened, disk.closed]).toEqual([
      ['/a', '/b', '/c', '/a'],
      ['/a', '/c'],
    ]);
  });

  it('T3 stay open while somebody uses them', async () => {
    const { files, disk, stats } = await openFiles(1);
    const leases: FileLease[] = [];
    for (const path of ['/a', '/b', '/c']) leases.push(await files.lease(path));
    expect(stats.openFiles).toBe(3);
    const closedBefore = disk.closed.length;
    for (const lease of leases) lease.release();
    await files.close();
    expect([disk.closed.length - closedBefore, stats.openFiles]).toEqual([3, 0]);
  });

  it('T3 open once for several users at the same time', async () => {
    const { files, disk } = await openFiles(2);
    await files.close();
    const before = disk.opened.length;
    const leases = await Promise.all([files.lease('/a'), files.lease('/a'), files.lease('/a')]);
    expect(disk.opened.length).toBe(before + 1);
    for (const lease of leases) lease.release();
  });

  it('S2 a forgotten path leads to a fresh file; who has the old one keeps it', async () => {
    const { files, disk } = await openFiles(3);
    const old = await files.lease('/a');
    files.forget('/a');
    expect(disk.closed).toEqual([]);
    const before = disk.opened.length;
    await use(files, '/a');
    expect(disk.opened.length).toBe(before + 1);
    await old.file.read(0, 1);
    old.release();
    await files.close();
    expect(disk.closed.filter((path) => path === '/a')).toHaveLength(2);
  });

  it('S2 owe a sync until they have had it, and get it before they are closed to make room', async () => {
    const { files, disk, fatal } = await openFiles(1);
    const owing = await files.lease('/a');
    owing.needsSync();
    owing.release();
    await use(files, '/b');
    await files.close();
    expect(disk.synced).toEqual(['/a']);
    const paid = await files.lease('/a');
    paid.needsSync();
    await paid.sync();
    paid.release();
    await use(files, '/b');
    await files.close();
    expect([disk.synced, fatal]).toEqual([['/a', '/a'], []]);
  });

  it('S2 a write during a sync is owed another one', async () => {
    const { files, disk } = await openFiles(1);
    const lease = await files.lease('/a');
    lease.needsSync();
    const syncing = lease.sync();
    lease.needsSync();
    await syncing;
    lease.release();
    await use(files, '/b');
    await files.close();
    expect(disk.synced).toEqual(['/a', '/a']);
  });

  it('S2 say so when the sync that is owed fails: what was written may be lost', async () => {
    const { files, disk, fatal } = await openFiles(1);
    const lease = await files.lease('/a');
    lease.needsSync();
    lease.release();
    disk.syncError = new Error('EIO');
    await use(files, '/b');
    await files.close();
    expect(fatal).toEqual([disk.syncError]);
  });

  it('Q2 a file that cannot be opened is tried again the next time', async () => {
    const { files, stats } = await openFiles(5);
    await Promise.all([0, 1].map(() => expect(files.lease('/missing')).rejects.toMatchObject({ code: 'ENOENT' })));
    expect(stats.openFiles).toBe(3);
    (await files.lease('/missing', { create: true })).release();
    expect(stats.openFiles).toBe(4);
  });

  it('T3 a lease waits while as many as may be are open, and gets the room of whoever is done first', async () => {
    const { files, disk } = await openFiles(1, 2);
    const [a, b] = await Promise.all([files.lease('/a'), files.lease('/b')]);
    const waiting = files.lease('/c');
    let isIn = false;
    void waiting.then(() => (isIn = true));
    // Who has a lease may need another one to be done with it.
    (await files.lease('/a', { isNested: true })).release();
    expect([isIn, disk.opened.at(-1)]).toEqual([false, '/b']);
    b.release();
    (await waiting).release();
    a.release();
    await files.close();
    expect(disk.opened.length).toBe(disk.closed.length);
  });

  it('T3 many who wait all get their turn, idle files or not', async () => {
    const { files, disk, stats } = await openFiles(2, 2);
    const paths = Array.from({ length: 40 }, (_, index) => `/${'abc'[index % 3]}`);
    await Promise.all(paths.map((path) => use(files, path)));
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        index % 4 === 0 ? files.lease('/none').catch(() => null) : use(files, paths[index]!),
      ),
    );
    await files.close();
    expect([disk.opened.length - disk.closed.length, stats.openFiles]).toEqual([0, 0]);
  });

  it('Q2 T3 nobody uses are closed when the process has no descriptor left, and opened again when they are asked for', async () => {
    const { files, disk, stats } = await openFiles(5);
    const used = await files.lease('/b');
    used.needsSync();
    files.closeIdle();
    await turn();
    expect([disk.closed, stats.openFiles]).toEqual([['/a', '/c'], 1]);
    used.release();
    files.closeIdle();
    await use(files, '/a');
    await files.close();
    expect([disk.synced, disk.closed.toSorted()]).toEqual([['/b'], ['/a', '/a', '/b', '/c']]);
  });

  it('Q2 T3 are fewer or more from one moment to the next', async () => {
    const { files, disk, stats } = await openFiles(5);
    files.limit({ openFilesMax: 1, openFilesInUseMax: 1 });
    await turn();
    expect([disk.closed, stats.openFiles]).toEqual([['/a', '/b'], 1]);
    const held = await files.lease('/a');
    const waiting = files.lease('/b');
    files.limit({ openFilesMax: 2, openFilesInUseMax: 2 });
    (await waiting).release();
    held.release();
    await files.close();
    expect(disk.opened.length).toBe(disk.closed.length);
  });
});
