import { describe, expect, it } from 'vitest';

import { PullIterator } from '../../src/consumer/pull-iterator.ts';
import type { PullSource } from '../../src/consumer/pull-iterator.ts';
import { clientLimits } from '../../src/limits.ts';

/** A clock on which taking an item takes `itemMs`, and a source of `count` items. */
function setUp(o: { itemMs: number; itemsPerLook: number; count: number }): {
  iterator: PullIterator<number>;
  turns: () => number;
} {
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
  const iterator = new PullIterator<number>({
    clock,
    itemsPerLook: o.itemsPerLook,
    take,
    wait: () => Promise.resolve(false),
    stop: () => undefined,
  });
  return { iterator, turns: () => turns };
}

/** A source with nothing at hand, that waits for ever, or fails. */
function idle(o: Partial<PullSource<number>> = {}): PullIterator<number> {
  return new PullIterator<number>({
    clock: { monotonic: () => 0, defer: setImmediate },
    itemsPerLook: 1,
    take: () => null,
    wait: () => new Promise(() => {}),
    stop: () => undefined,
    ...o,
  });
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

  const end = { done: true, value: undefined };

  it.each([
    ['waits', {}],
    ['takes its time over an item', { take: () => new Promise<number>(() => {}) }],
  ] satisfies [string, Partial<PullSource<number>>][])(
    'tells everybody who waits of the end when the loop is left while its source %s',
    async (_what, source) => {
      const iterator = idle(source);
      const waiting = [iterator.next(), iterator.next()];
      expect(await iterator.return()).toEqual(end);
      expect(await Promise.all(waiting)).toEqual([end, end]);
      expect(await iterator.next()).toEqual(end);
    },
  );

  it('tells everybody who waits when its owner has ended', async () => {
    const iterator = idle();
    const waiting = iterator.next();
    iterator.finish();
    expect(await waiting).toEqual(end);
  });

  it('tells of a failure, and not of the end that comes with it', async () => {
    const iterator: PullIterator<number> = idle({
      wait: () => Promise.reject(new Error('no more')),
      stop: () => iterator.finish(),
    });
    await expect(iterator.next()).rejects.toThrow('no more');
    expect(await iterator.next()).toEqual(end);
  });

  it('gives back what came in the moment in which it was left', async () => {
    const back: number[] = [];
    const taking = Promise.withResolvers<number>();
    const iterator = idle({ take: () => taking.promise, takeBack: (item) => back.push(item) });
    const waiting = iterator.next();
    taking.resolve(7);
    await iterator.return();
    expect(await waiting).toEqual(end);
    await taking.promise;
    expect(back).toEqual([7]);
  });
});
