import { StorageError, isOutOfRoom, newerFormatError, systemCode } from '../errors.ts';
import { readFileIfThere, replaceFile } from '../files/durable-file.ts';
import {
  clockCheckpointName,
  formatName,
  parseJournalFile,
  recoveryPointCheckpointName,
  restoringName,
  startOffsetCheckpointName,
} from '../files/file-names.ts';
import { assertJournalKnown } from '../journal/journal-file.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { StorageLog } from '../ports/storage-log.ts';

/*
 * File `format`, text; frozen:
 *
 *   version: 1
 *
 * A release that changes the folder so that an earlier one would misread it counts this up, before anything else. A
 * folder without the file is of version 1: the first releases wrote none.
 */
const version = 1;
/** What a restore puts there until it has finished, so that no release, however old, starts on half of the data. */
const unfinishedVersion = 999_999_999;
/** Of the checkpoint files, each of which has it in its first line. */
const checkpointVersion = 0;

interface Place {
  readonly fileSystem: FileSystem;
  readonly directory: string;
}

interface LoggedPlace extends Place {
  readonly log: StorageLog;
}

/**
 * Refuses a folder that a later release has written, before anything in it is touched.
 * Throws UNSUPPORTED_FORMAT. Each partition's own files are looked at when it is opened.
 */
export async function assertFormatKnown(place: LoggedPlace): Promise<void> {
  const { fileSystem, directory } = place;
  const names = await namesIn({ fileSystem, directory });
  if (names.includes(restoringName)) throw unfinishedRestore(directory);
  if (names.includes(formatName))
    refuseNewer(await readFormat({ fileSystem, directory }), { file: formatName, known: version });
  for (const name of [recoveryPointCheckpointName, startOffsetCheckpointName, clockCheckpointName]) {
    if (!names.includes(name)) continue;
    refuseNewer(firstNumber(await readIfPossible(place, `${directory}/${name}`), /^(\d{1,9})\n/), {
      file: name,
      known: checkpointVersion,
    });
  }
  for (const name of names)
    if (parseJournalFile(name) !== null) await assertJournalKnown(fileSystem, `${directory}/${name}`);
}

/** Of this release's format: the last step of a restore. `isWhole` false: of none that is known. */
export async function writeFormat(
  { fileSystem, directory }: Place,
  { isWhole }: { readonly isWhole: boolean },
): Promise<void> {
  const text = `version: ${isWhole ? version : unfinishedVersion}\n`;
  await replaceFile(fileSystem, `${directory}/${formatName}`, Buffer.from(text));
  await fileSystem.syncDirectory(directory);
}

/** Says which format it is, durably, where that is not said yet. On a full disk a later start does. */
export async function noteFormat({ fileSystem, directory, log }: LoggedPlace): Promise<void> {
  if ((await readFormat({ fileSystem, directory })) !== null) return;
  try {
    await replaceFile(fileSystem, `${directory}/${formatName}`, Buffer.from(`version: ${version}\n`));
    await fileSystem.syncDirectory(directory);
  } catch (error) {
    if (!isOutOfRoom(error)) throw error;
    log.warn(
      { event: 'folder.format_not_noted', directory, err: error },
      'the format of the data folder could not be noted; the next start tries again',
    );
  }
}

/** No start depends on these files: one that cannot be read is done without, here as later. */
async function readIfPossible({ fileSystem, log }: LoggedPlace, file: string): Promise<Buffer | null> {
  try {
    return await readFileIfThere(fileSystem, file);
  } catch (error) {
    log.warn(
      { event: 'folder.format_unreadable', file, err: error },
      'the format of a file is not known, as it cannot be read',
    );
    return null;
  }
}

/** Null where the file is missing, or says nothing. */
async function readFormat({ fileSystem, directory }: Place): Promise<number | null> {
  return firstNumber(await readFileIfThere(fileSystem, `${directory}/${formatName}`), /^version: (\d{1,9})\n/);
}

function firstNumber(bytes: Buffer | null, pattern: RegExp): number | null {
  const found = bytes === null ? null : pattern.exec(bytes.toString('latin1'));
  return found === null ? null : Number(found[1]);
}

function refuseNewer(found: number | null, { file, known }: { file: string; known: number }): void {
  if (found !== null && found > known) throw newerFormatError({ file, found, known });
}

/** Half of the data looks like all of it. */
function unfinishedRestore(directory: string): StorageError {
  const message = `a restore into ${directory} has not finished, so part of the data is missing: run q backup restore again`;
  return new StorageError('UNSUPPORTED_FORMAT', message, { details: { directory } });
}

/** None where there is no such folder. */
async function namesIn({ fileSystem, directory }: Place): Promise<string[]> {
  try {
    return await fileSystem.readDirectory(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
