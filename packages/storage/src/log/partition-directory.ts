import { StorageError, systemCode } from '../errors.ts';
import { removeIfThere, replaceFile } from '../files/durable-file.ts';
import { cleanerCheckpointName, parseOffsetFile, partitionMetadataName, temporarySuffix } from '../files/file-names.ts';
import type { OffsetFile, OffsetFileKind } from '../files/file-names.ts';
import { encodePartitionMetadata } from '../files/partition-metadata.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { LogId } from '../ports/log-store.ts';
import { finishSwaps } from './finish-swap.ts';

/**
 * Makes sure that the partition's folder is there and belongs to this topic; `topicId` is what `readTopicId` says of
 * it. False: it did already, as far as this process sees; one that was killed may have left that unsynced.
 * Throws LOG_EXISTS when it belongs to another topic id, holds data and does not say whose, or is no folder.
 */
export async function claimDirectory(
  fileSystem: FileSystem,
  o: { root: string; directory: string; id: LogId; topicId: string | null },
): Promise<boolean> {
  const { root, directory, id, topicId } = o;
  if (topicId === id.topicId) return false;
  if (topicId !== null) throw existsError(id, `it belongs to topic id ${topicId}`, { topicId });
  await makeFolder(fileSystem, directory, id);
  for (const name of await fileSystem.readDirectory(directory)) {
    if (parseOffsetFile(name)?.kind === 'log')
      throw existsError(id, `it holds data, but no readable ${partitionMetadataName}`, {});
  }
  await replaceFile(fileSystem, `${directory}/${partitionMetadataName}`, encodePartitionMetadata(id.topicId));
  // At once: should a crash keep the folder and not what is in it, the folder is claimed anew.
  await Promise.all([fileSystem.syncDirectory(directory), fileSystem.syncDirectory(root)]);
  return true;
}

async function makeFolder(fileSystem: FileSystem, directory: string, id: LogId): Promise<void> {
  try {
    await fileSystem.makeDirectory(directory);
  } catch (error) {
    if (['EEXIST', 'ENOTDIR'].includes(systemCode(error))) throw existsError(id, 'there is a file of that name', {});
    throw error;
  }
}

function existsError(id: LogId, reason: string, details: Record<string, string>): StorageError {
  const message = `the folder of ${id.topic}-${id.partition} cannot be used: ${reason}; move it out of the data folder, or choose another name`;
  return new StorageError('LOG_EXISTS', message, { details });
}

export interface DirectoryContent {
  /** Base offsets of .log files, ascending. */
  readonly segments: readonly number[];
  /** Ascending. */
  readonly snapshots: readonly number[];
  /** Offsets of files of message ids, ascending. */
  readonly messageIds: readonly number[];
  /** Base offsets of indexes, ascending. */
  readonly indexes: readonly number[];
  /** Of segments with an index of aborted transactions, ascending. */
  readonly abortedIndexes: readonly number[];
  /** Compaction has been at work here. */
  readonly wasCompacted: boolean;
}

/**
 * What a crash left half done is finished or dropped, then the files are listed. Swaps are finished first: a segment
 * that compaction completed replaces those that it was made from.
 */
export async function tidyDirectory(
  fileSystem: FileSystem,
  directory: string,
  blockBytes: number,
): Promise<DirectoryContent> {
  const found = await fileSystem.readDirectory(directory);
  const swaps = await finishSwaps(fileSystem, { directory, names: found, blockBytes });
  const names = swaps === 0 ? found : await fileSystem.readDirectory(directory);
  let changed = 0;
  const files: OffsetFile[] = [];
  for (const name of names) {
    const file = parseOffsetFile(name);
    if (file?.mark === '') files.push(file);
    else if (file || name.endsWith(temporarySuffix))
      changed += Number(await removeIfThere(fileSystem, `${directory}/${name}`));
  }
  const segments = files.filter(({ kind }) => kind === 'log').map(({ offset }) => offset);
  for (const { name, kind, offset } of files) {
    if (kind === 'log' || kind === 'snapshot' || kind === 'message-ids' || segments.includes(offset)) continue;
    changed += Number(await removeIfThere(fileSystem, `${directory}/${name}`));
  }
  if (changed > 0) await fileSystem.syncDirectory(directory);
  const offsetsOf = (wanted: OffsetFileKind): number[] =>
    files
      .filter(({ kind }) => kind === wanted)
      .map(({ offset }) => offset)
      .sort((a, b) => a - b);
  return {
    segments: offsetsOf('log'),
    snapshots: offsetsOf('snapshot'),
    messageIds: offsetsOf('message-ids'),
    indexes: offsetsOf('index'),
    abortedIndexes: offsetsOf('txnindex'),
    wasCompacted: names.includes(cleanerCheckpointName),
  };
}
