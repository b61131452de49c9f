import { describe, expect, it } from 'vitest';

import { PullIterator } from '../../src/consumer/pull-iterator.ts';
import { clientLimits } from '../../src/limits.ts';

/** A clock on which taking an item takes `itemMs`, and a source of `count` items. */
function setUp(o: { itemMs: number; itemsPerLook: number; count: number }): { iterator: PullIterator<number>; turns: () => number } {
  let [nowMs, taken, turns] = [0, 0, 0];
  const clock = {
    monotonic: () => nowMs,
    defer: (run: () => void) => {
      turns += 1;
      setImmediate(run);
    },
  };
  const take = (): number | null => {
    if (taken === o.count) return null;
    nowMs += o.itemMs;
    return (taken += 1);
  };
  const iterator = new PullIterator<number>({ clock, itemsPerLook: o.itemsPerLook, take, wait: () => Promise.resolve(false), stop: () => undefined });
  return { iterator, turns: () => turns };
}

async function drain(iterator: PullIterator<number>): Promise<number[]> {
  const items: number[] = [];
  for await (const item of iterator) items.push(item);
  return items;
}

describe('PullIterator', () => {
  const turnMs = clientLimits.consumerTurnMs;

  it('Z4 lets the event loop turn while everything is at hand, and loses nothing by it', async () => {
    const { iterator, turns } = setUp({ itemMs: turnMs / 4, itemsPerLook: 1, count: 40 });
    expect(await drain(iterator)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(turns()).toBe(10);
  });

  it('Z4 looks at the clock once for several items', async () => {
    const { iterator, turns } = setUp({ itemMs: turnMs, itemsPerLook: 8, count: 80 });
    await drain(iterator);
    expect(turns()).toBe(10);
  });

  it('gives the loop no turn that it does not need', async () => {
    const { iterator, turns } = setUp({ itemMs: 0, itemsPerLook: 1, count: 100 });
    await drain(iterator);
    expect(turns()).toBe(0);
  });

  it('takes nothing before its turn, so that who leaves meanwhile leaves nothing behind', async () => {
    const { iterator } = setUp({ itemMs: turnMs, itemsPerLook: 1, count: 5 });
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    const [second, end] = await Promise.all([iterator.next(), iterator.return()]);
    expect(end.done).toBe(true);
    expect(second).toEqual({ done: true, value: undefined });
  });
});
