import type { Turn } from '@q/broker';

interface Identified {
  readonly transactionalId: string;
}

/**
 * The first `count` of them by their ids, in that order. There may be a hundred thousand: only twice as many as are
 * wanted are held and sorted, and others get their turn in between.
 */
export async function firstById<T extends Identified>(
  all: Iterable<T>,
  { count, turn, isWanted }: { readonly count: number; readonly turn: Turn; readonly isWanted: (each: T) => boolean },
): Promise<T[]> {
  let first: T[] = [];
  /** What comes behind it is not among them. */
  let last: string | null = null;
  for (const each of all) {
    if (turn.isOver(1)) await turn.next();
    if ((last !== null && each.transactionalId > last) || !isWanted(each)) continue;
    first.push(each);
    if (first.length < 2 * count) continue;
    first = sorted(first).slice(0, count);
    last = first.at(-1)!.transactionalId;
  }
  return sorted(first).slice(0, count);
}

function sorted<T extends Identified>(some: readonly T[]): T[] {
  return some.toSorted((left, right) => (left.transactionalId < right.transactionalId ? -1 : 1));
}
