import { assignOffsets, LentMemory } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { HotRead } from '../../src/cache/hot-read.ts';
import { joinSmall } from '../../src/log/owed-batches.ts';
import type { OwedBatches } from '../../src/log/owed-batches.ts';
import { Segment } from '../../src/segment/segment.ts';
import { batch } from '../conformance/harness.ts';

const sharedBytes = 256 << 10;
const [one, other] = [
  new Segment({ directory: '/a', baseOffset: 0 }),
  new Segment({ directory: '/a', baseOffset: 100 }),
];

/** Batches of two records each, one behind the other, with values of so many bytes. */
function owedOf(sizes: readonly number[], segmentOf: (index: number) => Segment = () => one): OwedBatches[] {
  let position = 0;
  return sizes.map((valueBytes, index) => {
    const bytes = batch(['', String(index).padEnd(valueBytes)]);
    assignOffsets(bytes, { baseOffset: index * 2, leaderEpoch: 0 });
    position += bytes.length;
    return {
      segment: segmentOf(index),
      position: position - bytes.length,
      baseOffset: index * 2,
      lastOffset: index * 2 + 1,
      batch: bytes,
    };
  });
}

const joined = (owed: readonly OwedBatches[]): OwedBatches[] =>
  joinSmall(owed, new LentMemory({ bytesMin: sharedBytes, bytesMax: 0, sharedBytes }));
const bytesOf = (owed: readonly OwedBatches[]): Buffer => Buffer.concat(owed.map(({ batch: bytes }) => bytes));
const places = (owed: readonly OwedBatches[]): number[][] =>
  owed.map(({ position, baseOffset, lastOffset }) => [position, baseOffset, lastOffset]);

describe('small batches that are owed to one file', () => {
  it('Z2 become one, with the same bytes at the same place; large ones stay as they are', () => {
    const owed = owedOf([10, 10, 10, 2_100, 10, 10]);
    const result = joined(owed);
    expect(places(result)).toEqual([
      [0, 0, 5],
      [owed[3]?.position, 6, 7],
      [owed[4]?.position, 8, 11],
    ]);
    expect(bytesOf(result)).toEqual(bytesOf(owed));
    expect(result[1]).toBe(owed[3]);
    expect(joined([])).toEqual([]);
  });

  it('Z2 but not across two files', () => {
    const owed = owedOf([10, 10, 10, 10], (index) => (index < 3 ? one : other));
    expect(joined(owed).map(({ segment, baseOffset }) => [segment.baseOffset, baseOffset])).toEqual([
      [0, 0],
      [100, 6],
    ]);
  });

  it('Z2 and not beyond 32 KiB; what was joined is left as it is the next time', () => {
    const once = joined(owedOf(Array.from({ length: 40 }, () => 1_900)));
    expect(once.map(({ batch: bytes }) => Math.round(bytes.length / 1_980))).toEqual([16, 16, 8]);
    expect(joined(once)).toEqual(once);
  });

  it('B2 let go of what they came in, and are used again when they are let go of', () => {
    const memory = new LentMemory({ bytesMin: 1_024, bytesMax: 1 << 20, sharedBytes: 4_096 });
    const owed = owedOf([1_200, 1_300, 2_100]).map((each) => {
      const taken = memory.take(each.batch.length).subarray(0, each.batch.length);
      each.batch.copy(taken);
      return { ...each, batch: taken };
    });
    const sizes = owed.map(({ batch: bytes }) => bytes.buffer.byteLength);
    const result = joinSmall(owed, memory);
    expect(memory.freeBytes).toBe((sizes[0] as number) + (sizes[1] as number));
    for (const { batch: bytes } of result) memory.release(bytes);
    expect(memory.freeBytes).toBe(sizes.reduce((sum, bytes) => sum + bytes));
  });
});

describe('reads of batches in memory', () => {
  it('Z1 find each batch in those that lie in one piece, and stop at whole ones', () => {
    const owed = owedOf([10, 11, 12, 13, 14]);
    for (const runs of [owed, joined(owed), [...joined(owed.slice(0, 2)), ...joined(owed.slice(2))]]) {
      for (let offset = 0; offset < 10; offset += 1) {
        for (let limitOffset = offset + 1; limitOffset < 12; limitOffset += 1) {
          for (const maxBytes of [1, 170, 300, 500, 10_000]) {
            const read = new HotRead({ offset, limitOffset, maxBytes });
            read.take(runs);
            const wanted = expectedOf(owed, { offset, limitOffset, maxBytes });
            expect(Buffer.concat(read.buffers), `${runs.length} ${offset} ${limitOffset} ${maxBytes}`).toEqual(wanted);
            expect(read.bytes).toBe(wanted.length);
            expect(read.buffers.every(({ length }) => length > 0)).toBe(true);
          }
        }
      }
    }
  });

  it('Z1 leave no gap behind a batch that is too large', () => {
    const owed = owedOf([10, 400, 10]);
    const maxBytes = bytesOf([owed[0] as OwedBatches, owed[2] as OwedBatches]).length;
    for (const runs of [owed, [...joined(owed.slice(0, 2)), ...owed.slice(2)]]) {
      const read = new HotRead({ offset: 0, limitOffset: 99, maxBytes });
      read.take(runs);
      expect(Buffer.concat(read.buffers)).toEqual(owed[0]?.batch);
    }
  });

  it('Z1 go on in the next place, and end where one was full', () => {
    const owed = owedOf([10, 10, 10, 10]);
    const length = owed[0]?.batch.length as number;
    for (const [maxBytes, batches] of [
      [10_000, 3],
      [2 * length, 2],
      [1, 1],
    ] as const) {
      const read = new HotRead({ offset: 2, limitOffset: 99, maxBytes });
      for (const place of [joined(owed.slice(0, 2)), owed.slice(2, 3), owed.slice(3)]) read.take(place);
      expect(Buffer.concat(read.buffers)).toEqual(bytesOf(owed.slice(1, 1 + batches)));
    }
  });
});

/** The plainest way there is. */
function expectedOf(
  owed: readonly OwedBatches[],
  o: { offset: number; limitOffset: number; maxBytes: number },
): Buffer {
  let found = Buffer.alloc(0);
  for (const { baseOffset, lastOffset, batch: bytes } of owed) {
    if (lastOffset < o.offset) continue;
    if (baseOffset >= o.limitOffset || (found.length > 0 && found.length + bytes.length > o.maxBytes)) break;
    found = Buffer.concat([found, bytes]);
  }
  return found;
}
