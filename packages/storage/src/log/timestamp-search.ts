import { batchHeaderBytes, batchLastOffset, batchLeaderEpoch, batchMaxTimestamp, batchSize, iterateRecords } from '@q/protocol';
import type { TimestampedOffset } from '../ports/log-store.ts';
import type { Segment } from '../segment/segment.ts';
import type { LocalLog } from './local-log.ts';

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
    if (segment.sizeBytes === 0 || (await maxTimestampOf(log, segment)) < timestampMs) continue;
    const { times } = await log.context.indexCache.load(segment);
    return Math.max(log.logStartOffset, times.offsetBefore(timestampMs));
  }
  return null;
}

/** Read from the time index of a closed segment when it is not known yet. */
export async function maxTimestampOf(log: LocalLog, segment: Segment): Promise<number> {
  if (!segment.isTimeKnown) {
    const { times } = await log.context.indexCache.load(segment);
    segment.maxTimestampMs = times.last?.timestampMs ?? -1;
    segment.isTimeKnown = true;
  }
  return segment.maxTimestampMs;
}

async function searchFrom(log: LocalLog, o: { offset: number; timestampMs: number }): Promise<TimestampedOffset | null> {
  let { offset } = o;
  while (offset < log.readLimit('highWatermark')) {
    const read = await log.read({ offset, maxBytes: log.context.limits.readBlockBytes, upTo: 'highWatermark' });
    for (const buffer of read.buffers) {
      for (let at = 0; at + batchHeaderBytes <= buffer.length; at += batchSize(buffer, at)) {
        offset = batchLastOffset(buffer, at) + 1;
        if (batchMaxTimestamp(buffer, at) < o.timestampMs) continue;
        const found = searchBatch(log, buffer.subarray(at, at + batchSize(buffer, at)), o.timestampMs);
        if (found) return found;
      }
    }
    if (read.bytes === 0) return null;
  }
  return null;
}

function searchBatch(log: LocalLog, batch: Buffer, timestampMs: number): TimestampedOffset | null {
  for (const record of iterateRecords(batch, { uncompressedBytesMax: log.context.limits.uncompressedBytesMax })) {
    if (record.timestampMs < timestampMs || record.offset < log.logStartOffset) continue;
    return { offset: record.offset, timestampMs: record.timestampMs, leaderEpoch: batchLeaderEpoch(batch) };
  }
  return null;
}
