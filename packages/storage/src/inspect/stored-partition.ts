import { StorageError, systemCode } from '../errors.ts';
import { inParallel } from '../concurrency/in-parallel.ts';
import {
  cleanerCheckpointName,
  parseOffsetFile,
  parsePartitionDirectory,
  recoveryPointCheckpointName,
} from '../files/file-names.ts';
import type { FileSystem } from '../ports/file-system.ts';

/** A .log file as it lies in a folder. */
export interface StoredSegment {
  readonly path: string;
  readonly baseOffset: number;
  readonly sizeBytes: number;
  /** Compaction was never at work here: each batch begins where the one before it ended. */
  readonly isContiguous: boolean;
}

/** The folder of a partition, or a part of it, without a broker. */
export interface StoredPartition {
  readonly directory: string;
  /** As the folder's name has them; null where that is no partition's. */
  readonly topic: string | null;
  readonly partition: number | null;
  /** Ascending by base offset. */
  readonly segments: readonly StoredSegment[];
}

/**
 * What there is at a path: a .log file (also one that was set aside), the folder of a partition, or a data folder with
 * all of its partitions, in order of their names.
 * @throws StorageError UNKNOWN_LOG: nothing of the kind is there
 */
export async function findStoredPartitions(fileSystem: FileSystem, path: string): Promise<StoredPartition[]> {
  const at = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  if (!(await isDirectory(fileSystem, at))) return [await ofFile(fileSystem, at)];
  const names = await fileSystem.readDirectory(at);
  if (names.some((name) => isLog(name))) return [await ofFolder(fileSystem, at, names)];
  const folders = names.filter((name) => parsePartitionDirectory(name) !== null).toSorted(byTopicAndPartition);
  const isDataFolder = folders.length > 0 || names.includes(recoveryPointCheckpointName);
  if (!isDataFolder) throw unknown(at, 'has no segment files, and no folders of partitions');
  const found = new Map<string, StoredPartition>();
  await inParallel(folders, 8, async (name) => {
    const directory = `${at}/${name}`;
    if (!(await isDirectory(fileSystem, directory))) return;
    found.set(name, await ofFolder(fileSystem, directory, await fileSystem.readDirectory(directory)));
  });
  return folders.flatMap((name) => found.get(name) ?? []);
}

async function isDirectory(fileSystem: FileSystem, path: string): Promise<boolean> {
  try {
    return (await fileSystem.stat(path)).isDirectory;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw unknown(path, 'does not exist');
    throw error;
  }
}

async function ofFile(fileSystem: FileSystem, path: string): Promise<StoredPartition> {
  const slash = path.lastIndexOf('/');
  const directory = slash < 0 ? '.' : path.slice(0, slash) || '/';
  const baseOffset = baseOffsetOf(path.slice(slash + 1));
  if (baseOffset === null) throw unknown(path, 'is no segment file: their names are 20 digits and .log');
  const names = await fileSystem.readDirectory(directory);
  const segment = await segmentAt(fileSystem, { path, baseOffset, names });
  return { directory, ...named(directory), segments: [segment] };
}

async function ofFolder(fileSystem: FileSystem, directory: string, names: readonly string[]): Promise<StoredPartition> {
  const segments: StoredSegment[] = [];
  await inParallel(names.filter(isLog), 8, async (name) => {
    const baseOffset = parseOffsetFile(name)?.offset ?? 0;
    segments.push(await segmentAt(fileSystem, { path: `${directory}/${name}`, baseOffset, names }));
  });
  return { directory, ...named(directory), segments: segments.toSorted((a, b) => a.baseOffset - b.baseOffset) };
}

async function segmentAt(
  fileSystem: FileSystem,
  { path, baseOffset, names }: { path: string; baseOffset: number; names: readonly string[] },
): Promise<StoredSegment> {
  const { sizeBytes } = await fileSystem.stat(path);
  return { path, baseOffset, sizeBytes, isContiguous: !names.includes(cleanerCheckpointName) };
}

function isLog(name: string): boolean {
  const file = parseOffsetFile(name);
  return file?.kind === 'log' && file.mark === '';
}

/** Of a segment, of one that was set aside or half written, or of what recovery has kept of one from its start. */
function baseOffsetOf(name: string): number | null {
  const file = parseOffsetFile(name.replace(/\.0\.aside$/, ''));
  return file?.kind === 'log' ? file.offset : null;
}

function named(directory: string): { topic: string | null; partition: number | null } {
  const parsed = parsePartitionDirectory(directory.slice(directory.lastIndexOf('/') + 1));
  return { topic: parsed?.topic ?? null, partition: parsed?.partition ?? null };
}

function byTopicAndPartition(a: string, b: string): number {
  const [left, right] = [parsePartitionDirectory(a), parsePartitionDirectory(b)];
  if (left === null || right === null || left.topic !== right.topic) return a < b ? -1 : 1;
  return left.partition - right.partition;
}

function unknown(path: string, what: string): StorageError {
  return new StorageError('UNKNOWN_LOG', `${path} ${what}`, { details: { path } });
}
