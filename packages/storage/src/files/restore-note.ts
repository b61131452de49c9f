import { newerFormatError } from '../errors.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { RestoreNote } from '../ports/local-store.ts';
import { readFileIfThere } from './durable-file.ts';
import { restoredName } from './file-names.ts';

/*
 * File `.restored` of a data folder, text; frozen. A restore writes it, and the first broker that has started on the
 * folder removes it:
 *
 *   version: 1
 *   backup: <id>
 *   created_ms: <when the backup was made, in ms since 1970>
 *   as_new: yes | no
 */
export function encodeRestoreNote({ backup, createdMs, asNew }: RestoreNote): Buffer {
  return Buffer.from(`version: 1\nbackup: ${backup}\ncreated_ms: ${createdMs}\nas_new: ${asNew ? 'yes' : 'no'}\n`);
}

/** Null where there is none, or one that says nothing. @throws StorageError UNSUPPORTED_FORMAT */
export async function readRestoreNote(fileSystem: FileSystem, directory: string): Promise<RestoreNote | null> {
  const text = (await readFileIfThere(fileSystem, `${directory}/${restoredName}`))?.toString('utf8') ?? '';
  const version = Number(/^version: (\d{1,9})\n/.exec(text)?.[1] ?? 1);
  if (version > 1) throw newerFormatError({ file: restoredName, found: version, known: 1 });
  const match = /^version: 1\nbackup: (\S+)\ncreated_ms: (\d{1,16})\nas_new: (yes|no)\n$/.exec(text);
  if (match === null) return null;
  return { backup: match[1] as string, createdMs: Number(match[2]), asNew: match[3] === 'yes' };
}
