import { describe, expect, it } from 'vitest';
import { segmentsToDrop } from '../../src/retention/drop-oldest.ts';
import type { DroppableLog } from '../../src/retention/drop-oldest.ts';

/** [maxTimestampMs, bytes] each; the last one is active. */
function log(
  name: string,
  facts: [number, number][],
  o: { internal?: boolean; lastStableOffset?: number } = {},
): DroppableLog<string> {
  return {
    log: name,
    internal: o.internal ?? false,
    lastStableOffset: o.lastStableOffset ?? 1_000,
    segments: facts.map(([maxTimestampMs, bytes], index) => ({
      baseOffset: index * 10,
      endOffset: index * 10 + 10,
      bytes,
      maxTimestampMs,
    })),
  };
}

describe('segmentsToDrop', () => {
  it('S4 drops the oldest segments across logs, each log from its start', () => {
    const logs = [
      log('a', [
        [10, 100],
        [40, 100],
        [90, 1],
      ]),
      log('b', [
        [20, 100],
        [30, 100],
        [90, 1],
      ]),
    ];
    const plan = segmentsToDrop({ logs, bytesToFree: 250 });
    expect([...plan.drops]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(plan).toMatchObject({ bytes: 300, sufficient: true });
  });

  it('S4 exempts internal topics', () => {
    const logs = [
      log(
        'offsets',
        [
          [1, 100],
          [2, 100],
        ],
        { internal: true },
      ),
      log('a', [
        [50, 100],
        [60, 10],
      ]),
    ];
    expect([...segmentsToDrop({ logs, bytesToFree: 1 }).drops]).toEqual([['a', 1]]);
  });

  it('S4 takes an active segment only when no closed one is left, and nothing above the high watermark', () => {
    const logs = [
      log('a', [[1, 100]]),
      log(
        'b',
        [
          [50, 100],
          [60, 100],
        ],
        { lastStableOffset: 10 },
      ),
    ];
    expect([...segmentsToDrop({ logs, bytesToFree: 100 }).drops]).toEqual([['b', 1]]);
    expect([...segmentsToDrop({ logs, bytesToFree: 150 }).drops]).toEqual([
      ['b', 1],
      ['a', 1],
    ]);
    expect(segmentsToDrop({ logs, bytesToFree: 500 })).toMatchObject({ bytes: 200, sufficient: false });
  });
});
