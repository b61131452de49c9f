import { encodeLeaderEpochCheckpoint } from '../epochs/leader-epoch-checkpoint.ts';
import { encodeCleanerCheckpoint } from '../compaction/cleaner-checkpoint.ts';
import { inParallel } from '../concurrency/in-parallel.ts';
import { StorageError } from '../errors.ts';
import { makeDirectoryDurably, removeIfThere, replaceFile } from '../files/durable-file.ts';
import {
  cleanerCheckpointName,
  leaderEpochCheckpointName,
  offsetFileName,
  partitionDirectoryName,
  partitionMetadataName,
  recoveryPointCheckpointName,
  restoredName,
  restoringName,
  startOffsetCheckpointName,
} from '../files/file-names.ts';
import { encodeRestoreNote } from '../files/restore-note.ts';
import { gapBatches } from '../files/gap-batches.ts';
import { encodePartitionMetadata } from '../files/partition-metadata.ts';
import type { FileSystem } from '../ports/file-system.ts';
import { writeFormat } from '../store/folder-format.ts';
import { encodeOffsetCheckpoint } from '../store/offset-checkpoint.ts';
import { BackupFolder } from './backup-folder.ts';
import { fileSink } from './file-sink.ts';
import { backupError, companionName, pieceName } from './backup-names.ts';
import type { Manifest, ManifestPartition, ManifestSegment } from './manifest.ts';
import { verifyPartition } from './verify-backup.ts';

const blockBytes = 1 << 20;
/** Small ones mostly wait for syncs. */
const partitionsInParallelMax = 8;

/** Where a backup is restored to, and who hears of its progress. */
export interface RestoreOptions {
  /** Where the data folder is to be: empty, absent, or left by a restore that did not finish. */
  readonly directory: string;
  /** The broker that starts there gets a cluster id of its own. */
  readonly asNew: boolean;
  /** Aborted: the restore ends, and can be run again. */
  readonly signal?: AbortSignal;
  /** Called with bytes that were written. */
  readonly onBytes?: (bytes: number) => void;
  /** Called when a partition is restored. */
  readonly onPartition?: (partition: ManifestPartition) => void;
}

interface PartitionSource extends Source {
  readonly partition: ManifestPartition;
}

/** From where, and whether the files may be taken instead of copied. */
interface Source {
  readonly backup: BackupFolder;
  readonly manifest: Manifest;
  readonly moves: boolean;
}

/** The folder that a tar is unpacked to, within the data folder to be: no other place is known to have the room. */
const incomingName = '.incoming';

/*
 * Makes a data folder of a backup.
 *
 * Invariants
 * - From the first file to the last the folder has `.restoring`, and a `format` that no release knows: nothing starts
 *   there. Both change last, when everything is durable.
 * - Nothing is written of a partition before all of it was verified.
 */

/** Makes a data folder of a backup in a folder. */
export async function restoreBackup(
  fileSystem: FileSystem,
  { backup, manifest, ...o }: RestoreOptions & Pick<Source, 'backup' | 'manifest'>,
): Promise<void> {
  await restoring(fileSystem, o, async () => {
    await fill(fileSystem, o, { backup, manifest, moves: false });
    return manifest;
  });
}

/** As `restoreBackup`, from a tar. @throws StorageError CORRUPT_LOG: it is cut off, damaged, or needs an earlier one */
export async function restoreTar(
  fileSystem: FileSystem,
  { tar, ...o }: RestoreOptions & { readonly tar: AsyncIterable<Uint8Array> },
): Promise<Manifest> {
  return await restoring(fileSystem, o, async () => {
    const backup = new BackupFolder({ fileSystem, path: `${o.directory}/${incomingName}` });
    const manifest = await backup.receive(tar, o.onBytes);
    await fill(fileSystem, { ...o, onBytes: () => undefined }, { backup, manifest, moves: true });
    await fileSystem.removeDirectory(backup.path);
    return manifest;
  });
}

