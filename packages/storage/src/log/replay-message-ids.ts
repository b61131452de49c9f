import {
  batchBaseOffset,
  batchHasAppendTime,
  batchIsTransactional,
  batchLastOffset,
  batchMaxTimestamp,
  batchSize,
} from '@q/protocol';
import { timePassed } from '../clock/time-passed.ts';
import type { LogConfig } from '../config.ts';
import type { Deduplication } from '../dedup/deduplication.ts';
import { isUnreadable } from '../errors.ts';
import { removeIfThere } from '../files/durable-file.ts';
import { offsetFileName } from '../files/file-names.ts';
import { readMessageIds } from '../message-ids/message-id-file.ts';
import type { AppendTime } from '../message-ids/message-id-window.ts';
import { storedMessageIds } from '../message-ids/stored-message-ids.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import type { Segment } from '../segment/segment.ts';
import { readSegment } from './cold-read.ts';
import type { MessageIdsOnDisk } from './loaded-log.ts';
import type { LogContext } from './log-context.ts';
import { visitRecords } from './slices.ts';

export interface MessageIdSources {
  readonly directory: string;
  /** Offsets of files of message ids, ascending. */
  readonly files: readonly number[];
  readonly segments: SegmentList;
  readonly dedup: Deduplication;
  readonly config: LogConfig;
  /** What lies behind it was appended since the last checkpoint. */
  readonly recoveryPoint: number;
}

/**
 * Fills the dedup window of a log that is being opened: from the newest file of message ids, and from the log behind
 * it.
 *
 * When the records behind it were appended nobody has written down, unless the log stamps them itself; their own
 * timestamps may be of any time. They count as appended now: their ids are remembered longer, by less than the time
 * since that file at most. Without a file the same goes for what was appended since the last checkpoint; what is older
 * is of a time that saved no ids, and there the timestamps count.
 */
export async function restoreMessageIds(context: LogContext, o: MessageIdSources): Promise<MessageIdsOnDisk> {
  const { endOffset } = o.segments.active;
  const isOn = o.config.dedupWindowMs > 0;
  // A file beyond the end speaks of records that are gone. Of a window that is off nothing is to come back with it.
  const newest = isOn ? o.files.findLast((offset) => offset <= endOffset) : undefined;
  const others = o.files.filter((offset) => offset !== newest);
  for (const offset of others) await removeIfThere(context.fileSystem, pathOf(o, offset));
  if (others.length > 0) await context.fileSystem.syncDirectory(o.directory);
  const bytes = newest === undefined ? null : await loadFile(context, o, newest);
  const offset = bytes === null ? null : (newest ?? null);
  const bytesBehind = isOn ? await replay(context, { ...o, fileOffset: offset }) : 0;
  return { offset, bytes: bytes ?? 0, bytesBehind };
}

/** Its size, or null when it is not sound. */
async function loadFile(context: LogContext, o: MessageIdSources, offset: number): Promise<number | null> {
  const { clock, fileSystem, limits, log } = context;
  const path = pathOf(o, offset);
  let now = clock.monotonic();
  let bytes = 0;
  try {
    await readMessageIds(fileSystem, path, {
      begin: (head) => {
        now -= timePassed(head.savedAtMs, { wallMs: clock.now(), gapMsMax: limits.clockGapMsMax });
        ({ bytes } = head);
      },
      found: (id) => o.dedup.messageIds?.load(id, now),
    });
    return bytes;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    log.warn(
      { event: 'partition.message_ids_unreadable', file: path, err: error },
      'a file of message ids is unreadable; ids are taken from the records that are left, by their timestamps',
    );
    return null;
  }
}

function pathOf({ directory }: MessageIdSources, offset: number): string {
  return `${directory}/${offsetFileName(offset, 'message-ids')}`;
}

interface Replay extends MessageIdSources {
  /** Whose ids are in the window; null when there is none. */
  readonly fileOffset: number | null;
}

