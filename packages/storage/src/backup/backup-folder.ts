import { crc32c } from '@q/protocol';
import { inParallel } from '../concurrency/in-parallel.ts';
import { isUnreadable, StorageError, systemCode } from '../errors.ts';
import { makeDirectoryDurably, readFileIfThere, removeIfThere, replaceFile } from '../files/durable-file.ts';
import type { FileSystem } from '../ports/file-system.ts';
import {
  backupError,
  companionName,
  dataFolder,
  manifestFolder,
  manifestName,
  markerName,
  markerText,
  parseDataName,
  parseManifestName,
  pieceName,
} from './backup-names.ts';
import { decodeManifest } from './manifest.ts';
import type { Manifest, ManifestPartition } from './manifest.ts';
import { fileSink } from './file-sink.ts';
import type { FileSink } from './file-sink.ts';
import { readTar } from './tar.ts';
import type { TarEntry, TarSink } from './tar.ts';

/** Files whose last sync is under way at once. */
const endingsMax = 8;
/** A manifest is held in memory. */
const manifestBytesMax = 256 << 20;

/** A file that a manifest names. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: number;
  readonly crc: number;
}

/** Everything that belongs to a partition of a backup. */
export function filesOf(partition: ManifestPartition): NamedFile[] {
  const { topicId, partition: index, snapshot, messageIds } = partition;
  const at = { topicId, partition: index };
  const files = partition.segments.flatMap(({ baseOffset, pieces }) =>
    pieces.map((piece) => ({
      name: pieceName({ ...at, baseOffset, ...piece }),
      bytes: piece.to - piece.from,
      crc: piece.crc,
    })),
  );
  for (const [kind, file] of [
    ['snapshot', snapshot],
    ['message-ids', messageIds],
  ] as const)
    if (file !== null) files.push({ name: companionName({ ...at, kind, ...file }), bytes: file.bytes, crc: file.crc });
  return files;
}

/*
 * A folder of backups. Any number share it, each naming what it consists of; files are never changed.
 *
 * Invariants
 * - A manifest is there only when every file that it names is, durably.
 * - A file that no manifest names is left over, and goes with the next backup or removal.
 * - One writer at a time, by the lock of the folder.
 */

/** A folder of backups. */
export class BackupFolder {
  readonly fileSystem: FileSystem;
  readonly path: string;

  constructor(o: { readonly fileSystem: FileSystem; readonly path: string }) {
    this.fileSystem = o.fileSystem;
    this.path = o.path.length > 1 && o.path.endsWith('/') ? o.path.slice(0, -1) : o.path;
  }