async function restoring(
  fileSystem: FileSystem,
  { directory, asNew }: RestoreOptions,
  work: () => Promise<Manifest>,
): Promise<Manifest> {
  await makeDirectoryDurably(fileSystem, directory);
  const lock = await fileSystem.lock(directory);
  try {
    await clearUnfinished(fileSystem, directory);
    await replaceFile(fileSystem, `${directory}/${restoringName}`, Buffer.from('a restore has not finished\n'));
    await writeFormat({ fileSystem, directory }, { isWhole: false });
    const manifest = await work();
    const note = encodeRestoreNote({ backup: manifest.head.id, createdMs: manifest.head.createdMs, asNew });
    await replaceFile(fileSystem, `${directory}/${restoredName}`, note);
    await writeFormat({ fileSystem, directory }, { isWhole: true });
    await removeIfThere(fileSystem, `${directory}/${restoringName}`);
    await fileSystem.syncDirectory(directory);
    return manifest;
  } finally {
    await lock.release();
  }
}

async function fill(fileSystem: FileSystem, o: RestoreOptions, source: Source): Promise<void> {
  const present = source.manifest.partitions.filter(({ state }) => state !== 'missing');
  await inParallel(present, partitionsInParallelMax, async (partition) => {
    assertGoesOn(o.signal);
    await restorePartition(fileSystem, o, { ...source, partition });
    o.onPartition?.(partition);
  });
  await writeCheckpoints(fileSystem, o.directory, present);
}

function assertGoesOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new StorageError('CLOSED', 'the restore was interrupted; run it again');
}

/** Takes away what an earlier try has left. Anything else is somebody's data. */
async function clearUnfinished(fileSystem: FileSystem, directory: string): Promise<void> {
  const names = (await fileSystem.readDirectory(directory)).filter(
    (name) => !name.startsWith('.lock') && name !== 'lost+found',
  );
  if (names.length === 0) return;
  if (!names.includes(restoringName)) {
    const shown = names.toSorted().slice(0, 3).join(', ');
    throw new StorageError('LOG_EXISTS', `${directory} is not empty: it has ${shown}; restore into an empty folder`, {
      details: { directory },
    });
  }
  for (const name of names) {
    if (name === restoringName) continue;
    const path = `${directory}/${name}`;
    if ((await fileSystem.stat(path)).isDirectory) await fileSystem.removeDirectory(path);
    else await fileSystem.removeFile(path);
  }
}

async function restorePartition(fileSystem: FileSystem, o: RestoreOptions, source: PartitionSource): Promise<void> {
  const { partition } = source;
  const { problems } = await verifyPartition(source.backup, partition);
  const [problem] = problems;
  if (problem !== undefined)
    throw backupError(`partition ${partition.partition} of ${partition.topic} does not verify: ${problem}`);
  const directory = `${o.directory}/${partitionDirectoryName(partition)}`;
  await fileSystem.makeDirectory(directory);
  await replaceFile(fileSystem, `${directory}/${partitionMetadataName}`, encodePartitionMetadata(partition.topicId));
  await replaceFile(
    fileSystem,
    `${directory}/${leaderEpochCheckpointName}`,
    Buffer.from(encodeLeaderEpochCheckpoint(partition.epochs)),
  );
  if (partition.cleaner !== null)
    await replaceFile(
      fileSystem,
      `${directory}/${cleanerCheckpointName}`,
      Buffer.from(encodeCleanerCheckpoint(partition.cleaner)),
    );
  for (const segment of partition.segments) await restoreSegment(fileSystem, o, { ...source, directory, segment });
  await fillUp(fileSystem, directory, partition);
  await restoreCompanions(fileSystem, { ...source, directory });
  await fileSystem.syncDirectory(directory);
}

