/*
 * Which segments of one log may go? Pure decisions; the log carries them out.
 *
 * Rules
 * - Only a run of the oldest segments goes: a log never has a hole.
 * - Nothing at or above the last stable offset goes: an open transaction keeps its records until it ends.
 * - By size and by time only under `cleanup.policy` delete; below the log start offset always.
 * - The active segment goes only when all of it has expired or lies below the log start offset, and then a new one is
 *   rolled first. It never goes by size.
 * - A segment without timestamps does not expire by time.
 */

export interface RetainedSegment {
  readonly baseOffset: number;
  /** One past the last offset. */
  readonly endOffset: number;
  readonly bytes: number;
  /** -1: no record with a timestamp. */
  readonly maxTimestampMs: number;
}

export interface RetentionConfig {
  /** -1: no limit. */
  readonly retentionMs: number;
  /** -1: no limit. */
  readonly retentionBytes: number;
  readonly cleanupPolicy: { readonly delete: boolean };
}

export type RetentionReason = 'time' | 'size' | 'start-offset';

export interface RetentionDecision {
  /** How many of the oldest segments go. */
  readonly count: number;
  /** True when the last of them is the active one. */
  readonly rollActive: boolean;
  /** Why, one for each. */
  readonly reasons: readonly RetentionReason[];
}

export function segmentsToDelete(o: {
  /** Ascending; the last one is active. */
  segments: readonly RetainedSegment[];
  logStartOffset: number;
  lastStableOffset: number;
  now: number;
  config: RetentionConfig;
}): RetentionDecision {
  const reasons: RetentionReason[] = [];
  let bytesLeft = o.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  for (const [index, segment] of o.segments.entries()) {
    const isActive = index === o.segments.length - 1;
    if (isActive && segment.bytes === 0) break;
    if (segment.endOffset > o.lastStableOffset) break;
    const reason = reasonToDelete(segment, { ...o, bytesLeft, isActive });
    if (reason === null) break;
    reasons.push(reason);
    bytesLeft -= segment.bytes;
  }
  return { count: reasons.length, rollActive: reasons.length > 0 && reasons.length === o.segments.length, reasons };
}

function reasonToDelete(
  segment: RetainedSegment,
  o: { logStartOffset: number; now: number; config: RetentionConfig; bytesLeft: number; isActive: boolean },
): RetentionReason | null {
  const { retentionMs, retentionBytes, cleanupPolicy } = o.config;
  if (segment.endOffset <= o.logStartOffset) return 'start-offset';
  if (!cleanupPolicy.delete) return null;
  if (retentionMs >= 0 && segment.maxTimestampMs >= 0 && o.now - segment.maxTimestampMs > retentionMs) return 'time';
  if (retentionBytes >= 0 && !o.isActive && o.bytesLeft - segment.bytes >= retentionBytes) return 'size';
  return null;
}
