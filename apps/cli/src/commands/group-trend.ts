import type { GroupDescription } from '@q/client';

/** A group at one moment, and what became of it since the looks before. */
export interface TrendPoint {
  readonly group: GroupDescription;
  /** Ms since 1970. */
  readonly timeMs: number;
  /** Lags of the last looks, the latest at the end. */
  readonly lags: readonly number[];
  /** How fast committed offsets move, and ends; null before the second look. */
  readonly handledPerSecond: number | null;
  readonly arrivingPerSecond: number | null;
}

interface Look {
  readonly atMs: number;
  /** Sums over the partitions of which both are known; a seek back makes the first one smaller. */
  readonly committed: ReadonlyMap<string, number>;
  readonly ends: ReadonlyMap<string, number>;
}

const lagsKept = 40;
/** Commits come once a second, so two looks a second apart would see one or two of them. */
const rateOverMs = 5_000;

/** Tells where a group is going, from the looks of the last seconds. */
export class GroupTrend {
  #lags: number[] = [];
  #looks: Look[] = [];

  add(group: GroupDescription, o: { nowMs: number; wallMs: number }): TrendPoint {
    this.#lags = [...this.#lags, group.lag ?? 0].slice(-lagsKept);
    const look = lookOf(group, o.nowMs);
    this.#looks.push(look);
    // The last one that is old enough stays: rates are over at least so long.
    while (this.#looks.length > 2 && o.nowMs - (this.#looks[1]?.atMs ?? o.nowMs) >= rateOverMs) this.#looks.shift();
    const [first] = this.#looks;
    const seconds = first === undefined ? 0 : (look.atMs - first.atMs) / 1000;
    const rate = (of: 'committed' | 'ends'): number | null =>
      first === undefined || seconds <= 0 ? null : Math.max(0, moved(first[of], look[of])) / seconds;
    return {
      group,
      timeMs: o.wallMs,
      lags: this.#lags,
      handledPerSecond: rate('committed'),
      arrivingPerSecond: rate('ends'),
    };
  }
}

function lookOf(group: GroupDescription, atMs: number): Look {
  const committed = new Map<string, number>();
  const ends = new Map<string, number>();
  for (const { topicId, partition, committedOffset, highWatermark } of group.partitions) {
    const place = `${topicId}/${partition}`;
    if (committedOffset !== null) committed.set(place, committedOffset);
    if (highWatermark !== null) ends.set(place, highWatermark);
  }
  return { atMs, committed, ends };
}

/** Of the partitions that were known then, too: one that has just come did not move so far. */
function moved(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [place, offset] of now) sum += offset - (before.get(place) ?? offset);
  return sum;
}
