import { describe, expect, it } from 'vitest';
import { FloodLimiter } from '../../src/log/flood-limiter.ts';
import type { LeftOut } from '../../src/log/flood-limiter.ts';
import { FakeLogClock } from './fake-log-clock.ts';

function setUp({ eventsMax = 10 } = {}) {
  const clock = new FakeLogClock();
  const told: LeftOut[] = [];
  const linesMax = { debug: 5, info: 3, warn: 3, error: 3 };
  const limiter = new FloodLimiter({ clock, windowMs: 10_000, linesMax, eventsMax, report: (out) => told.push(out) });
  const flood = (event: string, lines: number): number =>
    Array.from({ length: lines }, () => limiter.admits('info', event)).filter(Boolean).length;
  return { clock, told, limiter, flood };
}

describe('FloodLimiter', () => {
  it('O5 lets so many lines of an event through, and tells the rest when their time is over', () => {
    const { clock, told, flood } = setUp();
    expect(flood('group.rebalanced', 50)).toBe(3);
    clock.advance(9_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual([{ event: 'group.rebalanced', count: 47, forMs: 10_000 }]);
    expect(flood('group.rebalanced', 2)).toBe(2);
    clock.advance(60_000);
    expect(told).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });

  it('O5 counts what was left out before the next line of the event, whichever comes first', () => {
    const { clock, told, flood } = setUp();
    for (let round = 0; round < 4; round += 1) {
      flood('a.b', 10);
      clock.advance(12_000);
    }
    expect(told.map(({ count }) => count)).toEqual([7, 7, 7, 7]);
  });

  it('O5 never drops a warning or an error that is rare, whatever else floods the log', () => {
    const { clock, limiter, flood } = setUp();
    for (let second = 0; second < 600; second += 1) {
      flood('connection.dropped', 100);
      flood('request.refused', 100);
      if (second % 10 === 0) {
        expect(limiter.admits('warn', 'disk.full')).toBe(true);
        expect(limiter.admits('error', 'partition.quarantined')).toBe(true);
      }
      clock.advance(1_000);
    }
  });

  it('SEC-15 leaves out no change and no refusal, which are bounded where they are noted, but logins that succeed', () => {
    const { flood } = setUp();
    expect(flood('audit.denied', 500)).toBe(500);
    expect(flood('audit.topic_created', 500)).toBe(500);
    expect(flood('audit.login_done', 500)).toBe(3);
  });

  it('O5 never drops a fatal line', () => {
    const { limiter } = setUp();
    const admitted = Array.from({ length: 100 }, () => limiter.admits('fatal', 'process.fault'));
    expect(admitted).not.toContain(false);
  });

  it('O5 keeps no more names than it may; those beyond share a count', () => {
    const { clock, told, limiter } = setUp({ eventsMax: 2 });
    for (let index = 0; index < 1000; index += 1) limiter.admits('info', `made.up_${index}`);
    clock.advance(10_000);
    expect(told).toEqual([{ event: 'others', count: 995, forMs: 10_000 }]);
  });
});
