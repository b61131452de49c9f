import { describe, expect, it } from 'vitest';
import { seededRandom } from '../src/seeded-random.ts';

describe('seededRandom', () => {
  it('is frozen: one seed, one stream, in every version', () => {
    const random = seededRandom(42);
    expect([random.next(), random.below(1_000), random.between(5, 9), random.bytes(4).toString('hex')]).toEqual([
      0.15377165307290852,
      850,
      5,
      '219c65a8',
    ]);
  });

  it('is spread evenly enough to draw from', () => {
    const random = seededRandom(7);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i++) counts[random.below(10)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('forks streams that do not depend on how much of the other was used', () => {
    const [a, b] = [seededRandom(1), seededRandom(1)];
    const [forkA, forkB] = [a.fork(), b.fork()];
    a.bytes(100);
    expect(forkA.bytes(8)).toEqual(forkB.bytes(8));
    expect(seededRandom(2).bytes(8)).not.toEqual(seededRandom(3).bytes(8));
  });
});
