import type { RetainedSegment } from './retention.ts';

/*
 * `whenFull: 'drop-oldest'`: which segments of all logs go to bring the store below its cap? Pure.
 *
 * Rules
 * - The oldest by max timestamp goes first, wherever it lies, but within a log only from its start.
 * - Internal topics are exempt: they hold the system's own state.
 * - Active segments go only when nothing else is left (the log rolls first), and nothing above a last stable
 *   offset goes.
 */

export interface DroppableLog<L> {
  readonly log: L;
  readonly internal: boolean;
  readonly lastStableOffset: number;
  /** Ascending; the last one is active. */
  readonly segments: readonly RetainedSegment[];
}

export interface DropPlan<L> {
  /** How many of the oldest segments each log gives up. */
  readonly drops: ReadonlyMap<L, number>;
  readonly bytes: number;
  /** False: all that may be dropped does not suffice. */
  readonly sufficient: boolean;
}

export function segmentsToDrop<L>(o: { logs: readonly DroppableLog<L>[]; bytesToFree: number }): DropPlan<L> {
  const drops = new Map<L, number>();
  const candidates = o.logs.filter((log) => !log.internal);
  let bytes = 0;
  while (bytes < o.bytesToFree) {
    const oldest = oldestHead(candidates, drops);
    if (oldest === null) break;
    const dropped = drops.get(oldest.log) ?? 0;
    bytes += oldest.segments[dropped]!.bytes;
    drops.set(oldest.log, dropped + 1);
  }
  return { drops, bytes, sufficient: bytes >= o.bytesToFree };
}

function oldestHead<L>(logs: readonly DroppableLog<L>[], drops: ReadonlyMap<L, number>): DroppableLog<L> | null {
  let oldest: DroppableLog<L> | null = null;
  let oldestAge: SegmentAge | null = null;
  for (const log of logs) {
    const dropped = drops.get(log.log) ?? 0;
    const head = log.segments[dropped];
    if (head === undefined || head.bytes === 0 || head.endOffset > log.lastStableOffset) continue;
    const age = { isActive: dropped === log.segments.length - 1, maxTimestampMs: head.maxTimestampMs };
    if (oldestAge !== null && !isOlder(age, oldestAge)) continue;
    oldest = log;
    oldestAge = age;
  }
  return oldest;
}

interface SegmentAge {
  readonly isActive: boolean;
  readonly maxTimestampMs: number;
}

function isOlder(a: SegmentAge, b: SegmentAge): boolean {
  return a.isActive === b.isActive ? a.maxTimestampMs < b.maxTimestampMs : b.isActive;
}
