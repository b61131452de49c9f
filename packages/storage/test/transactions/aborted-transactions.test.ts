import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AbortedTransactions, decodeAborted } from '../../src/transactions/aborted-transactions.ts';
import type { AbortedTransaction } from '../../src/transactions/aborted-transactions.ts';

const segment = { baseOffset: 0, endOffset: 1_000_000 };

/** Transactions as a log may have them: producers write, and end, in any order. Undecided ones are not among them. */
const log = fc
  .array(fc.record({ producer: fc.nat({ max: 3 }), ends: fc.boolean() }), { maxLength: 60 })
  .map((steps) => {
    const open = new Map<number, number>();
    const ended: AbortedTransaction[] = [];
    for (const [offset, { producer, ends }] of steps.entries()) {
      const firstOffset = open.get(producer);
      if (!ends || firstOffset === undefined) {
        if (firstOffset === undefined) open.set(producer, offset);
        continue;
      }
      open.delete(producer);
      const lastStableOffset = Math.min(offset + 1, ...open.values());
      ended.push({ producerId: producer, firstOffset, lastOffset: offset, lastStableOffset });
    }
    return { ended, stable: Math.min(steps.length, ...open.values()) };
  });

describe('X1 aborted transactions of a log', () => {
  it('X1 have the bytes of the public layout', () => {
    const aborted = new AbortedTransactions();
    aborted.add({ producerId: 1, firstOffset: 2, lastOffset: 3, lastStableOffset: 4 });
    aborted.add({ producerId: 2 ** 40, firstOffset: 5, lastOffset: 2 ** 33, lastStableOffset: 5 });
    expect(aborted.bytesOf({ baseOffset: 0, endOffset: 2 ** 40 }).toString('hex')).toBe(
      '0000000000000000000100000000000000020000000000000003'
        + '00000000000000040000000001000000000000000000000000050000000200000000'.slice(0, 16)
        + '0000'
        + '0000010000000000'
        + '0000000000000005'
        + '0000000200000000'
        + '0000000000000005',
    );
  });

  it('X1 are those that have records in a range, none more', () => {
    fc.assert(
      fc.property(log, fc.nat({ max: 60 }), fc.nat({ max: 60 }), ({ ended, stable }, a, b) => {
        const aborted = new AbortedTransactions();
        for (const each of ended) aborted.add(each);
        const [from, to] = [Math.min(a, b, stable), Math.min(Math.max(a, b), stable)];
        const expected = ended
          .filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < to)
          .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }));
        expect(aborted.within(from, to)).toEqual(expected);
        for (let offset = 0; offset < 60; offset += 1) {
          const is = ended.some((e) => e.producerId === 1 && e.firstOffset <= offset && offset <= e.lastOffset);
          expect(aborted.has(1, offset)).toBe(is);
        }
      }),
    );
  });

  it('X1 are cut at both ends by their markers, and saved piece by piece', () => {
    fc.assert(
      fc.property(log, fc.nat({ max: 60 }), fc.nat({ max: 60 }), ({ ended }, start, end) => {
        const aborted = new AbortedTransactions();
        for (const each of ended) aborted.add(each);
        aborted.truncateEnd(end);
        aborted.truncateStart(start);
        const left = ended.filter(({ lastOffset }) => lastOffset >= start && lastOffset < end);
        expect(decodeAborted(aborted.bytesOf(segment), segment)).toEqual(left);
        const half = Math.floor(left.length / 2);
        expect(decodeAborted(aborted.bytesOf(segment, half), segment)).toEqual(left.slice(half));
        expect(aborted.bytesOf(segment, left.length + 3)).toHaveLength(0);
      }),
    );
  });

  it.each([
    ['a piece of an entry', (bytes: Buffer) => bytes.subarray(0, 40)],
    ['a marker before the first record', (bytes: Buffer) => swapped(bytes, 10, 18)],
    ['markers that go back', (bytes: Buffer) => Buffer.concat([bytes.subarray(34), bytes.subarray(0, 34)])],
    ['zeros, which a power cut may leave', (bytes: Buffer) => Buffer.alloc(bytes.length / 2)],
    ['a negative producer', (bytes: Buffer) => withByte(bytes, 2, 0xff)],
    ['a negative version', (bytes: Buffer) => withByte(bytes, 0, 0xff)],
  ])('X1 are not read from %s', (_, damage) => {
    const aborted = new AbortedTransactions();
    aborted.add({ producerId: 1, firstOffset: 2, lastOffset: 3, lastStableOffset: 4 });
    aborted.add({ producerId: 1, firstOffset: 5, lastOffset: 6, lastStableOffset: 7 });
    expect(() => decodeAborted(damage(aborted.bytesOf(segment)), segment)).toThrow(/unreadable/);
  });

  it('X1 of a later format are left alone', () => {
    const aborted = new AbortedTransactions();
    aborted.add({ producerId: 1, firstOffset: 2, lastOffset: 3, lastStableOffset: 4 });
    expect(() => decodeAborted(withByte(aborted.bytesOf(segment), 1, 1), segment)).toThrow(/newer q/);
  });
});

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}

function swapped(bytes: Buffer, left: number, right: number): Buffer {
  const copy = Buffer.from(bytes);
  bytes.copy(copy, left, right, right + 8);
  bytes.copy(copy, right, left, left + 8);
  return copy;
}
