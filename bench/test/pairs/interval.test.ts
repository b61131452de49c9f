import { describe, expect, it } from 'vitest';
import { medianInterval } from '../../src/pairs/interval.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1).toReversed();

describe('medianInterval', () => {
  // The ranks and confidences of the sign test, as tables give them.
  it.each([
    [10, 2, 9, 0.979],
    [20, 6, 15, 0.959],
    [7, 1, 7, 0.984],
    [3, 1, 3, 0.75],
  ])('of %i values lies between the %ith and the %ith', (count, low, high, confidence) => {
    const found = medianInterval(upTo(count), 0.9);
    expect(found).toMatchObject({ low, high, median: (count + 1) / 2 });
    expect(found.confidence).toBeCloseTo(confidence, 3);
  });

  it('covers the median of many drawings as often as it says', () => {
    let seed = 1;
    const next = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    let covered = 0;
    for (let drawing = 0; drawing < 2_000; drawing += 1) {
      const { low, high } = medianInterval(Array.from({ length: 10 }, next), 0.9);
      covered += Number(low <= 0.5 && high >= 0.5);
    }
    expect(covered / 2_000).toBeGreaterThan(0.965);
    expect(covered / 2_000).toBeLessThan(0.99);
  });
});
