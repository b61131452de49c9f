import { describe, expect, it } from 'vitest';
import { RecentTimes } from '../../../src/services/health/recent-times.ts';

describe('times of late', () => {
  it('M1 tells the 99th of a hundred, at most a fifth too high', () => {
    const times = new RecentTimes({ slots: 3 });
    for (let count = 0; count < 990; count += 1) times.record(2);
    for (let count = 0; count < 10; count += 1) times.record(500);
    const { count, p99Ms, maxMs } = times.summary({ countMin: 20 })!;
    expect(count).toBe(1_000);
    expect(p99Ms).toBeGreaterThanOrEqual(2);
    expect(p99Ms).toBeLessThan(2.4);
    expect(maxMs).toBeGreaterThanOrEqual(500);
    expect(maxMs).toBeLessThan(600);
    times.record(500);
    expect(times.summary({ countMin: 20 })!.p99Ms).toBeGreaterThanOrEqual(500);
  });

  it('M1 says nothing of too few, and forgets the oldest slot', () => {
    const times = new RecentTimes({ slots: 2 });
    expect(times.summary({ countMin: 1 })).toBeNull();
    times.record(1_000);
    times.turn();
    times.record(0);
    expect(times.summary({ countMin: 2 })).toMatchObject({ count: 2 });
    expect(times.summary({ countMin: 3 })).toBeNull();
    times.turn();
    expect(times.summary({ countMin: 1 })!.maxMs).toBeLessThan(1);
  });

  it('M1 takes what no clock should say', () => {
    const times = new RecentTimes({ slots: 1 });
    for (const odd of [-5, Number.NaN, Number.POSITIVE_INFINITY]) times.record(odd);
    expect(times.summary({ countMin: 1 })).toMatchObject({ count: 3 });
  });
});
