import { describe, expect, it } from 'vitest';
import { compactionRange, fitsBehind, isCompactionDue } from '../../src/compaction/compaction-plan.ts';
import type { CompactionRange } from '../../src/compaction/compaction-plan.ts';
import type { RetainedSegment } from '../../src/retention/retention.ts';

/** Segments of ten offsets and 100 bytes, with these max timestamps; the last one is active. */
function segments(...times: number[]): RetainedSegment[] {
  return times.map((maxTimestampMs, index) => ({
    baseOffset: index * 10,
    endOffset: index * 10 + 10,
    bytes: 100,
    maxTimestampMs,
  }));
}

function range(
  o: Partial<Parameters<typeof compactionRange>[0]> & { lagMs?: number; dedupWindowMs?: number },
): CompactionRange {
  return compactionRange({
    segments: segments(1, 2, 3, 4),
    cleanerPoint: 0,
    logStartOffset: 0,
    lastStableOffset: 40,
    now: 1_000,
    config: { minCompactionLagMs: o.lagMs ?? 0, dedupWindowMs: o.dedupWindowMs ?? 0 },
    ...o,
  });
}

describe('compactionRange', () => {
  it('S4 takes the closed segments from the cleaner point on, never the active one', () => {
    expect(range({})).toEqual({ dirtyStart: 0, dirtyEnd: 30, cleanBytes: 0, dirtyBytes: 300, dirtyRatio: 1 });
    expect(range({ cleanerPoint: 20 })).toEqual({
      dirtyStart: 20,
      dirtyEnd: 30,
      cleanBytes: 200,
      dirtyBytes: 100,
      dirtyRatio: 1 / 3,
    });
    expect(range({ segments: segments(1) })).toMatchObject({ dirtyEnd: 0, dirtyBytes: 0, dirtyRatio: 0 });
  });

  it('S4 leaves what is younger than the lag, and all that follows it', () => {
    expect(range({ segments: segments(1, 900, 1, 1), lagMs: 100 })).toMatchObject({ dirtyEnd: 30 });
    expect(range({ segments: segments(1, 901, 1, 1), lagMs: 100 })).toMatchObject({ dirtyEnd: 10 });
    expect(range({ segments: segments(1, 901, 1, 1), dedupWindowMs: 100 })).toMatchObject({ dirtyEnd: 10 });
  });

  it('S4 leaves what is not below the high watermark', () => {
    expect(range({ lastStableOffset: 29 })).toMatchObject({ dirtyEnd: 20 });
  });
});

describe('isCompactionDue', () => {
  it('S4 waits for the dirty ratio, or for tombstones that have become due', () => {
    const third = range({ cleanerPoint: 20 });
    expect(isCompactionDue(third, { minCleanableDirtyRatio: 0.3, nextHorizonMs: -1, now: 5 })).toBe(true);
    expect(isCompactionDue(third, { minCleanableDirtyRatio: 0.5, nextHorizonMs: -1, now: 5 })).toBe(false);
    expect(isCompactionDue(third, { minCleanableDirtyRatio: 0.5, nextHorizonMs: 6, now: 5 })).toBe(false);
    expect(isCompactionDue(third, { minCleanableDirtyRatio: 0.5, nextHorizonMs: 5, now: 5 })).toBe(true);
    expect(
      isCompactionDue(range({ segments: segments(1) }), { minCleanableDirtyRatio: 0, nextHorizonMs: -1, now: 5 }),
    ).toBe(false);
  });
});

describe('fitsBehind', () => {
  it('S4 puts neighbours together by bytes and by offsets', () => {
    const limits = { baseOffset: 100, segmentBytesMax: 1_000, offsetSpanMax: 50 };
    expect(fitsBehind({ endOffset: 150, sizeBytes: 400 }, { ...limits, bytes: 600 })).toBe(true);
    expect(fitsBehind({ endOffset: 150, sizeBytes: 400 }, { ...limits, bytes: 601 })).toBe(false);
    expect(fitsBehind({ endOffset: 151, sizeBytes: 400 }, { ...limits, bytes: 0 })).toBe(false);
  });
});
