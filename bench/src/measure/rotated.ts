/**
 * The order of a round: each time another one begins. Whoever comes first meets the machine as the last of the round
 * before has left it: of two runs of the same program the first was a fifth slower when both wrote a gigabyte.
 */
export function rotated<T>(all: readonly T[], round: number): readonly T[] {
  const first = (round - 1) % Math.max(1, all.length);
  return [...all.slice(first), ...all.slice(0, first)];
}
