import { BackupFolder, backupId, backupStream, restoreBackup, verifyPartition } from '@q/storage';
import type { BackupSource, FileSystem, LogId, Manifest, PinnableLogs } from '@q/storage';

/** Ids of backups, one second apart. */
let made = 0;

export interface BackupWish {
  readonly store: PinnableLogs;
  readonly ids: readonly LogId[];
  readonly earlier?: Manifest | null;
  readonly onPause?: () => Promise<void>;
  readonly isDeleted?: (id: LogId) => boolean;
}

/** The tar of a backup, pinned now. */
export function tarOf({ store, ids, earlier = null, onPause, isDeleted }: BackupWish): AsyncGenerator<Buffer, void> {
  made += 1;
  const createdMs = Date.UTC(2026, 10, 30) + made * 1_000;
  const source: BackupSource = {
    head: {
      id: backupId({ createdMs, chance: made }),
      createdMs,
      clusterId: '11111111-2222-4333-8444-555555555555',
      brokerId: 1,
      software: 'q',
      softwareVersion: '0.0.0',
    },
    partitions: ids.map((id) => ({ id, pin: store.pin(id) })),
    earlier: ({ topicId, partition }) =>
      earlier?.partitions.find((each) => each.topicId === topicId && each.partition === partition) ?? null,
    isDeleted: isDeleted ?? (() => false),
    pause: onPause ?? (() => Promise.resolve()),
    allocate: (length) => Buffer.allocUnsafeSlow(length),
  };
  return backupStream(source);
}

/** All bytes of a tar, copied: pieces of it share memory. */
export async function bytesOf(tar: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** The same bytes in pieces of a size that fits nothing. */
export async function* inPieces(bytes: Buffer, size = 997): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function folderAt(fileSystem: FileSystem, path = '/backup'): BackupFolder {
  return new BackupFolder({ fileSystem, path });
}

/** What is wrong with a backup, all in all. */
export async function problemsOf(folder: BackupFolder, manifest: Manifest): Promise<string[]> {
  const found = await Promise.all(manifest.partitions.map((partition) => verifyPartition(folder, partition)));
  return found.flatMap(({ problems }) => problems);
}

export async function restore(folder: BackupFolder, manifest: Manifest, directory = '/restored'): Promise<void> {
  await restoreBackup(folder.fileSystem, { backup: folder, manifest, directory, asNew: false });
}
