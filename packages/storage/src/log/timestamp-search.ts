import { batchHeaderBytes, batchLastOffset, batchLeaderEpoch, batchMaxTimestamp, batchSize, checkBatch } from '@q/protocol';
import { StorageError } from '../errors.ts';
import type { TimestampedOffset } from '../ports/log-store.ts';
import { scanSegment } from '../segment/segment-scan.ts';
import type { Segment, SegmentIndexes } from '../segment/segment.ts';
import type { TimeIndexEntry } from '../segment/time-index.ts';
import { readSegment } from './cold-read.ts';
import type { LocalLog } from './local-log.ts';
import { visitRecords } from './slices.ts';

/**
 * The first record at or after a time. The segment is found by its greatest timestamp, the place in it by the time index;
 * from there batch headers are read until one reaches the time, and only that batch's records are looked at.
 */
export async function findTimestamp(log: LocalLog, timestampMs: number): Promise<TimestampedOffset | null> {
  for (;;) {
    await log.moving;
    const { version, drops } = log;
    try {
      const offset = await firstCandidate(log, timestampMs);
      if (version !== log.version) continue;
      if (offset === null) return null;
      return await searchFrom(log, { offset, timestampMs });
    } catch (error) {
      // Unless files were moved or removed meanwhile, or what lay at the offset has gone, it is a true failure.
      if (log.state === 'closed' || (version === log.version && drops === log.drops)) throw error;
    }
  }
}

/** An offset below which no record is late enough; null when none is at all. */
async function firstCandidate(log: LocalLog, timestampMs: number): Promise<number | null> {
  for (const segment of log.segmentList.all) {
    const isEmpty = segment.sizeBytes === 0 && (segment.mayHaveGaps || segment.endOffset === segment.baseOffset);
    if (isEmpty || (await maxTimestampOf(log, segment)) < timestampMs) continue;
    return Math.max(log.logStartOffset, await offsetBefore(log, segment, timestampMs));
  }
  return null;
}

/** Read from the time index of a closed segment when it is not known yet. */
export async function maxTimestampOf(log: LocalLog, segment: Segment): Promise<number> {
  if (!segment.isTimeKnown) {
    const stored = await log.context.indexCache.load(segment);
    const isRight = (await isTrue(log, segment, stored.times.last)) && (await isWholeAtEnd(log, segment, stored));
    const indexes = isRight ? stored : await log.context.indexCache.rebuild(segment);
    // Where some of it cannot be read, any time may lie there: the search goes in, and says so.
    segment.maxTimestampMs = indexes.isCutShort === true ? Number.MAX_SAFE_INTEGER : (indexes.times.last?.timestampMs ?? -1);
    segment.isTimeKnown = true;
  }
  return segment.maxTimestampMs;
}

/** Does the log end where it should, and with no later time than the time index knows? Else the end of one of them is missing. */
async function isWholeAtEnd(log: LocalLog, segment: Segment, { offsets, times }: SegmentIndexes): Promise<boolean> {
  const { openFiles, limits } = log.context;
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
async function offsetBefore(log: LocalLog, segment: Segment, timestampMs: number): Promise<number> {
  const { times } = await log.context.indexCache.load(segment);
  const entry = times.entryBefore(timestampMs);
  if (entry === null) return segment.baseOffset;
  return (await isTrue(log, segment, entry)) ? entry.offset + 1 : segment.baseOffset;
}

/** Does the log have, at that offset, a batch of that time? The file of a time index has no checksum. */
async function isTrue(log: LocalLog, segment: Segment, entry: TimeIndexEntry | null): Promise<boolean> {
  // No batch needs to have it: it says that none has a timestamp.
  if (entry === null || entry.timestampMs === -1) return true;
  // It was added a moment ago, and has never been on a disk.
  if (entry.offset >= log.unwrittenOffset) return true;
  try {
    const { bytes } = await readSegment(log.context, segment, { offset: entry.offset, limitOffset: entry.offset + 1, maxBytes: 1 });
    return bytes.length > 0 && batchMaxTimestamp(bytes) === entry.timestampMs && batchLastOffset(bytes) === entry.offset;
  } catch (error) {
    // Which of the two is damaged does not matter here: without the index, the search reads the log and finds out.
    if (StorageError.is(error)) return false;
    throw error;
  }
}

async function searchFrom(log: LocalLog, o: { offset: number; timestampMs: number }): Promise<TimestampedOffset | null> {
  let { offset } = o;
  while (offset < log.readLimit('highWatermark')) {
    const read = await log.read({ offset, maxBytes: log.context.limits.readBlockBytes, upTo: 'highWatermark' });
    for (const buffer of read.buffers) {
      for (let at = 0; at + batchHeaderBytes <= buffer.length; at += batchSize(buffer, at)) {
        // Its times and its last offset are believed next, and nobody else looks at them before.
        if (checkBatch(buffer, at, buffer.length - at) !== 'ok') throw damagedBehind(log, offset);
        offset = batchLastOffset(buffer, at) + 1;
        if (batchMaxTimestamp(buffer, at) < o.timestampMs) continue;
        const found = await searchBatch(log, buffer.subarray(at, at + batchSize(buffer, at)), o.timestampMs);
        if (found) return found;
      }
    }
    if (read.bytes === 0) return null;
  }
  return null;
}

function damagedBehind(log: LocalLog, offset: number): StorageError {
  return new StorageError('CORRUPT_LOG', `a stored batch of ${log.id.topic}-${log.id.partition} at or behind offset ${offset} does not match its CRC`, {
    details: { offset },
  });
}

async function searchBatch(log: LocalLog, batch: Buffer, timestampMs: number): Promise<TimestampedOffset | null> {
  let found: TimestampedOffset | null = null;
  const leaderEpoch = batchLeaderEpoch(batch);
  await visitRecords(log.context, batch, (record) => {
    if (record.timestampMs < timestampMs || record.offset < log.logStartOffset) return true;
    found = { offset: record.offset, timestampMs: record.timestampMs, leaderEpoch };
    return false;
  });
  return found;
}
