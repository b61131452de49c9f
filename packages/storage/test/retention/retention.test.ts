import { describe, expect, it } from 'vitest';
import { segmentsToDelete } from '../../src/retention/retention.ts';
import type { RetainedSegment, RetentionConfig, RetentionDecision } from '../../src/retention/retention.ts';

const keepAll: RetentionConfig = { retentionMs: -1, retentionBytes: -1, cleanupPolicy: { delete: true } };

/** Segments of ten offsets; [bytes, maxTimestampMs] each. */
function segments(...facts: [number, number][]): RetainedSegment[] {
  return facts.map(([bytes, maxTimestampMs], index) => ({
    baseOffset: index * 10,
    endOffset: bytes === 0 ? index * 10 : index * 10 + 10,
    bytes,
    maxTimestampMs,
  }));
}

function decide(
  all: RetainedSegment[],
  config: Partial<RetentionConfig>,
  o: { now?: number; logStartOffset?: number; lastStableOffset?: number } = {},
): RetentionDecision {
  return segmentsToDelete({
    segments: all,
    now: o.now ?? 1_000,
    logStartOffset: o.logStartOffset ?? 0,
    lastStableOffset: o.lastStableOffset ?? all.length * 10,
    config: { ...keepAll, ...config },
  });
}

describe('segmentsToDelete', () => {
  it('S4 lets go by time what is older than retention.ms, to the millisecond', () => {
    const all = segments([5, 100], [5, 200], [5, 900]);
    expect(decide(all, { retentionMs: 800 }, { now: 1_000 })).toEqual({
      count: 1,
      rollActive: false,
      reasons: ['time'],
    });
    expect(decide(all, { retentionMs: 800 }, { now: 1_001 })).toEqual({
      count: 2,
      rollActive: false,
      reasons: ['time', 'time'],
    });
    expect(decide(all, {}).count).toBe(0);
  });

  it('S4 never leaves a hole: an unexpired segment protects the ones after it', () => {
    expect(decide(segments([5, 100], [5, 999], [5, 100], [5, 100]), { retentionMs: 100 }).count).toBe(1);
    expect(decide(segments([5, -1], [5, 1], [5, 1]), { retentionMs: 100 }).count).toBe(0);
  });

  it('S4 takes the active segment by time only when all has expired, after a roll', () => {
    expect(decide(segments([5, 1], [5, 2]), { retentionMs: 100 })).toEqual({
      count: 2,
      rollActive: true,
      reasons: ['time', 'time'],
    });
    expect(decide(segments([5, 1], [0, -1]), { retentionMs: 100 })).toEqual({
      count: 1,
      rollActive: false,
      reasons: ['time'],
    });
  });

  it('S4 lets go by size what the log does not need to stay at retention.bytes, never the active segment', () => {
    const all = segments([100, 1], [100, 1], [100, 1], [50, 1]);
    expect(decide(all, { retentionBytes: 350 }).count).toBe(0);
    expect(decide(all, { retentionBytes: 251 }).count).toBe(0);
    expect(decide(all, { retentionBytes: 250 })).toEqual({ count: 1, rollActive: false, reasons: ['size'] });
    expect(decide(all, { retentionBytes: 0 })).toEqual({
      count: 3,
      rollActive: false,
      reasons: ['size', 'size', 'size'],
    });
  });

  it('S4 keeps what is not yet below the high watermark', () => {
    expect(decide(segments([5, 1], [5, 1], [5, 1]), { retentionMs: 0 }, { lastStableOffset: 19 }).count).toBe(1);
  });

  it('S4 drops what lies below the log start offset under every policy, the active segment included', () => {
    const all = segments([5, 999], [5, 999]);
    const compact: Partial<RetentionConfig> = { cleanupPolicy: { delete: false }, retentionMs: 0, retentionBytes: 0 };
    expect(decide(all, compact).count).toBe(0);
    expect(decide(all, compact, { logStartOffset: 19 })).toEqual({
      count: 1,
      rollActive: false,
      reasons: ['start-offset'],
    });
    expect(decide(all, compact, { logStartOffset: 20 })).toEqual({
      count: 2,
      rollActive: true,
      reasons: ['start-offset', 'start-offset'],
    });
  });
});