  /** Where a file of the backup is. */
  at(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Ids of the backups, the oldest first; none where there is no such folder. */
  async list(): Promise<string[]> {
    const names = await namesIn(this.fileSystem, this.at(manifestFolder));
    return names.flatMap((name) => parseManifestName(`${manifestFolder}/${name}`) ?? []).toSorted();
  }

  /** The newest, or the one of that id. @throws StorageError UNKNOWN_LOG; CORRUPT_LOG: its manifest is damaged */
  async read(id?: string): Promise<Manifest> {
    const wanted = id ?? (await this.list()).at(-1);
    const bytes = wanted === undefined ? null : await readFileIfThere(this.fileSystem, this.at(manifestName(wanted)));
    if (wanted !== undefined && bytes !== null) return decodeNamed(bytes, this.at(manifestName(wanted)));
    const what = id === undefined ? 'no backup' : `no backup ${id}`;
    throw new StorageError('UNKNOWN_LOG', `there is ${what} in ${this.path}`, { details: { path: this.path } });
  }

  /** Of that id, or null where its manifest is damaged: the other backups of the folder are of use without it. */
  async readUndamaged(id: string): Promise<Manifest | null> {
    return await this.read(id).catch((error: unknown) => {
      if (isUnreadable(error)) return null;
      throw error;
    });
  }

  /** Runs with the folder for itself. Refuses one that has anything else in it. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    await makeDirectoryDurably(this.fileSystem, this.path);
    await this.#assertOurs();
    const lock = await this.fileSystem.lock(this.path);
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }

  async #assertOurs(): Promise<void> {
    const names = (await this.fileSystem.readDirectory(this.path)).filter(
      (name) => !name.startsWith('.lock') && name !== 'lost+found',
    );
    if (names.length === 0 || names.includes(markerName)) return;
    const shown = names.toSorted().slice(0, 3).join(', ');
    throw new StorageError('LOG_EXISTS', `${this.path} is no folder of backups: it has ${shown}; name an empty one`);
  }

  /**
   * Takes a backup from a tar. It counts once its manifest is durable; whatever ends this before leaves the others as
   * they were.
   * @throws StorageError CORRUPT_LOG: it is cut off, or damaged on its way
   */
  async receive(
    source: AsyncIterable<Uint8Array>,
    onBytes: (bytes: number) => void = () => undefined,
  ): Promise<Manifest> {
    return await this.exclusively(async () => {
      await this.removeLeftOver();
      const incoming = new IncomingBackup(this, onBytes);
      try {
        await readTar(source, (entry) => incoming.open(entry));
        return await incoming.commit();
      } catch (error) {
        // Its room is wanted, by the next try as well.
        await incoming.abandon();
        await this.removeLeftOver();
        throw error;
      }
    });
  }

  /** Removes a backup, and what no other one names. */
  async remove(ids: readonly string[]): Promise<void> {
    await this.exclusively(async () => {
      for (const id of ids) await removeIfThere(this.fileSystem, this.at(manifestName(id)));
      // First: a manifest must not come back without its files.
      await this.fileSystem.syncDirectory(this.at(manifestFolder));
      await this.removeLeftOver();
    });
  }

  /** Files that no manifest names: of a backup that was cut off, or was removed. */
  async removeLeftOver(): Promise<void> {
    const named = await this.#namedFiles();
    if (named === null) return;
    for (const folder of await namesIn(this.fileSystem, this.at(dataFolder))) {
      const names = await namesIn(this.fileSystem, this.at(`${dataFolder}/${folder}`));
      const doomed = names.filter((name) => !named.has(`${dataFolder}/${folder}/${name}`));
      await inParallel(doomed, 8, async (name) => {
        await removeIfThere(this.fileSystem, this.at(`${dataFolder}/${folder}/${name}`));
      });
      if (doomed.length === names.length) await this.fileSystem.removeDirectory(this.at(`${dataFolder}/${folder}`));
    }
  }

  /** By any backup. Null where one cannot be read: nothing is known to be left over then. */
  async #namedFiles(): Promise<Set<string> | null> {
    const named = new Set<string>();
    for (const id of await this.list()) {
      const manifest = await this.read(id).catch((error: unknown) => {
        if (StorageError.is(error)) return null;
        throw error;
      });
      if (manifest === null) return null;
      for (const partition of manifest.partitions) for (const { name } of filesOf(partition)) named.add(name);
    }
    return named;
  }
}

/** The reason names the file: it is what somebody has to see to. */
function decodeNamed(bytes: Buffer, path: string): Manifest {
  try {
    return decodeManifest(bytes);
  } catch (error) {
    if (isUnreadable(error)) throw backupError(`${(error as Error).message}; it is ${path}`, { path });
    throw error;
  }
}

/** A backup that is being taken from a tar. */
class IncomingBackup {
  readonly #folder: BackupFolder;
  readonly #onBytes: (bytes: number) => void;
  readonly #received = new Map<string, NamedFile>();
  readonly #folders = new Set<string>();
  #manifest: { readonly id: string; readonly bytes: Buffer } | null = null;
  #sink: FileSink | null = null;
  readonly #ending = new Set<Promise<void>>();
  /** Of a file that could not be ended. */
  #failure: Error | null = null;

  constructor(folder: BackupFolder, onBytes: (bytes: number) => void) {
    this.#folder = folder;
    this.#onBytes = onBytes;
  }

  async open(entry: TarEntry): Promise<TarSink | null> {
    const { name } = entry;
    const id = parseManifestName(name);
    if (id !== null) return this.#openManifest(id, entry);
    // Somebody who packs a folder of backups packs its lock as well.
    return parseDataName(name) === null ? null : await this.#openFile(entry);
  }

