import { describe, expect, it } from 'vitest';
import { ManualClock } from '../src/manual-clock.ts';

describe('ManualClock', () => {
  it('runs due timers in order, each at its own time', async () => {
    const clock = new ManualClock({ startMs: 1_000 });
    const seen: [string, number][] = [];
    const note = (name: string) => () => void seen.push([name, clock.now()]);
    clock.schedule(30, note('c'));
    clock.schedule(10, note('a'));
    clock.schedule(10, note('b'));
    clock.schedule(31, note('later'));
    await clock.advance(30);
    expect(seen).toEqual([
      ['a', 1_010],
      ['b', 1_010],
      ['c', 1_030],
    ]);
    expect([clock.now(), clock.monotonic(), clock.nextDueMs, clock.pending]).toEqual([1_030, 30, 1_031, 1]);
  });

  it('meets timers that are made on the way, also by promise callbacks', async () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    const again = (): void => {
      seen.push(clock.monotonic());
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => clock.schedule(10, again));
    };
    clock.schedule(10, again);
    await clock.advance(35);
    expect(seen).toEqual([10, 20, 30]);
  });

  it('stops before one timer too many where they make others for the same moment', async () => {
    const clock = new ManualClock();
    const again = (): void => void clock.schedule(0, again);
    clock.schedule(5, again);
    expect(await clock.advance(10, 100)).toBe(100);
    expect([clock.monotonic(), clock.pending]).toEqual([5, 1]);
  });

  it('forgets cancelled timers', async () => {
    const clock = new ManualClock();
    let ran = false;
    clock.schedule(1, () => void (ran = true)).cancel();
    await clock.advance(10);
    expect(ran).toBe(false);
  });

  it('defers to the event loop, or by hand', async () => {
    const byLoop = new ManualClock();
    await new Promise<void>((resolve) => byLoop.defer(resolve));
    const byHand = new ManualClock({ defer: 'manual' });
    const seen: string[] = [];
    byHand.defer(() => {
      seen.push('first');
      byHand.defer(() => void seen.push('second'));
    });
    expect(seen).toEqual([]);
    await byHand.runDeferred();
    expect(seen).toEqual(['first', 'second']);
  });

  it('steps its wall clock alone', async () => {
    const clock = new ManualClock({ startMs: 1_000 });
    let ranAt = 0;
    clock.schedule(10, () => void (ranAt = clock.monotonic()));
    clock.stepWall(5_000);
    expect([clock.now(), clock.monotonic(), clock.nextDueMs]).toEqual([6_000, 0, 6_010]);
    await clock.advance(10);
    expect([ranAt, clock.now()]).toEqual([10, 6_010]);
  });

  it('jumps without running anything', async () => {
    const clock = new ManualClock({ startMs: 1_000 });
    let ranAt = 0;
    clock.schedule(10, () => void (ranAt = clock.now()));
    clock.jumpTo(5_000);
    expect(ranAt).toBe(0);
    await clock.advance(0);
    expect(ranAt).toBe(5_000);
  });
});
