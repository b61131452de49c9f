import {
  batchBaseOffset,
  batchHeaderBytes,
  batchLastOffset,
  batchLeaderEpoch,
  batchMaxTimestamp,
  batchRecordsCount,
  batchSize,
  checkBatch,
} from '@q/protocol';
import type { TimestampedOffset } from '../ports/log-store.ts';
import type { Segment } from '../segment/segment.ts';
import type { LogCore } from './log-core.ts';
import type { LogReader } from './log-reader.ts';
import { visitRecords } from './slices.ts';
import { again, damagedBehind, findTimestamp, isTrue, maxTimestampOf, onSteadyFiles } from './timestamp-search.ts';

/**
 * The record with the latest time, the first of several, below the high watermark. As a rule it is the first one that
 * has the greatest time of all segments. That record may have been deleted, or not be durable yet: then the segments
 * are looked into, the latest first.
 */
export async function findLatestTimestamp(core: LogCore, reader: LogReader): Promise<TimestampedOffset | null> {
  const bounds = await onSteadyFiles(core, () => segmentBounds(core));
  if (bounds.length === 0) return null;
  const found = await findTimestamp(core, reader, bounds[0]!.maxTimestampMs);
  return found ?? (await onSteadyFiles(core, (isSteady) => latestOfSegments(core, reader, isSteady)));
}

interface SegmentBound {
  readonly segment: Segment;
  /** No record of the segment is later. */
  readonly maxTimestampMs: number;
}

/** The latest first, and of several with the same time the first. */
async function segmentBounds(core: LogCore): Promise<SegmentBound[]> {
  const bounds: SegmentBound[] = [];
  for (const segment of core.segmentList.all.slice()) {
    if (segment.sizeBytes === 0) continue;
    bounds.push({ segment, maxTimestampMs: await maxTimestampOf(core, segment) });
  }
  return bounds.sort(
    (left, right) => right.maxTimestampMs - left.maxTimestampMs || left.segment.baseOffset - right.segment.baseOffset,
  );
}

async function latestOfSegments(
  core: LogCore,
  reader: LogReader,
  isSteady: () => boolean,
): Promise<TimestampedOffset | null | typeof again> {
  let best: TimestampedOffset | null = null;
  for (const { segment, maxTimestampMs } of await segmentBounds(core)) {
    if (best !== null && maxTimestampMs < best.timestampMs) break;
    const found = await latestOfSegment(core, reader, segment);
    if (!isSteady()) return again;
    if (found !== null && (best === null || isBefore(found, best))) best = found;
  }
  return best;
}

function isBefore(one: TimestampedOffset, other: TimestampedOffset): boolean {
  if (one.timestampMs !== other.timestampMs) return one.timestampMs > other.timestampMs;
  return one.offset < other.offset;
}

/** From the last batch on that its time index knows to be later than all before; from its start where that is gone. */
async function latestOfSegment(core: LogCore, reader: LogReader, segment: Segment): Promise<TimestampedOffset | null> {
  const limitOffset = Math.min(core.readLimit('highWatermark'), segment.endOffset);
  const { times } = await core.context.indexCache.load(segment);
  const entry = times.entryBelow(limitOffset);
  if (entry !== null && entry.offset >= core.logStartOffset && (await isTrue(core, segment, entry))) {
    const found = await latestBetween(core, reader, { offset: entry.offset, limitOffset });
    if (found !== null && found.timestampMs >= entry.timestampMs) return found;
  }
  return await latestBetween(core, reader, { offset: segment.baseOffset, limitOffset });
}

/** Reads the headers of batches; records only where they matter. */
async function latestBetween(
  core: LogCore,
  reader: LogReader,
  o: { offset: number; limitOffset: number },
): Promise<TimestampedOffset | null> {
  let latest: { readonly timestampMs: number; readonly offset: number } | null = null;
  let { offset } = o;
  for (;;) {
    // It may move up at any time.
    offset = Math.max(offset, core.logStartOffset);
    if (offset >= o.limitOffset) break;
    const batches = await readBatches(core, reader, { offset, maxBytes: core.context.limits.readBlockBytes });
    if (batches.length === 0) break;
    for (const batch of batches) {
      offset = batchLastOffset(batch) + 1;
      if (batchRecordsCount(batch) === 0 || batchMaxTimestamp(batch) <= (latest?.timestampMs ?? -Infinity)) continue;
      const isCut = batchBaseOffset(batch) < core.logStartOffset;
      const candidate: TimestampedOffset | null = isCut ? await latestInBatch(core, batch) : headOf(batch);
      if (candidate !== null && candidate.timestampMs > (latest?.timestampMs ?? -Infinity)) latest = candidate;
    }
  }
  if (latest === null) return null;
  const [batch] = await readBatches(core, reader, {
    offset: Math.max(latest.offset, core.logStartOffset),
    maxBytes: 1,
  });
  return batch === undefined ? null : await latestInBatch(core, batch);
}

/** Stands for the record of the batch that has its latest time. */
function headOf(batch: Buffer): TimestampedOffset {
  const leaderEpoch = batchLeaderEpoch(batch);
  return { timestampMs: batchMaxTimestamp(batch), offset: batchBaseOffset(batch), leaderEpoch };
}

/** Copies of a block's batches, each checked, as nobody else looks at them before they are believed. */
async function readBatches(
  core: LogCore,
  reader: LogReader,
  o: { readonly offset: number; readonly maxBytes: number },
): Promise<Buffer[]> {
  const read = await reader.read({ ...o, upTo: 'highWatermark' });
  const batches: Buffer[] = [];
  const bytes = Buffer.concat(read.buffers);
  read.release?.();
  for (let at = 0; at + batchHeaderBytes <= bytes.length; at += batchSize(bytes, at)) {
    if (checkBatch(bytes, at, bytes.length - at) !== 'ok') throw damagedBehind(core, o.offset);
    batches.push(bytes.subarray(at, at + batchSize(bytes, at)));
  }
  return batches;
}

async function latestInBatch(core: LogCore, batch: Buffer): Promise<TimestampedOffset | null> {
  let latest: TimestampedOffset | null = null;
  const leaderEpoch = batchLeaderEpoch(batch);
  await visitRecords(core.context, batch, ({ offset, timestampMs }) => {
    if (offset >= core.logStartOffset && timestampMs > (latest?.timestampMs ?? -Infinity)) {
      latest = { offset, timestampMs, leaderEpoch };
    }
    return true;
  });
  return latest;
}