/** Returns how many bytes of log were read behind the file. */
async function replay(context: LogContext, o: Replay): Promise<number> {
  let bytes = 0;
  const sinceMs = context.clock.now() - o.config.dedupWindowMs;
  for (const segment of o.segments.all) {
    if (segment.writtenBytes === 0) continue;
    const offset = o.fileOffset ?? (await firstWithin(context, segment, { sinceMs, recoveryPoint: o.recoveryPoint }));
    if (offset !== null && segment.endOffset > offset)
      bytes += await replaySegment(context, segment, { ...o, offset, sinceMs });
  }
  return bytes;
}

/**
 * Where the part of a segment begins that may have records in the window by their timestamps, or was appended after the
 * last checkpoint.
 */
async function firstWithin(
  context: LogContext,
  segment: Segment,
  o: { sinceMs: number; recoveryPoint: number },
): Promise<number | null> {
  const { times } = await context.indexCache.load(segment);
  const latestMs = Math.max(segment.maxTimestampMs, times.last?.timestampMs ?? -1);
  if (latestMs > o.sinceMs)
    return Math.min(times.offsetBefore(o.sinceMs), Math.max(o.recoveryPoint, segment.baseOffset));
  return segment.endOffset > o.recoveryPoint ? Math.max(o.recoveryPoint, segment.baseOffset) : null;
}

async function replaySegment(
  context: LogContext,
  segment: Segment,
  o: Replay & { offset: number; sinceMs: number },
): Promise<number> {
  const from = Math.max(o.offset, segment.baseOffset);
  let offset = from;
  let position: number | undefined;
  let bytes = 0;
  for (;;) {
    const found = await readSegment(context, segment, {
      offset,
      limitOffset: segment.endOffset,
      maxBytes: context.limits.readBlockBytes,
      position,
    });
    if (found.bytes.length === 0) return bytes;
    for (let at = 0; at < found.bytes.length;) {
      const batch = found.bytes.subarray(at, at + batchSize(found.bytes, at));
      if (batchLastOffset(batch) >= from) await replayBatch(context, batch, o);
      at += batch.length;
    }
    bytes += found.bytes.length;
    offset = found.nextOffset;
    position = found.nextPosition;
  }
}

/** What no segment has had room for was appended since the last checkpoint. */
export async function replayOwedIds(
  context: LogContext,
  dedup: Deduplication,
  owed: readonly { readonly batch: Buffer }[],
): Promise<void> {
  if (dedup.messageIds === null) return;
  for (const { batch } of owed) await replayIds(context, { dedup, batch, isSince: true });
}

async function replayBatch(context: LogContext, batch: Buffer, o: Replay & { sinceMs: number }): Promise<void> {
  const isSince = o.fileOffset !== null || batchLastOffset(batch) >= o.recoveryPoint;
  if (!isSince && batchMaxTimestamp(batch) <= o.sinceMs) return;
  await replayIds(context, { dedup: o.dedup, batch, isSince });
}

async function replayIds(
  context: LogContext,
  o: { dedup: Deduplication; batch: Buffer; isSince: boolean },
): Promise<void> {
  // Those of a transaction are not looked at when they are appended either.
  if (batchIsTransactional(o.batch)) return;
  const ids = await storedMessageIds(o.batch, (each, visit) => visitRecords(context, each, visit));
  if (ids !== null) o.dedup.replayMessageIds(ids, batchBaseOffset(o.batch), appendTimeOf(context, o.batch, o.isSince));
}

function appendTimeOf({ clock, limits }: LogContext, batch: Buffer, isSince: boolean): AppendTime {
  const wallMs = clock.now();
  const now = clock.monotonic();
  const stampMs = batchMaxTimestamp(batch);
  if (batchHasAppendTime(batch))
    return { now: now - timePassed(stampMs, { wallMs, gapMsMax: limits.clockGapMsMax }), wallMs: stampMs };
  return isSince ? { now, wallMs } : { now: now - Math.max(0, wallMs - stampMs), wallMs: Math.min(stampMs, wallMs) };
}
