import { MemoryFileSystem, StorageError } from '@q/storage';
import type { DirectoryLock, DiskSpace, File, FileStat, FileSystem, OpenMode } from '@q/storage';
import type { SeededRandom } from '../seeded-random.ts';
import { seededRandom } from '../seeded-random.ts';
import { FaultPlan } from './faults.ts';
import type { DiskOperation, Fault, Hold } from './faults.ts';
import { DirectoryInode, editNames, FileInode } from './inode.ts';
import type { Inode, NameChange } from './inode.ts';

/*
 * A disk with the failures of disks: what is not synced may be lost at a crash, sector by sector and name by name;
 * writes may fail, also half-way; a failed sync loses what it was to save and the next one reports success.
 *
 * Invariants
 * - Everything random comes from the seed: the same calls in the same order leave the same disk.
 * - After `crash` (or beyond `stopAfter`) this object is the disk of a dead process: no call on it ever returns.
 * - `steps` counts the operations that change something, so "crash at every step" is a loop over it.
 */

export interface FaultyFileSystemOptions {
  /** Default: a stream from seed 1. */
  readonly random?: SeededRandom;
  /** The unit that is kept or lost at a crash; default 512. */
  readonly sectorBytes?: number;
  /** Bytes of all files together beyond which writes fail with ENOSPC; default none. */
  readonly capacityBytes?: number;
  /** For modification times; default: always 0. */
  readonly clock?: { now(): number };
  /** What each operation waits for before it is done, as on a disk that takes its time; default: nothing. */
  readonly latency?: (operation: DiskOperation) => Promise<void>;
}

/** What a crash does to unsynced sectors and names. */
export type CrashLoss = 'some' | 'all' | 'none';

const keepProbability: Readonly<Record<CrashLoss, number>> = { some: 0.5, all: 0, none: 1 };

