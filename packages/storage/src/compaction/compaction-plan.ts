import type { RetainedSegment } from '../retention/retention.ts';

/*
 * What is there to compact in one log? Pure decisions; log-compaction.ts carries them out.
 *
 *   log start        cleaner point                 dirty end          active segment
 *   |---- clean -----|----------- dirty -----------|--- too young ----|-------->
 *
 * Rules
 * - The active segment is never touched, nor what is not yet below the last stable offset, nor anything from the first
 *   segment on that holds a record younger than the lag.
 * - The lag is at least the dedup window: ids that compaction removed could not be found again after a restart.
 * - A pass rewrites from the start of the log: older values of the keys it met may lie anywhere before.
 */

export interface CompactionConfig {
  readonly minCompactionLagMs: number;
  readonly dedupWindowMs: number;
  /** 0 to 1. */
  readonly minCleanableDirtyRatio: number;
}

export interface CompactionRange {
  /** Where the dirty part begins. */
  readonly dirtyStart: number;
  /** Where it ends: the end of a closed segment. */
  readonly dirtyEnd: number;
  readonly cleanBytes: number;
  readonly dirtyBytes: number;
  /** dirtyBytes / (cleanBytes + dirtyBytes); 0 when both are 0. */
  readonly dirtyRatio: number;
}

export function compactionRange(o: {
  /** Ascending; the last one is active. */
  segments: readonly RetainedSegment[];
  cleanerPoint: number;
  logStartOffset: number;
  lastStableOffset: number;
  now: number;
  config: Pick<CompactionConfig, 'minCompactionLagMs' | 'dedupWindowMs'>;
}): CompactionRange {
  const lagMs = Math.max(o.config.minCompactionLagMs, o.config.dedupWindowMs);
  const dirtyStart = Math.max(o.cleanerPoint, o.logStartOffset);
  let dirtyEnd = dirtyStart;
  let cleanBytes = 0;
  let dirtyBytes = 0;
  for (const segment of o.segments.slice(0, -1)) {
    if (segment.endOffset <= dirtyStart) {
      cleanBytes += segment.bytes;
      continue;
    }
    const isYoung = lagMs > 0 && segment.maxTimestampMs > o.now - lagMs;
    if (isYoung || segment.endOffset > o.lastStableOffset) break;
    dirtyBytes += segment.bytes;
    dirtyEnd = segment.endOffset;
  }
  const bytes = cleanBytes + dirtyBytes;
  return { dirtyStart, dirtyEnd, cleanBytes, dirtyBytes, dirtyRatio: bytes === 0 ? 0 : dirtyBytes / bytes };
}

/** Is it worth a pass? Also when nothing is dirty but tombstones have become due. */
export function isCompactionDue(
  range: CompactionRange,
  o: { minCleanableDirtyRatio: number; nextHorizonMs: number; now: number },
): boolean {
  if (range.dirtyBytes > 0 && range.dirtyRatio >= o.minCleanableDirtyRatio) return true;
  return range.cleanBytes > 0 && o.nextHorizonMs >= 0 && o.now >= o.nextHorizonMs;
}

/**
 * May `next` go into the file that is being rewritten, behind `bytes` bytes that were kept so far? Neighbours become
 * one segment as long as they fit, so that what compaction shrank does not stay a crowd of small files.
 */
export function fitsBehind(
  next: { readonly endOffset: number; readonly sizeBytes: number },
  o: { baseOffset: number; bytes: number; segmentBytesMax: number; offsetSpanMax: number },
): boolean {
  return o.bytes + next.sizeBytes <= o.segmentBytesMax && next.endOffset - o.baseOffset <= o.offsetSpanMax;
}