  #openManifest(id: string, { sizeBytes }: TarEntry): TarSink {
    if (sizeBytes > manifestBytesMax) throw backupError(`the manifest has ${sizeBytes} bytes, which is too many`);
    const parts: Buffer[] = [];
    return {
      write: async (bytes) => void parts.push(Buffer.from(bytes)),
      // Of a whole folder that somebody has put into a tar, the newest.
      end: async () => {
        if (this.#manifest === null || this.#manifest.id < id) this.#manifest = { id, bytes: Buffer.concat(parts) };
      },
    };
  }

  async #openFile({ name, sizeBytes }: TarEntry): Promise<TarSink> {
    const { fileSystem } = this.#folder;
    const folder = name.slice(0, name.lastIndexOf('/'));
    if (!this.#folders.has(folder)) await fileSystem.makeDirectory(this.#folder.at(folder));
    this.#folders.add(folder);
    const file = await fileSystem.open(this.#folder.at(name), 'create');
    let crc = 0;
    const sink = fileSink(file, {
      onBytes: (bytes) => {
        crc = crc32c(bytes, crc);
        this.#onBytes(bytes.length);
      },
      onEnd: () => void this.#received.set(name, { name, bytes: sizeBytes, crc }),
      copies: fileSystem.copiesWrites,
    });
    this.#sink = sink;
    return { write: (bytes) => sink.write(bytes), end: () => this.#endSoon(sink) };
  }

  /** The last sync of a file takes long, and the next file need not wait for it. */
  async #endSoon(sink: FileSink): Promise<void> {
    this.#sink = null;
    const ending = this.#end(sink).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    while (this.#ending.size >= endingsMax) await Promise.race(this.#ending);
    this.#throwFailure();
  }

  async #end(sink: FileSink): Promise<void> {
    try {
      await sink.end();
    } catch (error) {
      this.#failure ??= error as Error;
      await sink.abandon().catch(() => undefined);
    }
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  async abandon(): Promise<void> {
    await this.#sink?.abandon();
    this.#sink = null;
    await Promise.all(this.#ending);
  }

  async commit(): Promise<Manifest> {
    await Promise.all(this.#ending);
    this.#throwFailure();
    if (this.#manifest === null) throw backupError('the backup is cut off: it has no manifest');
    const { id, bytes } = this.#manifest;
    const manifest = decodeManifest(bytes);
    if (manifest.head.id !== id) throw backupError(`the manifest of ${id} says that it is ${manifest.head.id}`);
    const named = manifest.partitions.flatMap(filesOf);
    await inParallel(named, 8, (file) => this.#check(file));
    const { fileSystem } = this.#folder;
    const at = (name: string): string => this.#folder.at(name);
    await inParallel([...this.#folders], 8, (folder) => fileSystem.syncDirectory(at(folder)));
    await fileSystem.makeDirectory(at(dataFolder));
    await fileSystem.makeDirectory(at(manifestFolder));
    await fileSystem.syncDirectory(at(dataFolder));
    await replaceFile(fileSystem, at(markerName), Buffer.from(markerText));
    await fileSystem.syncDirectory(this.#folder.path);
    await replaceFile(fileSystem, at(manifestName(id)), bytes);
    await fileSystem.syncDirectory(at(manifestFolder));
    return manifest;
  }

  async #check({ name, bytes, crc }: NamedFile): Promise<void> {
    const received = this.#received.get(name);
    if (received !== undefined) {
      if (received.bytes === bytes && received.crc === crc) return;
      throw backupError(`${name} was damaged on its way: run the backup again`, { name });
    }
    const found = await sizeIfThere(this.#folder.fileSystem, this.#folder.at(name));
    if (found === null)
      throw backupError(`${name} is missing: it came with an earlier backup that is not in this folder`, { name });
    if (found !== bytes) throw backupError(`${name} has ${found} bytes instead of ${bytes}`, { name });
  }
}

async function sizeIfThere(fileSystem: FileSystem, path: string): Promise<number | null> {
  try {
    return (await fileSystem.stat(path)).sizeBytes;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function namesIn(fileSystem: FileSystem, path: string): Promise<string[]> {
  try {
    return await fileSystem.readDirectory(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
