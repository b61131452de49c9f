import { readFileIfThere } from '../files/durable-file.ts';
import { recoveryPointCheckpointName, startOffsetCheckpointName } from '../files/file-names.ts';
import type { FileSystem } from '../ports/file-system.ts';
import { decodeOffsetCheckpoint } from '../store/offset-checkpoint.ts';
import type { StoredPartition } from './stored-partition.ts';

/** What the data folder says of a partition in it; zeros where it says nothing, or there is none. */
export interface KnownOffsets {
  /** The first that can be read. */
  readonly startOffset: number;
  /** What lies below was synced: a log that ends before it has lost something. */
  readonly endOffset: number;
}

/** The offsets that a folder of a partition tells of, without opening the log. */
export async function knownOffsets(
  fileSystem: FileSystem,
  { directory, topic, partition }: StoredPartition,
): Promise<KnownOffsets> {
  const offsetIn = async (name: string): Promise<number> => {
    const bytes = await readFileIfThere(fileSystem, `${folderAbove(directory)}/${name}`);
    const entries = (bytes && decodeOffsetCheckpoint(bytes)) ?? [];
    return entries.find((entry) => entry.topic === topic && entry.partition === partition)?.offset ?? 0;
  };
  return {
    startOffset: await offsetIn(startOffsetCheckpointName),
    endOffset: await offsetIn(recoveryPointCheckpointName),
  };
}

export function folderAbove(directory: string): string {
  const slash = directory.lastIndexOf('/');
  return slash < 0 ? '.' : directory.slice(0, slash) || '/';
}
