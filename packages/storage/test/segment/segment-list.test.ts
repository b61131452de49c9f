import { describe, expect, it } from 'vitest';
import { SegmentList } from '../../src/segment/segment-list.ts';

describe('the segments of a log', () => {
  it('S2 have the last one as the active one, whatever is added or taken out', () => {
    const list = new SegmentList({ directory: 'd', segments: [], startOffset: 0 });
    const isLast = (): boolean => list.active === list.all.at(-1);
    for (const endOffset of [10, 20, 30]) {
      list.active.append({ bytes: 1, lastOffset: endOffset - 1, maxTimestampMs: 1 }, 4_096);
      expect([list.roll().baseOffset, list.active.baseOffset, isLast()]).toEqual([endOffset, endOffset, true]);
    }
    expect(list.dropFrom(15).map(({ baseOffset }) => baseOffset)).toEqual([20, 30]);
    expect([list.active.baseOffset, isLast()]).toEqual([10, true]);
    list.dropFirst(1);
    expect([list.count, isLast()]).toEqual([1, true]);
  });
});
