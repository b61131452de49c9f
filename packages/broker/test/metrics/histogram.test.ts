import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/metrics/histogram.ts';

describe('Histogram', () => {
  it('M1 takes every number that a clock may give', () => {
    const times = new Histogram();
    for (const micros of [0, 0.4, -3, NaN, 1.5, 1e12]) times.record(micros);
    expect(times.summary()).toMatchObject({ count: 6, p50: 0, max: 2 ** 31 - 1 });
    expect(times.summary().p99 / 2 ** 31).toBeCloseTo(1, 1);
  });

  it('M1 says nothing of what was never recorded', () => {
    expect(new Histogram().summary()).toEqual({ count: 0, total: 0, p50: 0, p99: 0, p999: 0, max: 0 });
  });

  it('M1 percentiles are true to 1.6 %, and small numbers are exact', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 300 }), (numbers) => {
        const histogram = new Histogram();
        for (const number of numbers) histogram.record(number);
        const sorted = numbers.toSorted((left, right) => left - right);
        const { count, total, p50, p99, max } = histogram.summary();
        expect([count, max]).toEqual([numbers.length, sorted.at(-1)]);
        expect(total).toBe(numbers.reduce((sum, number) => sum + number, 0));
        for (const [found, part] of [
          [p50, 0.5],
          [p99, 0.99],
        ] as const) {
          const exact = sorted[Math.ceil(numbers.length * part) - 1]!;
          if (exact < 64) expect(found).toBe(exact);
          else expect(Math.abs(found / exact - 1)).toBeLessThan(0.016);
        }
      }),
    );
  });

  it('M1 cumulated numbers rise from bound to bound, and all lie below the last', () => {
    const histogram = new Histogram();
    for (const number of [0, 10, 50, 100, 1000, 1_000_000]) histogram.record(number);
    expect(histogram.cumulated([0, 10, 64, 200, 2000, Infinity])).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
