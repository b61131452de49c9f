import { crc32c } from '@q/protocol';
import { filesOf } from './backup-folder.ts';
import { backupError, parseDataName, parseManifestName } from './backup-names.ts';
import { decodeManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { readTar } from './tar.ts';

/** What a tar is, and what is wrong with it: nothing, if `problems` is empty. */
export interface CheckedTar {
  readonly manifest: Manifest;
  readonly problems: readonly string[];
  /** Files that came with earlier backups: the tar alone is not all that a restore needs. */
  readonly elsewhere: number;
}

/**
 * Reads a tar to its end: that it is whole, and the checksum of every file. A restore checks its batches.
 * @throws StorageError CORRUPT_LOG: it is no backup, or is cut off
 */
export async function checkTar(
  source: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<CheckedTar> {
  const found = new Map<string, { readonly bytes: number; readonly crc: number }>();
  let manifest: Manifest | null = null;
  await readTar(source, async ({ name, sizeBytes }) => {
    const isManifest = parseManifestName(name) !== null;
    if (!isManifest && parseDataName(name) === null) return null;
    const parts: Buffer[] = [];
    let crc = 0;
    return {
      write: async (bytes) => {
        onBytes(bytes.length);
        if (isManifest) parts.push(Buffer.from(bytes));
        else crc = crc32c(bytes, crc);
      },
      end: async () => {
        if (!isManifest) return void found.set(name, { bytes: sizeBytes, crc });
        const read = decodeManifest(Buffer.concat(parts));
        // Of a whole folder that somebody has put into a tar, the newest.
        if (manifest === null || manifest.head.id < read.head.id) manifest = read;
      },
    };
  });
  return judge(manifest, found);
}

function judge(
  manifest: Manifest | null,
  found: ReadonlyMap<string, { readonly bytes: number; readonly crc: number }>,
): CheckedTar {
  if (manifest === null) throw backupError('the backup is cut off: it has no manifest');
  const problems: string[] = [];
  let elsewhere = 0;
  for (const { name, bytes, crc } of manifest.partitions.flatMap(filesOf)) {
    const file = found.get(name);
    const isOwn = name.endsWith(manifest.head.id);
    if (file === undefined && !isOwn) elsewhere += 1;
    else if (file === undefined) problems.push(`${name} is missing`);
    else if (file.bytes !== bytes || file.crc !== crc) problems.push(`${name} is damaged: its checksum does not match`);
  }
  return { manifest, problems, elsewhere };
}
