import { BackupFolder, filesOf, nodeFileSystem } from '@q/storage';
import type { Manifest, ManifestPartition } from '@q/storage';
import { isTerminal } from '../command-context.ts';
import type { CommandContext } from '../command-context.ts';
import { Progress } from '../output/progress.ts';
import { fileError } from './stored-partitions.ts';

/** What is told of a backup. The names are frozen: scripts depend on them. */
export interface BackupFacts {
  readonly id: string;
  readonly createdMs: number;
  readonly clusterId: string;
  readonly partitions: number;
  /** Offsets that can be read: as many records, where compaction has taken none out. */
  readonly offsets: number;
  readonly bytes: number;
  /** Of files that came with this very backup. */
  readonly newBytes: number;
  /** Partitions of which something is missing. */
  readonly incomplete: number;
}

export function factsOf({ head, partitions }: Manifest): BackupFacts {
  const files = partitions.flatMap(filesOf);
  const sum = (counted: readonly { readonly bytes: number }[]): number =>
    counted.reduce((total, { bytes }) => total + bytes, 0);
  return {
    id: head.id,
    createdMs: head.createdMs,
    clusterId: head.clusterId,
    partitions: partitions.length,
    offsets: partitions.reduce((total, each) => total + each.readableOffset - each.startOffset, 0),
    bytes: sum(files),
    newBytes: sum(files.filter(({ name }) => name.endsWith(head.id))),
    incomplete: partitions.filter(isIncomplete).length,
  };
}

/** One that was deleted while it was backed up is not missed. */
export function isIncomplete({ state }: ManifestPartition): boolean {
  return state === 'damaged' || state === 'missing';
}

/** A line for each partition of which not everything is there. */
export function troubles({ partitions }: Manifest): string {
  return partitions
    .filter(isIncomplete)
    .map(({ topic, partition, state, readableOffset, endOffset }) =>
      state === 'missing'
        ? `${topic}-${partition} is not in the backup: the broker could not open it\n`
        : `${topic}-${partition} is damaged: offsets ${readableOffset} to ${endOffset - 1} are not in the backup\n`,
    )
    .join('');
}

/** Of one that nothing can be restored from, because it is not known any more what it consists of. */
export function damagedLine(id: string): string {
  return `backup ${id} is damaged: its manifest cannot be read`;
}

export function backupFolder(path: string): BackupFolder {
  return new BackupFolder({ fileSystem: nodeFileSystem, path });
}

/** Runs what works on files; what storage or the system refuses is a failure of the command. */
export async function onFiles<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error);
  }
}

/** Counts bytes, and shows them on a terminal. */
export class ByteCount {
  readonly #progress: Progress;
  #bytes = 0;

  constructor(context: CommandContext, label: string) {
    this.#progress = new Progress(
      isTerminal(context.stderr) ? (text) => void context.stderr.write(text) : null,
      label,
      'bytes',
    );
  }

  readonly add = (bytes: number): void => {
    this.#bytes += bytes;
    this.#progress.update({ records: 0, bytes: this.#bytes });
  };

  clear(): void {
    this.#progress.clear();
  }
}
