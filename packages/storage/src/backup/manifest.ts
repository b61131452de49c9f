import { crc32c } from '@q/protocol';
import { newerFormatError } from '../errors.ts';
import { backupError, isBackupId } from './backup-names.ts';

/*
 * File `backups/<id>.manifest`, UTF-8, one JSON object a line; frozen. Fields that are not known are passed over.
 *
 *   {"q":"backup","version":1,"id":…,"createdMs":…,"clusterId":…,"brokerId":…,"software":…,"softwareVersion":…}
 *   one line a partition, in no order:
 *     {"topic":…,"topicId":…,"partition":…,"state":…,"startOffset":…,"readableOffset":…,"endOffset":…,
 *      "epochs":[[epoch,startOffset],…],"cleaner":[cleanerPoint,nextHorizonMs] or null,
 *      "segments":[{"base":…,"end":…,"bytes":…,"closed":…,"modifiedMs":…,"tail":…,
 *                   "pieces":[[from,to,crc,backup],…]},…],
 *      "snapshot":[offset,bytes,crc,backup] or null,"messageIds":[offset,bytes,crc,backup] or null}
 *   {"end":true,"partitions":…,"crc32c":…}      CRC-32C of all lines before, newlines included
 *
 * Every crc is a CRC-32C. `tail` is that of the segment's last 64 KiB, or of all of it where it is smaller: the next
 * backup knows by it that it goes on from the same bytes. Pieces follow each other without a gap from 0 to `bytes`.
 * `state`: whole; damaged (readable below `readableOffset` only); gone (deleted while it was backed up: no segments,
 * `startOffset` = `endOffset`); missing (the broker could not open it: nothing of it is here).
 */
export const manifestVersion = 1;
export const tailBytes: number = 64 << 10;

/** The first line of a manifest. */
export interface ManifestHead {
  readonly id: string;
  readonly createdMs: number;
  readonly clusterId: string;
  readonly brokerId: number;
  readonly software: string;
  readonly softwareVersion: string;
}

/** What became of a partition in a backup. */
export type PartitionState = 'whole' | 'damaged' | 'gone' | 'missing';

/** Bytes `from` to `to` of a file, and the backup that brought them. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly crc: number;
  readonly backup: string;
}

/** A segment of a partition, in pieces of one backup or more. */
export interface ManifestSegment {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly bytes: number;
  readonly isClosed: boolean;
  readonly modifiedMs: number;
  readonly tailCrc: number;
  readonly pieces: readonly Piece[];
}

/** A file beside the segments. */
export interface ManifestCompanion {
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
  readonly backup: string;
}

/** A partition of a backup. */
export interface ManifestPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly state: PartitionState;
  readonly startOffset: number;
  readonly readableOffset: number;
  readonly endOffset: number;
  readonly epochs: readonly { readonly epoch: number; readonly startOffset: number }[];
  readonly cleaner: { readonly cleanerPoint: number; readonly nextHorizonMs: number } | null;
  readonly segments: readonly ManifestSegment[];
  readonly snapshot: ManifestCompanion | null;
  readonly messageIds: ManifestCompanion | null;
}

/** What a backup has. */
export interface Manifest {
  readonly head: ManifestHead;
  readonly partitions: readonly ManifestPartition[];
}

export function encodeHead(head: ManifestHead): string {
  return `${JSON.stringify({ q: 'backup', version: manifestVersion, ...head })}\n`;
}

/** One line. */
export function encodePartition(o: ManifestPartition): string {
  const { topic, topicId, partition, state, startOffset, readableOffset, endOffset, epochs, cleaner, segments } = o;
  return `${JSON.stringify({
    topic,
    topicId,
    partition,
    state,
    startOffset,
    readableOffset,
    endOffset,
    epochs: epochs.map(({ epoch, startOffset: from }) => [epoch, from]),
    cleaner: cleaner && [cleaner.cleanerPoint, cleaner.nextHorizonMs],
    segments: segments.map((segment) => ({
      base: segment.baseOffset,
      end: segment.endOffset,
      bytes: segment.bytes,
      closed: segment.isClosed,
      modifiedMs: segment.modifiedMs,
      tail: segment.tailCrc,
      pieces: segment.pieces.map(({ from, to, crc, backup }) => [from, to, crc, backup]),
    })),
    snapshot: o.snapshot && companionRow(o.snapshot),
    messageIds: o.messageIds && companionRow(o.messageIds),
  })}\n`;
}

function companionRow({ offset, bytes, crc, backup }: ManifestCompanion): unknown[] {
  return [offset, bytes, crc, backup];
}

/** `crc`: of all lines before. */
export function encodeEnd(o: { readonly partitions: number; readonly crc: number }): string {
  return `${JSON.stringify({ end: true, partitions: o.partitions, crc32c: o.crc })}\n`;
}

/** All lines. */
export function encodeManifest({ head, partitions }: Manifest): string {
  const text = encodeHead(head) + partitions.map(encodePartition).join('');
  return text + encodeEnd({ partitions: partitions.length, crc: crc32c(Buffer.from(text)) });
}

