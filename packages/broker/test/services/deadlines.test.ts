import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/services/deadlines.ts';

function setUp() {
  const clock = new ManualClock();
  const fired: [string, number][] = [];
  const deadlines = new Deadlines<string>({
    clock,
    pauseMs: 50,
    due: (owner) => void fired.push([owner, clock.monotonic()]),
  });
  return { clock, deadlines, fired };
}

describe('Deadlines', () => {
  it('G1 fires each deadline once, at its time, with one timer', async () => {
    const { clock, deadlines, fired } = setUp();
    deadlines.set('b', 3000);
    deadlines.set('a', 1000);
    deadlines.set('c', 2000);
    expect(clock.pending).toBe(1);
    await clock.advance(10_000);
    expect(fired).toEqual([
      ['a', 1000],
      ['c', 2000],
      ['b', 3000],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('G1 has no timer without a deadline, and none after it was stopped', async () => {
    const { clock, deadlines, fired } = setUp();
    deadlines.set('a', null);
    expect(clock.pending).toBe(0);
    deadlines.set('a', 100);
    deadlines.stop();
    deadlines.set('b', 200);
    expect(clock.pending).toBe(0);
    await clock.advance(1000);
    expect(fired).toEqual([]);
  });

  it('G1 fires at most once in the pause, however close the deadlines are', async () => {
    const { clock, deadlines, fired } = setUp();
    for (let index = 0; index < 100; index += 1) deadlines.set(`owner ${index}`, 1000 + index);
    await clock.advance(2000);
    expect(fired).toHaveLength(100);
    expect(new Set(fired.map(([, firedAtMs]) => firedAtMs))).toEqual(new Set([1000, 1050, 1100]));
  });

  it('G1 takes a deadline that is set while it fires, also one that has passed', async () => {
    const clock = new ManualClock();
    let rounds = 0;
    const deadlines: Deadlines<string> = new Deadlines<string>({
      clock,
      pauseMs: 50,
      due: (owner) => {
        rounds += 1;
        if (rounds < 4) deadlines.set(owner, 0);
      },
    });
    deadlines.set('a', 10);
    await clock.advance(10);
    expect(rounds).toBe(1);
    await clock.advance(1000);
    expect(rounds).toBe(4);
    expect(clock.pending).toBe(0);
  });

  it('G1 forgets a deadline that is taken back', async () => {
    const { clock, deadlines, fired } = setUp();
    deadlines.set('a', 100);
    deadlines.set('b', 200);
    deadlines.set('a', null);
    await clock.advance(1000);
    expect(fired).toEqual([['b', 200]]);
  });
});
