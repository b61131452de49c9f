import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OffsetIndex } from '../../src/segment/offset-index.ts';
import { TimeIndex } from '../../src/segment/time-index.ts';

describe('offset index', () => {
  it('S1 writes the frozen layout', () => {
    const index = new OffsetIndex(1_000);
    index.append(1_004, 0x1000);
    index.append(1_300, 0x2345);
    expect(index.bytes().toString('hex')).toBe('00000004000010000000012c00002345');
    expect(index.bytes(1).toString('hex')).toBe('0000012c00002345');
  });

  it('S1 leads to the last batch that may hold an offset', () => {
    const entries = fc
      .uniqueArray(fc.integer({ min: 0, max: 10_000 }), { maxLength: 60 })
      .map((offsets) => offsets.sort((a, b) => a - b));
    fc.assert(
      fc.property(entries, fc.integer({ min: 0, max: 10_001 }), (offsets, wanted) => {
        const index = new OffsetIndex(500);
        offsets.forEach((offset, at) => index.append(500 + offset, (at + 1) * 10));
        const parsed = OffsetIndex.parse({ baseOffset: 500, bytes: index.bytes(), logBytes: 1_000_000 });
        expect(parsed.isWhole).toBe(true);
        const below = offsets.filter((offset) => offset <= wanted).length;
        for (const each of [index, parsed.index]) expect(each.positionFor(500 + wanted)).toBe(below * 10);
      }),
    );
  });

  it('S2 keeps of a damaged file what still makes sense', () => {
    const index = new OffsetIndex(0);
    for (const step of [1, 2, 3, 4]) index.append(step * 10, step * 100);
    const damaged = Buffer.from(index.bytes());
    damaged.writeInt32BE(5, 16);
    const parsed = OffsetIndex.parse({ baseOffset: 0, bytes: damaged, logBytes: 1_000 });
    expect([parsed.isWhole, parsed.index.count, parsed.index.lastPosition]).toEqual([false, 2, 200]);
    expect(OffsetIndex.parse({ baseOffset: 0, bytes: index.bytes(), logBytes: 300 })).toMatchObject({
      isWhole: false,
      index: { count: 2 },
    });
    expect(OffsetIndex.parse({ baseOffset: 0, bytes: index.bytes().subarray(0, 19), logBytes: 1_000 })).toMatchObject({
      isWhole: false,
      index: { count: 2 },
    });
  });

  it('S2 truncates, and grows again from there', () => {
    const index = new OffsetIndex(0);
    for (let step = 1; step <= 100; step += 1) index.append(step * 10, step * 100);
    index.truncateTo(55);
    expect([index.count, index.lastPosition]).toEqual([5, 500]);
    index.append(60, 777);
    expect([index.positionFor(59), index.positionFor(60)]).toEqual([500, 777]);
  });
});

describe('time index', () => {
  it('S1 writes the frozen layout', () => {
    const index = new TimeIndex(1_000);
    index.append(1_700_000_000_000, 1_004);
    expect(index.bytes().toString('hex')).toBe('0000018bcfe5680000000004');
  });

  it('C1 says below which offset nothing is late enough', () => {
    const index = new TimeIndex(100);
    for (const [timestampMs, offset] of [
      [50, 104],
      [70, 120],
      [70, 130],
      [60, 140],
      [90, 150],
    ] as const)
      index.append(timestampMs, offset);
    expect(index.count).toBe(3);
    expect([40, 50, 51, 70, 71, 90, 91].map((timestampMs) => index.offsetBefore(timestampMs))).toEqual([
      100, 100, 105, 105, 121, 121, 151,
    ]);
    expect([index.last, index.firstTimestampMs]).toEqual([{ timestampMs: 90, offset: 150 }, 50]);
  });

  it('S2 keeps of a damaged file what still makes sense', () => {
    const index = new TimeIndex(0);
    for (const step of [1, 2, 3]) index.append(step * 1_000, step * 10);
    expect(TimeIndex.parse({ baseOffset: 0, bytes: index.bytes(), endOffset: 31 })).toMatchObject({
      isWhole: true,
      index: { count: 3 },
    });
    expect(TimeIndex.parse({ baseOffset: 0, bytes: index.bytes(), endOffset: 30 })).toMatchObject({
      isWhole: false,
      index: { count: 2 },
    });
    expect(TimeIndex.parse({ baseOffset: 0, bytes: Buffer.alloc(36), endOffset: 31 })).toMatchObject({
      isWhole: false,
      index: { count: 1 },
    });
  });

  it('S2 truncates, and grows again from there', () => {
    const index = new TimeIndex(0);
    for (let step = 1; step <= 50; step += 1) index.append(step * 1_000, step * 10);
    index.truncateTo(25);
    expect(index.last).toEqual({ timestampMs: 2_000, offset: 20 });
    index.append(2_500, 26);
    expect(index.offsetBefore(2_500)).toBe(21);
  });
});
