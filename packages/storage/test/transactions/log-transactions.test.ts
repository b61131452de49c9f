import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogTransactions } from '../../src/transactions/log-transactions.ts';

interface Model {
  readonly open: Map<number, number>;
  readonly unsettled: { readonly firstOffset: number; readonly markerOffset: number }[];
}

const step = fc.record({ producer: fc.nat({ max: 3 }), kind: fc.constantFrom('write', 'commit', 'abort') });

/** What a log would say of its first `end` steps, of which those below `durable` cannot be taken back. */
function modelOf(steps: readonly { producer: number; kind: string }[], end: number, durable: number): Model {
  const open = new Map<number, number>();
  const unsettled: { firstOffset: number; markerOffset: number }[] = [];
  for (const [offset, { producer, kind }] of steps.slice(0, end).entries()) {
    const firstOffset = open.get(producer);
    if (kind === 'write') open.set(producer, firstOffset ?? offset);
    else if (firstOffset !== undefined) {
      open.delete(producer);
      if (offset >= durable) unsettled.push({ firstOffset, markerOffset: offset });
    }
  }
  return { open, unsettled };
}

describe('X1 transactions of a log', () => {
  it('X1 are what the log says, whatever becomes durable or is taken back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat({ max: 40 }), fc.nat({ max: 40 }), (steps, a, b) => {
        const durable = Math.min(a, b, steps.length);
        const end = Math.min(Math.max(a, b), steps.length);
        const transactions = new LogTransactions();
        for (const [offset, { producer, kind }] of steps.entries()) {
          if (kind === 'write') transactions.wrote(producer, 0, offset);
          else transactions.ended(producer, kind, offset);
        }
        transactions.settle(durable);
        transactions.rollbackTo(end);
        const { open, unsettled } = modelOf(steps, end, durable);
        const found = new Map([...transactions.open].map(({ producerId, firstOffset }) => [producerId, firstOffset]));
        expect([...found]).toEqual([...open].toSorted((left, right) => left[1] - right[1]));
        const unstable = [...open.values(), ...unsettled.map(({ firstOffset }) => firstOffset)];
        expect(transactions.firstUnstable).toBe(Math.min(Infinity, ...unstable));
        transactions.settle(steps.length);
        expect(transactions.firstUnstable).toBe(Math.min(Infinity, ...open.values()));
      }),
    );
  });

  it('X1 end nothing where a producer has written nothing since its last marker', () => {
    const transactions = new LogTransactions();
    transactions.ended(7, 'abort', 3);
    expect([transactions.aborted.count, transactions.firstUnstable]).toEqual([0, Infinity]);
  });
});