/**
 * @throws StorageError CORRUPT_LOG where it is not whole and sound, UNSUPPORTED_FORMAT where a later release wrote it
 */
export function decodeManifest(bytes: Buffer): Manifest {
  const text = bytes.toString('utf8');
  const lines = text.split('\n');
  const head = decodeHead(lines[0] ?? '');
  const end = record(parse(lines.at(-2) ?? ''));
  if (lines.at(-1) !== '' || end === null || end['end'] !== true) throw broken('it has no end');
  const body = Buffer.from(text.slice(0, text.length - (lines.at(-2) as string).length - 1));
  if (crc32c(body) !== end['crc32c']) throw broken('its checksum does not match');
  const partitions = lines.slice(1, -2).map((line) => decodePartition(line));
  if (partitions.length !== end['partitions'])
    throw broken(`it has ${partitions.length} partitions, and says ${String(end['partitions'])}`);
  return { head, partitions };
}

function decodeHead(line: string): ManifestHead {
  const head = record(parse(line));
  if (head === null || head['q'] !== 'backup') throw broken('its first line is none of a backup');
  const version = whole(head['version']);
  if (version > manifestVersion)
    throw newerFormatError({ file: 'the manifest of a backup', found: version, known: manifestVersion });
  const id = string(head['id']);
  if (!isBackupId(id)) throw broken(`"${id}" is no id of a backup`);
  return {
    id,
    createdMs: whole(head['createdMs']),
    clusterId: string(head['clusterId']),
    brokerId: whole(head['brokerId']),
    software: string(head['software']),
    softwareVersion: string(head['softwareVersion']),
  };
}

const states: readonly PartitionState[] = ['whole', 'damaged', 'gone', 'missing'];

/** What `encodePartition` has written. @throws StorageError CORRUPT_LOG */
export function decodePartition(line: string): ManifestPartition {
  const row = record(parse(line));
  if (row === null) throw broken('a line is none of a partition');
  const state = states.find((each) => each === row['state']);
  if (state === undefined) throw broken(`"${String(row['state'])}" is no state of a partition`);
  const cleaner = row['cleaner'] === null ? null : list(row['cleaner']);
  const partition: ManifestPartition = {
    topic: string(row['topic']),
    topicId: string(row['topicId']),
    partition: whole(row['partition']),
    state,
    startOffset: whole(row['startOffset']),
    readableOffset: whole(row['readableOffset']),
    endOffset: whole(row['endOffset']),
    epochs: list(row['epochs']).map((entry) => ({ epoch: whole(list(entry)[0]), startOffset: whole(list(entry)[1]) })),
    cleaner: cleaner && { cleanerPoint: whole(cleaner[0]), nextHorizonMs: number(cleaner[1]) },
    segments: list(row['segments']).map(decodeSegment),
    snapshot: decodeCompanion(row['snapshot']),
    messageIds: decodeCompanion(row['messageIds']),
  };
  checkNames(partition);
  return partition;
}

/** They become names of files: nothing but what a broker would have written. */
function checkNames({ topic, topicId, partition }: ManifestPartition): void {
  const isSound = /^[A-Za-z0-9._-]{1,249}$/.test(topic) && topic !== '.' && topic !== '..' && partition < 1e9;
  if (!isSound || !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(topicId))
    throw broken(`"${topic}" with id "${topicId}" is no topic`);
}

function decodeSegment(value: unknown): ManifestSegment {
  const row = record(value);
  if (row === null) throw broken('a segment is none');
  const segment: ManifestSegment = {
    baseOffset: whole(row['base']),
    endOffset: whole(row['end']),
    bytes: whole(row['bytes']),
    isClosed: row['closed'] === true,
    modifiedMs: whole(row['modifiedMs']),
    tailCrc: whole(row['tail']),
    pieces: list(row['pieces']).map(decodePiece),
  };
  let at = 0;
  for (const { from, to } of segment.pieces) {
    if (from !== at || to <= from) throw broken(`pieces of segment ${segment.baseOffset} do not follow each other`);
    at = to;
  }
  if (at !== segment.bytes) throw broken(`pieces of segment ${segment.baseOffset} are not all of it`);
  return segment;
}

function decodePiece(value: unknown): Piece {
  const [from, to, crc, backup] = list(value);
  return { from: whole(from), to: whole(to), crc: whole(crc), backup: idOf(backup) };
}

function decodeCompanion(value: unknown): ManifestCompanion | null {
  if (value === null || value === undefined) return null;
  const [offset, bytes, crc, backup] = list(value);
  return { offset: whole(offset), bytes: whole(bytes), crc: whole(crc), backup: idOf(backup) };
}

function idOf(value: unknown): string {
  const id = string(value);
  if (!isBackupId(id)) throw broken(`"${id}" is no id of a backup`);
  return id;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return null;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw broken('a list is none');
  return value as readonly unknown[];
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw broken('a text is none');
  return value;
}

function number(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw broken('a number is none');
  return value as number;
}

function whole(value: unknown): number {
  const found = number(value);
  if (found < 0) throw broken('a number is below 0');
  return found;
}

function broken(reason: string): Error {
  return backupError(`the manifest of the backup is damaged: ${reason}`);
}