async function restoreSegment(
  fileSystem: FileSystem,
  o: RestoreOptions,
  at: PartitionSource & { readonly directory: string; readonly segment: ManifestSegment },
): Promise<void> {
  const { baseOffset, pieces } = at.segment;
  const { topicId, partition } = at.partition;
  const path = `${at.directory}/${offsetFileName(baseOffset, 'log')}`;
  const [only] = pieces;
  if (at.moves && pieces.length === 1 && only !== undefined)
    return await fileSystem.rename(at.backup.at(pieceName({ topicId, partition, baseOffset, ...only })), path);
  const file = await fileSystem.open(path, 'create');
  const sink = fileSink(file, {
    copies: fileSystem.copiesWrites,
    ...(o.onBytes && { onBytes: (bytes) => o.onBytes?.(bytes.length) }),
  });
  try {
    for (const piece of pieces) {
      const source = await at.backup.fileSystem.open(
        at.backup.at(pieceName({ topicId, partition, baseOffset, ...piece })),
        'read',
      );
      try {
        for (let position = 0; position < piece.to - piece.from;) {
          assertGoesOn(o.signal);
          const bytes = await source.read(position, Math.min(blockBytes, piece.to - piece.from - position));
          if (bytes.length === 0) throw backupError(`a piece of segment ${baseOffset} became shorter`);
          await sink.write(bytes);
          position += bytes.length;
        }
      } finally {
        await source.close();
      }
    }
    await sink.end();
  } catch (error) {
    await sink.abandon().catch(() => undefined);
    throw error;
  }
}

/**
 * Offsets that were given out and whose records are not here (damaged, or of a topic that was deleted meanwhile) are
 * never given out again: groups may have committed them. Batches without records stand for them.
 */
async function fillUp(
  fileSystem: FileSystem,
  directory: string,
  { startOffset, readableOffset, endOffset, segments, epochs }: ManifestPartition,
): Promise<void> {
  const last = segments.at(-1);
  if (last === undefined && endOffset === 0) return;
  const from = Math.max(startOffset, readableOffset);
  if (last !== undefined && from === endOffset) return;
  const leaderEpoch = epochs.at(-1)?.epoch ?? 0;
  const path = `${directory}/${offsetFileName(from, 'log')}`;
  const file = await fileSystem.open(path, 'create');
  const sink = fileSink(file, { copies: fileSystem.copiesWrites });
  for (const batch of gapBatches({ from, to: endOffset, leaderEpoch })) await sink.write(batch);
  await sink.end();
}

async function restoreCompanions(
  fileSystem: FileSystem,
  { directory, partition, backup }: PartitionSource & { readonly directory: string },
): Promise<void> {
  const { topicId, partition: index, snapshot, messageIds } = partition;
  for (const [kind, file] of [
    ['snapshot', snapshot],
    ['message-ids', messageIds],
  ] as const) {
    if (file === null) continue;
    const bytes = await backup.fileSystem.readFile(
      backup.at(companionName({ topicId, partition: index, kind, ...file })),
    );
    await replaceFile(fileSystem, `${directory}/${offsetFileName(file.offset, kind)}`, bytes);
  }
}

/** Everything was verified and is synced, so the recovery points are the ends. */
async function writeCheckpoints(
  fileSystem: FileSystem,
  directory: string,
  partitions: readonly ManifestPartition[],
): Promise<void> {
  const entries = (offsetOf: (partition: ManifestPartition) => number) =>
    partitions.map((each) => ({ topic: each.topic, partition: each.partition, offset: offsetOf(each) }));
  await replaceFile(
    fileSystem,
    `${directory}/${recoveryPointCheckpointName}`,
    encodeOffsetCheckpoint(entries(({ endOffset }) => endOffset)),
  );
  await replaceFile(
    fileSystem,
    `${directory}/${startOffsetCheckpointName}`,
    encodeOffsetCheckpoint(entries(({ startOffset }) => startOffset)),
  );
  await fileSystem.syncDirectory(directory);
}
