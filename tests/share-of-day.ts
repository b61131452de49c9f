import { partOf } from './part.ts';

const msPerDay = 86_400_000;

/** Another share of `things` each day, all within `of` days: of what is long, and `pnpm prove` does in whole. */
export function shareOfDay<T>(things: readonly T[], of: number, nowMs: number = Date.now()): T[] {
  return partOf(things, { index: Math.floor(nowMs / msPerDay) % of, of });
}
