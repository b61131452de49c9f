/**
 * How far each group is behind in each of its topics, since when, and whether it catches up.
 *
 * Invariants:
 *  1. One look costs at most `partitionsPerLook` partitions, give or take a group's topic: the next look goes on where
 *     it has stopped, so that many groups never hold up the event loop.
 *  2. An entry goes when a whole round has not met its group and topic; there are at most `entriesMax`.
 *  3. Whether a lag grows is decided on two whole halves of the window, so that one slow moment decides nothing.
 */
import type { GroupBehind } from './facts.ts';
import type { HealthThresholds } from './thresholds.ts';

/** What a look sees of a group and a topic. */
export interface LagSeen {
  readonly groupId: string;
  readonly topicId: string;
  readonly topic: string;
  readonly members: number;
  readonly lag: number;
  /** All committed offsets together: it moves when any of them does. */
  readonly committed: number;
  /** The latest progress of any partition, in ms since 1970. */
  readonly progressedMs: number | null;
  /** Partitions that were looked at. */
  readonly partitions: number;
}

export interface LagLookTime {
  readonly nowMs: number;
  readonly wallMs: number;
}

interface Entry {
  seen: LagSeen;
  round: number;
  /** Both clocks: one to measure by, one to tell. */
  behindSince: LagLookTime | null;
  movedAtMs: number;
  emptySinceMs: number | null;
  halfBeganMs: number;
  /** The least lag of the half before, and of this one. */
  leastBefore: number | null;
  leastNow: number;
  isGrowing: boolean;
}

export const entriesMax = 10_000;
export const partitionsPerLook = 5_000;

export class GroupLags {
  readonly #source: () => Iterable<LagSeen>;
  readonly #entries = new Map<string, Entry>();
  #rest: Iterator<LagSeen> | null = null;
  #round = 0;

  /** `source`: every group with each topic in which it has committed something. */
  constructor(source: () => Iterable<LagSeen>) {
    this.#source = source;
  }

  /** Looks at some, and begins again when all were looked at. */
  look(time: LagLookTime, thresholds: HealthThresholds): void {
    this.#rest ??= this.#source()[Symbol.iterator]();
    for (let looked = 0; looked < partitionsPerLook;) {
      const next = this.#rest.next();
      if (next.done === true) return this.#endRound();
      looked += Math.max(1, next.value.partitions);
      this.#take(next.value, time, thresholds);
    }
  }

  /** Those that are behind, one by one, as they are asked for. */
  *behind({ nowMs }: LagLookTime): Generator<GroupBehind, void, undefined> {
    for (const entry of this.#entries.values()) if (entry.behindSince !== null) yield lagOf(entry, nowMs);
  }

  /** All of them, in no order. */
  lags({ nowMs }: LagLookTime): GroupBehind[] {
    return [...this.#entries.values()].map((entry) => lagOf(entry, nowMs));
  }

  #endRound(): void {
    for (const [key, { round }] of this.#entries) if (round !== this.#round) this.#entries.delete(key);
    this.#round += 1;
    this.#rest = null;
  }

  #take(seen: LagSeen, time: LagLookTime, thresholds: HealthThresholds): void {
    const key = `${seen.topicId} ${seen.groupId}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= entriesMax) return;
      this.#entries.set(key, (entry = newEntry(seen, time)));
    }
    if (seen.committed !== entry.seen.committed) entry.movedAtMs = time.nowMs;
    entry.seen = seen;
    entry.round = this.#round;
    entry.behindSince = seen.lag > 0 ? (entry.behindSince ?? time) : null;
    entry.emptySinceMs = seen.members === 0 ? (entry.emptySinceMs ?? time.nowMs) : null;
    entry.leastNow = Math.min(entry.leastNow, seen.lag);
    if (seen.lag === 0) entry.isGrowing = false;
    if (time.nowMs - entry.halfBeganMs >= thresholds.lagWindowMs / 2) endHalf(entry, time.nowMs);
  }
}

function newEntry(seen: LagSeen, { nowMs }: LagLookTime): Entry {
  return {
    seen,
    round: 0,
    behindSince: null,
    movedAtMs: nowMs,
    emptySinceMs: null,
    halfBeganMs: nowMs,
    leastBefore: null,
    leastNow: seen.lag,
    isGrowing: false,
  };
}

function endHalf(entry: Entry, nowMs: number): void {
  const { leastBefore, leastNow } = entry;
  entry.isGrowing = leastBefore !== null && leastBefore > 0 && leastNow >= leastBefore;
  entry.leastBefore = leastNow;
  entry.leastNow = Number.POSITIVE_INFINITY;
  entry.halfBeganMs = nowMs;
}

function lagOf(entry: Entry, nowMs: number): GroupBehind {
  const { groupId, topic, members, lag, progressedMs } = entry.seen;
  const { behindSince, movedAtMs, emptySinceMs, isGrowing, leastBefore } = entry;
  const since = (otherMs: number): number => (behindSince === null ? 0 : nowMs - Math.max(behindSince.nowMs, otherMs));
  return {
    groupId,
    topic,
    members,
    lag,
    behindSinceMs: behindSince?.wallMs ?? null,
    progressedMs,
    stalledForMs: members > 0 ? since(movedAtMs) : 0,
    emptyForMs: emptySinceMs === null ? 0 : since(emptySinceMs),
    isGrowing,
    lagBefore: leastBefore,
  };
}
