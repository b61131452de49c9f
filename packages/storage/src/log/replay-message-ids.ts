import { batchLastOffset, batchSize } from '@q/protocol';
import type { LogConfig } from '../config.ts';
import type { Deduplication } from '../dedup/deduplication.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import type { Segment } from '../segment/segment.ts';
import { readSegment } from './cold-read.ts';
import type { LogContext } from './log-context.ts';

/** Fills the dedup window from the records that lie in it; only when a log with a window is opened. */
export async function replayMessageIds(
  context: LogContext,
  o: { segments: SegmentList; dedup: Deduplication; config: LogConfig },
): Promise<void> {
  const now = context.clock.now();
  const sinceMs = now - o.config.dedupWindowMs;
  for (const segment of o.segments.all) {
    if (segment.writtenBytes === 0) continue;
    const { times } = await context.indexCache.load(segment);
    const latestMs = Math.max(segment.maxTimestampMs, times.last?.timestampMs ?? -1);
    if (latestMs <= sinceMs) continue;
    await replaySegment(context, segment, { offset: times.offsetBefore(sinceMs), dedup: o.dedup, now });
  }
}

async function replaySegment(context: LogContext, segment: Segment, o: { offset: number; dedup: Deduplication; now: number }): Promise<void> {
  let { offset } = o;
  let position: number | undefined;
  for (;;) {
    const found = await readSegment(context, segment, {
      offset,
      limitOffset: segment.endOffset,
      maxBytes: context.limits.readBlockBytes,
      position,
    });
    if (found.bytes.length === 0) return;
    for (let at = 0; at < found.bytes.length; ) {
      const batch = found.bytes.subarray(at, at + batchSize(found.bytes, at));
      if (batchLastOffset(batch) >= offset) o.dedup.replayMessageIds(batch, o.now);
      at += batch.length;
    }
    offset = found.nextOffset;
    position = found.nextPosition;
  }
}
