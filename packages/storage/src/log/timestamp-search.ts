import {
  batchHeaderBytes,
  batchLastOffset,
  batchLeaderEpoch,
  batchMaxTimestamp,
  batchSize,
  checkBatch,
} from '@q/protocol';
import { StorageError } from '../errors.ts';
import type { TimestampedOffset } from '../ports/log-store.ts';
import { scanSegment } from '../segment/segment-scan.ts';
import type { Segment, SegmentIndexes } from '../segment/segment.ts';
import type { TimeIndexEntry } from '../segment/time-index.ts';
import { readSegment } from './cold-read.ts';
import type { LogCore } from './log-core.ts';
import type { LogReader } from './log-reader.ts';
import { visitRecords } from './slices.ts';

/**
 * The first record at or after a time. The segment is found by its greatest timestamp, the place in it by the time
 * index; from there batch headers are read until one reaches the time, and only that batch's records are looked at.
 */
export async function findTimestamp(
  core: LogCore,
  reader: LogReader,
  timestampMs: number,
): Promise<TimestampedOffset | null> {
  return await onSteadyFiles(core, async (isSteady) => {
    const offset = await firstCandidate(core, timestampMs);
    if (!isSteady()) return again;
    return offset === null ? null : await searchFrom(core, reader, { offset, timestampMs });
  });
}

/** What `search` gives when files changed under it: it is to look once more. */
export const again: unique symbol = Symbol('again');

/** Searches, and once more where files were moved or removed meanwhile. */
export async function onSteadyFiles<T>(
  core: LogCore,
  search: (isSteady: () => boolean) => Promise<T | typeof again>,
): Promise<T> {
  for (;;) {
    await core.moving;
    const { version, drops } = core;
    try {
      const found = await search(() => version === core.version);
      if (found !== again) return found;
    } catch (error) {
      // Unless files were moved or removed meanwhile, or what lay at the offset has gone, it is a true failure.
      if (core.state === 'closed' || (version === core.version && drops === core.drops)) throw error;
    }
  }
}

/** An offset below which no record is late enough; null when none is at all. */
async function firstCandidate(core: LogCore, timestampMs: number): Promise<number | null> {
  for (const segment of core.segmentList.all) {
    const isEmpty = segment.sizeBytes === 0 && (segment.mayHaveGaps || segment.endOffset === segment.baseOffset);
    if (isEmpty || (await maxTimestampOf(core, segment)) < timestampMs) continue;
    return Math.max(core.logStartOffset, await offsetBefore(core, segment, timestampMs));
  }
  return null;
}

/** Read from the time index of a closed segment when it is not known yet. */
export async function maxTimestampOf(core: LogCore, segment: Segment): Promise<number> {
  if (!segment.isTimeKnown) {
    const stored = await core.context.indexCache.load(segment);
    const isRight = (await isTrue(core, segment, stored.times.last)) && (await isWholeAtEnd(core, segment, stored));
    const indexes = isRight ? stored : await core.context.indexCache.rebuild(segment);
    // Where some of it cannot be read, any time may lie there: the search goes in, and says so.
    segment.maxTimestampMs =
      indexes.isCutShort === true ? Number.MAX_SAFE_INTEGER : (indexes.times.last?.timestampMs ?? -1);
    segment.isTimeKnown = true;
  }
  return segment.maxTimestampMs;
}

/**
 * Does the log end where it should, and with no later time than the time index knows? Else the end of one of them is
 * missing.
 */
async function isWholeAtEnd(core: LogCore, segment: Segment, { offsets, times }: SegmentIndexes): Promise<boolean> {
  const { openFiles, limits } = core.context;
  const lease = await openFiles.lease(segment.path);
  let latestMs = -1;
  try {
    const end = await scanSegment({
      file: lease.file,
      from: offsets.lastPosition,
      to: segment.writtenBytes,
      offset: segment.baseOffset,
      verifyFromOffset: Number.POSITIVE_INFINITY,
      blockBytes: limits.readBlockBytes,
      onBatch: ({ buffer, at }) => (latestMs = Math.max(latestMs, batchMaxTimestamp(buffer, at))),
    });
    if (end.problem !== null || (!segment.mayHaveGaps && end.nextOffset < segment.endOffset)) return false;
  } finally {
    lease.release();
  }
  return latestMs <= (times.last?.timestampMs ?? -1);
}

/** Up to this offset no record of the segment is as late as that: where its time index says, if that is true. */
async function offsetBefore(core: LogCore, segment: Segment, timestampMs: number): Promise<number> {
  const { times } = await core.context.indexCache.load(segment);
  const entry = times.entryBefore(timestampMs);
  if (entry === null) return segment.baseOffset;
  return (await isTrue(core, segment, entry)) ? entry.offset + 1 : segment.baseOffset;
}

/** Does the log have, at that offset, a batch of that time? The file of a time index has no checksum. */
export async function isTrue(core: LogCore, segment: Segment, entry: TimeIndexEntry | null): Promise<boolean> {
  // No batch needs to have it: it says that none has a timestamp.
  if (entry === null || entry.timestampMs === -1) return true;
  // It was added a moment ago, and has never been on a disk.
  if (entry.offset >= core.unwrittenOffset) return true;
  try {
    const { bytes } = await readSegment(core.context, segment, {
      offset: entry.offset,
      limitOffset: entry.offset + 1,
      maxBytes: 1,
    });
    return (
      bytes.length > 0 && batchMaxTimestamp(bytes) === entry.timestampMs && batchLastOffset(bytes) === entry.offset
    );
  } catch (error) {
    // Which of the two is damaged does not matter here: without the index, the search reads the log and finds out.
    if (StorageError.is(error)) return false;
    throw error;
  }
}

export async function searchFrom(
  core: LogCore,
  reader: LogReader,
  o: { offset: number; timestampMs: number },
): Promise<TimestampedOffset | null> {
  let { offset } = o;
  while (offset < core.readLimit('highWatermark')) {
    const read = await reader.read({ offset, maxBytes: core.context.limits.readBlockBytes, upTo: 'highWatermark' });
    for (const buffer of read.buffers) {
      for (let at = 0; at + batchHeaderBytes <= buffer.length; at += batchSize(buffer, at)) {
        // Its times and its last offset are believed next, and nobody else looks at them before.
        if (checkBatch(buffer, at, buffer.length - at) !== 'ok') throw damagedBehind(core, offset);
        offset = batchLastOffset(buffer, at) + 1;
        if (batchMaxTimestamp(buffer, at) < o.timestampMs) continue;
        const found = await searchBatch(core, buffer.subarray(at, at + batchSize(buffer, at)), o.timestampMs);
        if (found) return found;
      }
    }
    if (read.bytes === 0) return null;
  }
  return null;
}

export function damagedBehind(core: LogCore, offset: number): StorageError {
  return new StorageError(
    'CORRUPT_LOG',
    `a stored batch of ${core.id.topic}-${core.id.partition} at or behind offset ${offset} does not match its CRC`,
    {
      details: { offset },
    },
  );
}

async function searchBatch(core: LogCore, batch: Buffer, timestampMs: number): Promise<TimestampedOffset | null> {
  let found: TimestampedOffset | null = null;
  const leaderEpoch = batchLeaderEpoch(batch);
  await visitRecords(core.context, batch, (record) => {
    if (record.timestampMs < timestampMs || record.offset < core.logStartOffset) return true;
    found = { offset: record.offset, timestampMs: record.timestampMs, leaderEpoch };
    return false;
  });
  return found;
}
