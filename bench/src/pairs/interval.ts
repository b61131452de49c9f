import { spreadOf } from '../measure/spread.ts';

/** A median, and where it lies with some confidence. */
export interface MedianInterval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Of the interval; less than was asked for when there are too few values. */
  readonly confidence: number;
}

/**
 * The narrowest pair of ordered values between which the median lies with at least that confidence, whatever the values
 * are distributed like: between the k-th and the k-th last of n values it lies unless fewer than k of them are on one
 * side, which is as likely as fewer than k heads, or tails, of n coins.
 */
export function medianInterval(values: readonly number[], confidence: number): MedianInterval {
  const { median } = spreadOf(values);
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  let rank = 1;
  while (rank < Math.floor(count / 2) && covers(count, rank + 1) >= confidence) rank += 1;
  return { median, low: sorted[rank - 1]!, high: sorted[count - rank]!, confidence: covers(count, rank) };
}

/** How likely the median lies between the `rank`-th and the `rank`-th last of `count` values. */
function covers(count: number, rank: number): number {
  let [term, tail] = [0.5 ** count, 0];
  for (let heads = 0; heads < rank; heads += 1) {
    tail += term;
    term *= (count - heads) / (heads + 1);
  }
  return 1 - 2 * tail;
}
