import { Mutator, seededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';

const corpus = ['one input', 'another, which is longer', ''].map((text) => Buffer.from(text));

function inputs(seed: number, count = 2_000): string[] {
  const [mutator, random] = [new Mutator(corpus), seededRandom(seed)];
  return Array.from({ length: count }, () => mutator.next(random).toString('hex'));
}

describe('Mutator', () => {
  it('makes the same inputs from the same seed, and others from another', () => {
    expect(inputs(3)).toEqual(inputs(3));
    expect(inputs(3)).not.toEqual(inputs(4));
  });

  it('makes shorter, longer and other inputs, few of them twice', () => {
    const made = inputs(5);
    expect(new Set(made).size).toBeGreaterThan(made.length * 0.6);
    expect(made.some((hex) => hex.length < 10)).toBe(true);
    expect(made.some((hex) => hex.length > 200)).toBe(true);
  });

  it('leaves the corpus as it is, and its inputs within bounds', () => {
    const before = corpus.map((bytes) => bytes.toString());
    const longest = Math.max(...inputs(6, 5_000).map((hex) => hex.length / 2));
    expect(longest).toBeLessThan((1 << 16) + 2_000);
    expect(corpus.map((bytes) => bytes.toString())).toEqual(before);
    expect(() => new Mutator([])).toThrow('something to begin with');
  });
});
