import type { LogCore } from '../log/log-core.ts';
import { maxTimestampOf } from '../log/timestamp-search.ts';
import type { DroppableLog } from './drop-oldest.ts';
import { segmentsToDelete } from './retention.ts';
import type { RetainedSegment, RetentionReason } from './retention.ts';

/*
 * Says how far the start of a log moves by what retention.ts and drop-oldest.ts decide. It moves when that is durable,
 * and the files below it go afterwards (`DroppedSegments.dropBelowStart`): a crash in between must not find a log with
 * a hole.
 */

export interface StartMove {
  /** The new start. */
  readonly offset: number;
  readonly segments: number;
  readonly bytes: number;
  readonly reasons: readonly RetentionReason[];
}

const noMove: StartMove = { offset: 0, segments: 0, bytes: 0, reasons: [] };

/** Over the segments that the log's own retention lets go. */
export async function moveByRetention(core: LogCore, now: number): Promise<StartMove> {
  const segments = await retainedSegments(core);
  const decision = segmentsToDelete({
    segments,
    logStartOffset: core.logStartOffset,
    lastStableOffset: core.lastStableOffset,
    now,
    config: core.config,
  });
  return moveOver(segments.slice(0, decision.count), decision.reasons);
}

/**
 * Over the oldest segments of a log, as they were when that was decided: what has changed since is not lost, because
 * the offset counts. The active one may be among them: an empty one takes its place.
 */
export function moveOver(oldest: readonly RetainedSegment[], reasons: readonly RetentionReason[]): StartMove {
  const last = oldest.at(-1);
  if (last === undefined) return noMove;
  return {
    offset: last.endOffset,
    segments: oldest.length,
    bytes: oldest.reduce((sum, segment) => sum + segment.bytes, 0),
    reasons,
  };
}

export async function droppable<L extends { readonly core: LogCore }>(log: L): Promise<DroppableLog<L>> {
  const { core } = log;
  const segments = await retainedSegments(core);
  return { log, internal: core.config.isInternal, lastStableOffset: core.lastStableOffset, segments };
}

/**
 * The segments as they are now. What came from an earlier run has its times in its index, which is read the first time.
 */
export async function retainedSegments(core: LogCore): Promise<RetainedSegment[]> {
  for (const segment of core.segmentList.all.slice(0, -1)) await maxTimestampOf(core, segment);
  return core.segmentList.all.map(({ baseOffset, endOffset, sizeBytes, maxTimestampMs }) => ({
    baseOffset,
    endOffset,
    bytes: sizeBytes,
    maxTimestampMs,
  }));
}
