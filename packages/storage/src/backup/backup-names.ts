import { StorageError } from '../errors.ts';

/*
 * The one place that builds and parses names within a backup; frozen.
 *
 *   q-backup                                     "version: 1": this folder, or tar, is backups of q
 *   data/<topic id>-<partition>/
 *     <20 digits>.log.<from>-<to>.<backup>       bytes `from` to `to` of a segment file; whole batches
 *     <20 digits>.snapshot.<backup>              producers, as of that offset
 *     <20 digits>.message-ids.<backup>           the dedup window, as of that offset
 *   backups/<backup>.manifest                    what one backup consists of, written last: without it there is none
 *
 * <backup> is the id of the backup that brought the file: <UTC time>-<8 hex digits>, such as
 * 20261130T203112504Z-1f0c3a9e. So names never repeat, and a file never changes: a later backup names what an earlier
 * one has brought. In a tar the entries stand in any order, but for the manifest, which is the last.
 */
export const markerName = 'q-backup';
export const markerText = 'version: 1\n';
export const dataFolder = 'data';
export const manifestFolder = 'backups';
const manifestSuffix = '.manifest';

const idPattern = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/;

/** Ids in order of their names are in order of time. `chance`: 32 bits. */
export function backupId(o: { readonly createdMs: number; readonly chance: number }): string {
  const time = new Date(o.createdMs).toISOString().replaceAll(/[-:.]/g, '');
  return `${time}-${(o.chance >>> 0).toString(16).padStart(8, '0')}`;
}

export function isBackupId(text: string): boolean {
  return idPattern.test(text);
}

export function manifestName(id: string): string {
  return `${manifestFolder}/${id}${manifestSuffix}`;
}

/** The id, or null for a name that is no manifest's. */
export function parseManifestName(name: string): string | null {
  const [folder, file = '', ...rest] = name.split('/');
  const id = file.slice(0, -manifestSuffix.length);
  const isOne = rest.length === 0 && folder === manifestFolder && file.endsWith(manifestSuffix) && isBackupId(id);
  return isOne ? id : null;
}

export function partitionFolder(o: { readonly topicId: string; readonly partition: number }): string {
  return `${dataFolder}/${o.topicId}-${o.partition}`;
}

export interface PieceName {
  readonly topicId: string;
  readonly partition: number;
  readonly baseOffset: number;
  readonly from: number;
  readonly to: number;
  readonly backup: string;
}

export function pieceName(o: PieceName): string {
  return `${partitionFolder(o)}/${digits(o.baseOffset)}.log.${o.from}-${o.to}.${o.backup}`;
}

export function companionName(o: {
  readonly topicId: string;
  readonly partition: number;
  readonly kind: 'snapshot' | 'message-ids';
  readonly offset: number;
  readonly backup: string;
}): string {
  return `${partitionFolder(o)}/${digits(o.offset)}.${o.kind}.${o.backup}`;
}

const dataNamePattern =
  /^data\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{1,9}\/\d{20}\.(?:log\.\d{1,16}-\d{1,16}|snapshot|message-ids)\.(\d{8}T\d{9}Z-[0-9a-f]{8})$/;

/** Which backup brought the data file of that name; null for any other name. Nothing else is ever written or read. */
export function parseDataName(name: string): string | null {
  return dataNamePattern.exec(name)?.[1] ?? null;
}

function digits(offset: number): string {
  return String(offset).padStart(20, '0');
}

/** What cannot be a backup, or is none any more. */
export function backupError(reason: string, details: Record<string, string | number> = {}): StorageError {
  return new StorageError('CORRUPT_LOG', reason, { details });
}
