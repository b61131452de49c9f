import { segmentBytesLimit } from '../limits.ts';
import type { Segment } from '../segment/segment.ts';
import type { LogCore } from './log-core.ts';

/** What a segment has to take next. */
interface NextBatch {
  readonly bytes: number;
  readonly lastOffset: number;
  readonly now: number;
}

/** The segment that the batch goes to: the active one, or a new one where that is full. */
export function segmentFor(core: LogCore, next: NextBatch): Segment {
  let { active } = core.segmentList;
  if (active.sizeBytes > 0 && isFull(core, active, next)) active = core.segmentList.roll();
  if (active.firstAppendMs < 0) active.firstAppendMs = next.now;
  return active;
}

function isFull({ config, context }: LogCore, active: Segment, next: NextBatch): boolean {
  return (
    active.sizeBytes + next.bytes > Math.min(config.segmentBytes, segmentBytesLimit, context.cap.segmentBytesMax)
    || (active.firstAppendMs >= 0 && next.now - active.firstAppendMs >= config.segmentMs)
    || next.lastOffset - active.baseOffset > segmentBytesLimit
    || active.indexEntries >= context.limits.indexEntriesMax
  );
}
