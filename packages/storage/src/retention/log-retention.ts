import type { LocalLog } from '../log/local-log.ts';
import { maxTimestampOf } from '../log/timestamp-search.ts';
import type { DroppableLog } from './drop-oldest.ts';
import { segmentsToDelete } from './retention.ts';
import type { RetainedSegment, RetentionReason } from './retention.ts';

/*
 * Carries out what retention.ts and drop-oldest.ts decide: moves a log's start offset. The files below it go afterwards
 * (`LogFiles.dropBelowStart`), when the new start is durable: a crash in between must not find a log with a hole.
 */

export interface StartMove {
  readonly segments: number;
  readonly bytes: number;
  readonly reasons: readonly RetentionReason[];
}

const noMove: StartMove = { segments: 0, bytes: 0, reasons: [] };

/** Moves the log's start over the segments that its own retention lets go. */
export async function moveStartByRetention(log: LocalLog, now: number): Promise<StartMove> {
  const segments = await retainedSegments(log);
  const decision = segmentsToDelete({
    segments,
    logStartOffset: log.logStartOffset,
    highWatermark: log.highWatermark,
    now,
    config: log.config,
  });
  return moveStartOver(log, segments.slice(0, decision.count), decision.reasons);
}

/**
 * Moves the log's start over its oldest segments, as they were when that was decided: what has changed since is not lost,
 * because the offset counts. The active one may be among them: an empty one takes its place.
 */
export function moveStartOver(log: LocalLog, oldest: readonly RetainedSegment[], reasons: readonly RetentionReason[]): StartMove {
  const last = oldest.at(-1);
  if (last === undefined) return noMove;
  log.moveStart(last.endOffset);
  return { segments: oldest.length, bytes: oldest.reduce((sum, segment) => sum + segment.bytes, 0), reasons };
}

export async function droppable(log: LocalLog): Promise<DroppableLog<LocalLog>> {
  const segments = await retainedSegments(log);
  return { log, internal: log.isInternal, highWatermark: log.highWatermark, segments };
}

/** The segments as they are now. What came from an earlier run has its times in its index, which is read the first time. */
export async function retainedSegments(log: LocalLog): Promise<RetainedSegment[]> {
  for (const segment of log.segmentList.all.slice(0, -1)) await maxTimestampOf(log, segment);
  return log.segmentList.all.map(({ baseOffset, endOffset, sizeBytes, maxTimestampMs }) => ({
    baseOffset,
    endOffset,
    bytes: sizeBytes,
    maxTimestampMs,
  }));
}
