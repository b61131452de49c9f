import { describe, expect, it } from 'vitest';
import { nodeHistogram } from '../../src/metrics/node-histogram.ts';

describe('nodeHistogram', () => {
  it('M1 takes every time that a clock may give', () => {
    const times = nodeHistogram();
    for (const micros of [0, 0.4, -3, 1.5, 1e12]) times.record(micros);
    expect(times.summary()).toMatchObject({ count: 5, p50Micros: 1 });
    expect(Math.abs(times.summary().maxMicros / 600e6 - 1)).toBeLessThan(0.01);
  });

  it('M1 says nothing of what was never recorded', () => {
    expect(nodeHistogram().summary()).toEqual({ count: 0, p50Micros: 0, p99Micros: 0, p999Micros: 0, maxMicros: 0 });
  });
});