export class FaultyFileSystem implements FileSystem {
  readonly copiesWrites = true;
  readonly faults: FaultPlan = new FaultPlan();
  /** Settable: a disk can fill up, and be given room. */
  capacityBytes: number;
  readonly #options: FaultyFileSystemOptions;
  readonly #random: SeededRandom;
  #contents = new MemoryFileSystem();
  #root = new DirectoryInode();
  readonly #locks = new Set<string>();
  /** Of the contents, and so shared with whoever goes on with them: a dead process may be about to make a file. */
  #made = { files: 0 };
  #usedBytes = 0;
  #changes = 0;
  #steps = 0;
  #stop: { stepsLeft: number; readonly operation: DiskOperation | null; readonly inPath: string } = {
    stepsLeft: Number.POSITIVE_INFINITY,
    operation: null,
    inPath: '',
  };
  readonly #stopped = Promise.withResolvers<void>();
  #isDead = false;

  constructor(options: FaultyFileSystemOptions = {}) {
    this.#options = options;
    this.#random = options.random ?? seededRandom(1);
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Operations so far that changed something or made it durable. */
  get steps(): number {
    return this.#steps;
  }

  /** Bytes of all files, as readers see them. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Shorthand for `faults.fail`. */
  fail(fault: Fault): void {
    this.faults.fail(fault);
  }

  /** Shorthand for `faults.hold`. */
  hold(operation: DiskOperation, path?: RegExp): Hold {
    return this.faults.hold(operation, path);
  }

  /**
   * After `steps` more operations nothing returns any more: the moment of a crash. With `operation`, or a part of a
   * path, only those are counted.
   */
  stopAfter(steps: number, o: { operation?: DiskOperation | null; inPath?: string | undefined } = {}): void {
    this.#stop = { stepsLeft: steps, operation: o.operation ?? null, inPath: o.inPath ?? '' };
  }

  /** Resolves when an operation ran into `stopAfter`. */
  get stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  /**
   * The machine loses power. Returns the disk as the next process finds it; this one is dead. Asked again, it returns
   * another disk that the same power cut might have left.
   */
  async crash(loss: CrashLoss = 'some'): Promise<FaultyFileSystem> {
    this.#isDead = true;
    const next = this.#successor();
    const names = this.#settledNames(loss);
    await this.#copyInto(next, { from: this.#root, to: next.#root, loss, names });
    return next;
  }

  /**
   * The process is killed, the machine goes on: the next process finds everything as this one saw it, and what was not
   * synced still is not. What a failed sync has lost is still to be read, and still lost at a power cut.
   */
  killProcess(): FaultyFileSystem {
    this.#isDead = true;
    const next = this.#successor();
    next.#contents = this.#contents;
    next.#root = this.#root;
    next.#made = this.#made;
    next.#usedBytes = this.#usedBytes;
    next.#changes = this.#changes;
    return next;
  }

  #successor(): FaultyFileSystem {
    return new FaultyFileSystem({ ...this.#options, random: this.#random.fork(), capacityBytes: this.capacityBytes });
  }

  async open(path: string, mode: OpenMode): Promise<File> {
    const found = this.#find(path);
    if (found instanceof DirectoryInode) throw systemError('EISDIR', path);
    if (found !== undefined) return mode === 'durable' ? this.#durableHandle(path, found) : this.#handle(path, found);
    if (mode !== 'create') throw systemError('ENOENT', path);
    const parent = this.#parent(path);
    await this.#step('create', path);
    const inode = await this.#newFile();
    this.#link(parent, baseName(path), inode);
    return this.#handle(path, inode);
  }

  async readFile(path: string): Promise<Buffer> {
    await this.#aliveFor('read', path);
    const inode = this.#file(path);
    return inode.live.read(0, inode.sizeBytes);
  }

  async readDirectory(path: string): Promise<string[]> {
    await this.#alive();
    return [...this.#directory(path).live.keys()];
  }

  async makeDirectory(path: string): Promise<void> {
    if (this.#find(path) instanceof DirectoryInode) return;
    await this.makeDirectory(parentPath(path));
    await this.#step('makeDirectory', path);
    this.#link(this.#parent(path), baseName(path), new DirectoryInode());
  }

  async rename(from: string, to: string): Promise<void> {
    this.#require(from);
    await this.#step('rename', from);
    const inode = this.#require(from);
    this.#release(this.#find(to));
    this.#change([
      { directory: this.#parent(from), name: baseName(from), inode: null },
      { directory: this.#parent(to), name: baseName(to), inode },
    ]);
  }

  async removeFile(path: string): Promise<void> {
    this.#file(path);
    await this.#step('removeFile', path);
    this.#unlink(path);
  }

  async removeDirectory(path: string): Promise<void> {
    if (!(this.#find(path) instanceof DirectoryInode)) return;
    for (const name of this.#directory(path).live.keys()) {
      const inside = `${path}/${name}`;
      if (this.#find(inside) instanceof DirectoryInode) await this.removeDirectory(inside);
      else await this.removeFile(inside);
    }
    await this.#step('removeDirectory', path);
    this.#unlink(path);
  }

  async stat(path: string): Promise<FileStat> {
    await this.#alive();
    const inode = this.#require(path);
    if (inode instanceof DirectoryInode) return { sizeBytes: 0, isDirectory: true, modifiedMs: 0 };
    return { sizeBytes: inode.sizeBytes, isDirectory: false, modifiedMs: inode.modifiedMs };
  }

  async syncDirectory(path: string): Promise<void> {
    this.#directory(path);
    await this.#step('syncDirectory', path);
    this.#directory(path).sync();
  }

  async diskSpace(): Promise<DiskSpace | null> {
    await this.#alive();
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return null;
    return { freeBytes: Math.max(0, this.capacityBytes - this.#usedBytes), totalBytes: this.capacityBytes };
  }

  async lock(directory: string): Promise<DirectoryLock> {
    await this.#alive();
    if (this.#locks.has(directory)) {
      throw new StorageError('STORAGE_LOCKED', `folder ${directory} is in use`, { details: { directory, pid: 0 } });
    }
    this.#locks.add(directory);
    return { release: async () => void this.#locks.delete(directory) };
  }

  /** Writes to files as if they had been damaged at rest: live and durable alike, counted by nothing. */
  async damage(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
    const inode = this.#file(path);
    const bytes = change(Buffer.from(await inode.live.read(0, inode.sizeBytes)));
    await inode.truncate(0);
    await inode.write([bytes], 0);
    await inode.sync();
  }

  /* ── operations on an open file ── */

  #handle(path: string, inode: FileInode): File {
    return {
      read: async (position, length) => {
        await this.#aliveFor('read', path);
        return inode.live.read(position, length);
      },
      write: (buffers, position) => this.#write(path, inode, buffers, position),
      datasync: () => this.#datasync(path, inode),
      truncate: async (sizeBytes) => {
        await this.#step('truncate', path);
        this.#usedBytes += sizeBytes - inode.sizeBytes;
        await inode.truncate(sizeBytes);
      },
      size: async () => {
        await this.#alive();
        return inode.sizeBytes;
      },
      close: () => this.#alive(),
    };
  }

  /** A write and a sync are two steps: a crash may come in between, when some of the bytes are there. */
  #durableHandle(path: string, inode: FileInode): File {
    return {
      ...this.#handle(path, inode),
      write: async (buffers, position) => {
        await this.#write(path, inode, [Buffer.concat(buffers)], position);
        await this.#datasync(path, inode);
      },
    };
  }

  async #write(path: string, inode: FileInode, buffers: readonly Buffer[], position: number): Promise<void> {
    const code = await this.#stepWithFault('write', path);
    const all = Buffer.concat(buffers);
    const { sizeBytes } = inode;
    // What lies over bytes that are there already needs no room, however full the disk is.
    const room = Math.max(0, this.capacityBytes - this.#usedBytes) + Math.max(0, sizeBytes - position);
    // A write that fails may have written some of it.
    const written = code !== null ? this.#random.below(all.length + 1) : Math.min(all.length, room);
    if (written > 0) {
      await inode.write([all.subarray(0, written)], position);
      inode.modifiedMs = this.#options.clock?.now() ?? 0;
      this.#usedBytes += Math.max(0, position + written - sizeBytes);
    }
    if (code !== null) throw systemError(code, path);
    if (written < all.length) throw systemError('ENOSPC', path);
  }

  async #datasync(path: string, inode: FileInode): Promise<void> {
    const code = await this.#stepWithFault('datasync', path);
    if (code === null) {
      await inode.sync();
      return;
    }
    inode.loseUnsynced();
    throw systemError(code, path);
  }

  /* ── steps ── */

  async #step(operation: DiskOperation, path: string): Promise<void> {
    const code = await this.#stepWithFault(operation, path);
    if (code !== null) throw systemError(code, path);
  }

  async #stepWithFault(operation: DiskOperation, path: string): Promise<string | null> {
    await this.faults.wait(operation, path);
    await this.#alive();
    await this.#options.latency?.(operation);
    await this.#alive();
    if ((this.#stop.operation === null || this.#stop.operation === operation) && path.includes(this.#stop.inPath)) {
      if (this.#stop.stepsLeft <= 0) {
        this.#isDead = true;
        this.#stopped.resolve();
        await this.#alive();
      }
      this.#stop.stepsLeft -= 1;
    }
    this.#steps += 1;
    return this.faults.next(operation, path);
  }

  async #aliveFor(operation: DiskOperation, path: string): Promise<void> {
    await this.#options.latency?.(operation);
    await this.#alive();
    const code = this.faults.next(operation, path);
    if (code !== null) throw systemError(code, path);
  }

  /** A dead process waits for ever. */
  async #alive(): Promise<void> {
    if (this.#isDead) await new Promise<never>(() => {});
  }

  /* ── names ── */

  #find(path: string): Inode | undefined {
    let inode: Inode | undefined = this.#root;
    for (const name of path.split('/')) {
      if (name === '') continue;
      inode = inode instanceof DirectoryInode ? inode.live.get(name) : undefined;
    }
    return inode;
  }

  #require(path: string): Inode {
    const inode = this.#find(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    return inode;
  }

  #file(path: string): FileInode {
    const inode = this.#require(path);
    if (inode instanceof DirectoryInode) throw systemError('EISDIR', path);
    return inode;
  }

  #directory(path: string): DirectoryInode {
    const inode = this.#require(path);
    if (inode instanceof FileInode) throw systemError('ENOTDIR', path);
    return inode;
  }

  #parent(path: string): DirectoryInode {
    return this.#directory(parentPath(path));
  }

  async #newFile(): Promise<FileInode> {
    const name = `/${(this.#made.files += 1)}`;
    const live = await this.#contents.open(name, 'create');
    const durable = await this.#contents.open(`${name}.durable`, 'create');
    return new FileInode({ live, durable, modifiedMs: this.#options.clock?.now() ?? 0 });
  }

  #link(directory: DirectoryInode, name: string, inode: Inode): void {
    this.#change([{ directory, name, inode }]);
  }

  #unlink(path: string): void {
    this.#release(this.#find(path));
    this.#change([{ directory: this.#parent(path), name: baseName(path), inode: null }]);
  }

  /** Room is free at once; that an open handle may still hold it is of no use to any test. */
  #release(inode: Inode | undefined): void {
    if (inode instanceof FileInode) this.#usedBytes -= inode.sizeBytes;
  }

  #change(edits: NameChange['edits']): void {
    this.#changes += 1;
    DirectoryInode.change({ sequence: this.#changes, edits });
  }

  /* ── crash ── */

  /**
   * The names of each folder after the crash: each unsynced change is decided, in the order in which they were made.
   */
  #settledNames(loss: CrashLoss): ReadonlyMap<DirectoryInode, ReadonlyMap<string, Inode>> {
    const changes = new Set<NameChange>();
    const names = new Map<DirectoryInode, Map<string, Inode>>();
    const visit = (directory: DirectoryInode): void => {
      if (names.has(directory)) return;
      names.set(directory, new Map(directory.durable));
      for (const change of directory.unsynced) changes.add(change);
      for (const inode of [...directory.live.values(), ...directory.durable.values()]) {
        if (inode instanceof DirectoryInode) visit(inode);
      }
    };
    visit(this.#root);
    for (const change of [...changes].sort((a, b) => a.sequence - b.sequence)) {
      if (!this.#random.chance(keepProbability[loss])) continue;
      for (const { directory, name, inode } of change.edits)
        editNames(names.get(directory) ?? new Map<string, Inode>(), name, inode);
    }
    return names;
  }

  async #copyInto(
    next: FaultyFileSystem,
    o: {
      from: DirectoryInode;
      to: DirectoryInode;
      loss: CrashLoss;
      names: ReadonlyMap<DirectoryInode, ReadonlyMap<string, Inode>>;
    },
  ): Promise<void> {
    const sectorBytes = this.#options.sectorBytes ?? 512;
    for (const [name, inode] of o.names.get(o.from) ?? o.from.durable) {
      if (inode instanceof DirectoryInode) {
        const copy = new DirectoryInode();
        next.#link(o.to, name, copy);
        await this.#copyInto(next, { ...o, from: inode, to: copy });
        continue;
      }
      const copy = await next.#newFile();
      copy.modifiedMs = inode.modifiedMs;
      const bytes = await inode.afterCrash({
        random: this.#random,
        keepProbability: keepProbability[o.loss],
        sectorBytes,
      });
      await copy.write([bytes], 0);
      await copy.sync();
      next.#usedBytes += bytes.length;
      next.#link(o.to, name, copy);
    }
    o.to.sync();
  }
}

function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}
