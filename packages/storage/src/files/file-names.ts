/*
 * The one place that builds and parses names of files and folders.
 *
 * <data folder>/
 *   format                              which version of all this it is
 *   .lock                               who has the folder, in words
 *   .lock.held                          the kernel keeps the lock of whoever has the folder on it
 *   .clean-shutdown                     the last owner stopped in order
 *   recovery-point-offset-checkpoint    per partition: everything below was synced
 *   log-start-offset-checkpoint         per partition: first readable offset
 *   .reserve                            room that is given up when the disk is full
 *   clock-checkpoint                    what was seen of the wall clock
 *   journal.<n>                         what was acknowledged and is not synced in its segments yet
 *   .restoring                          a restore has not finished: no broker starts here
 *   .restored                           from which backup, for the next start
 *   <topic>-<partition>/
 *     partition.metadata                topic id
 *     leader-epoch-checkpoint
 *     cleaner-checkpoint                how far compaction has come
 *     <20-digit base offset>.log | .index | .timeindex | .txnindex
 *     <20-digit offset>.snapshot        producers, as of that offset
 *     <20-digit offset>.message-ids     the dedup window, as of that offset
 *     … .deleted                        was replaced or dropped; removed after a while
 *     … .cleaned                        compaction was writing it; worthless after a crash
 *     … .swap                           compaction finished it; takes its place even after a crash
 *     … .tmp                            being written, to be renamed; worthless after a crash
 *     <20-digit base offset>.log.<position>.aside   bytes from there on, which recovery cut and did not understand
 *   ~deleted-<topic id>-<partition>/    a partition on its way out; '~' is no character of a topic name
 */

export const formatName = 'format';
export const cleanShutdownName = '.clean-shutdown';
export const reserveFileName = '.reserve';
export const recoveryPointCheckpointName = 'recovery-point-offset-checkpoint';
export const startOffsetCheckpointName = 'log-start-offset-checkpoint';
export const clockCheckpointName = 'clock-checkpoint';
export const restoringName = '.restoring';
export const restoredName = '.restored';
export const partitionMetadataName = 'partition.metadata';
export const leaderEpochCheckpointName = 'leader-epoch-checkpoint';
export const cleanerCheckpointName = 'cleaner-checkpoint';

export function journalFileName(index: number): string {
  return `journal.${index}`;
}

/** The number of a journal file, or null for another name. */
export function parseJournalFile(name: string): number | null {
  const match = /^journal\.(0|[1-9]\d{0,3})$/.exec(name);
  return match ? Number(match[1]) : null;
}

export const temporarySuffix = '.tmp';
export const deletedSuffix = '.deleted';
export const cleanedSuffix = '.cleaned';
export const swapSuffix = '.swap';

export type OffsetFileKind = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot' | 'message-ids';
/** The files that come and go with a segment. */
export const segmentFileKinds: readonly OffsetFileKind[] = ['log', 'index', 'timeindex', 'txnindex'];

export type FileMark = '' | typeof temporarySuffix | typeof deletedSuffix | typeof cleanedSuffix | typeof swapSuffix;

export interface OffsetFile {
  readonly name: string;
  readonly kind: OffsetFileKind;
  readonly offset: number;
  readonly mark: FileMark;
}

export function offsetFileName(offset: number, kind: OffsetFileKind): string {
  return `${String(offset).padStart(20, '0')}.${kind}`;
}

/**
 * Bytes of a .log file from `position` on that recovery cut off although they were not all nonsense. Nothing reads it.
 */
export function asideFileName(o: { baseOffset: number; position: number }): string {
  return `${offsetFileName(o.baseOffset, 'log')}.${o.position}.aside`;
}

const offsetFilePattern =
  /^(\d{20})\.(log|index|timeindex|txnindex|snapshot|message-ids)(\.tmp|\.deleted|\.cleaned|\.swap)?$/;

/** Null for a name that is no segment's, snapshot's or window's, or whose offset is beyond 2^53 - 1. */
export function parseOffsetFile(name: string): OffsetFile | null {
  const match = offsetFilePattern.exec(name);
  const offset = Number(match?.[1]);
  if (!match || !Number.isSafeInteger(offset)) return null;
  return { name, offset, kind: match[2] as OffsetFileKind, mark: (match[3] ?? '') as FileMark };
}

export function partitionDirectoryName(o: { topic: string; partition: number }): string {
  return `${o.topic}-${o.partition}`;
}

/** Null for a folder that is no partition's. Topic names may themselves end in -<digits>: the last hyphen counts. */
export function parsePartitionDirectory(name: string): { topic: string; partition: number } | null {
  const match = /^([A-Za-z0-9._-]+)-(0|[1-9]\d{0,8})$/.exec(name);
  return match ? { topic: match[1] as string, partition: Number(match[2]) } : null;
}

const deletedDirectoryPrefix = '~deleted-';

export function deletedDirectoryName(o: { topicId: string; partition: number }): string {
  return `${deletedDirectoryPrefix}${o.topicId}-${o.partition}`;
}

export function isDeletedDirectory(name: string): boolean {
  return name.startsWith(deletedDirectoryPrefix);
}
