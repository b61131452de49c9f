import type { Mutation } from './mutation.ts';
import { mutations } from './mutations.ts';

const msPerDay = 86_400_000;

/** Bugs that a few simulations find. */
export const quickBugs: readonly Mutation[] = mutations.filter(
  ({ isRare, test }) => isRare !== true && test === undefined,
);

/** So many quick ones, others the next day, until it has been each one's turn. */
export function bugsOfDay(count: number, nowMs: number): Mutation[] {
  const first = Math.floor(nowMs / msPerDay) * count;
  return Array.from(
    { length: Math.min(count, quickBugs.length) },
    (_, index) => quickBugs[(first + index) % quickBugs.length]!,
  );
}
