/**
 * Tells the first of many equal things at once, and of those that follow how many there were, once a window: a client
 * that is refused 1,900 times a second must not fill a disk with it.
 *
 * Invariant: whatever is not admitted is in a count that is told. At most `keysMax` things are told apart, and
 * `groupKeysMax` of one group: the others of a group share a count, so that somebody who makes up things hides nobody
 * else's; beyond `keysMax` all others share one.
 */
import type { Clock, Scheduled } from '../../clock.ts';

interface Repeat<T> {
  /** Null: it is mixed. */
  readonly group: string | null;
  readonly first: T;
  sinceMs: number;
  count: number;
}

export interface RepeatsOptions<T> {
  readonly clock: Pick<Clock, 'monotonic' | 'schedule'>;
  readonly windowMs: number;
  readonly keysMax: number;
  readonly groupKeysMax: number;
  readonly tell: (first: T, repeats: Counted) => void;
}

/** Those that were not told apart are mixed: `first` is one of them. */
export interface Counted {
  readonly count: number;
  readonly forMs: number;
  readonly mixed: 'no' | 'of a group' | 'of all';
}

/** No key of a thing: those are longer. */
const others = '';

export class Repeats<T> {
  readonly #options: RepeatsOptions<T>;
  readonly #seen = new Map<string, Repeat<T>>();
  /** How many of each group are told apart. */
  readonly #groups = new Map<string, number>();
  #timer: Scheduled | null = null;

  constructor(options: RepeatsOptions<T>) {
    this.#options = options;
  }

  /** Whether to tell it now. `thing` is asked for only where it is kept. */
  admits({ group, key }: { readonly group: string; readonly key: string }, thing: () => T): boolean {
    const full = `${group}\n${key}`;
    const known = this.#seen.get(full);
    if (known !== undefined) {
      known.count += 1;
      return false;
    }
    const { clock, keysMax, groupKeysMax, windowMs } = this.#options;
    this.#timer ??= clock.schedule(windowMs, () => this.#endWindow());
    const inGroup = this.#groups.get(group) ?? 0;
    if (this.#seen.size >= keysMax) this.#countMixed(others, thing);
    else if (inGroup >= groupKeysMax) this.#countMixed(group, thing);
    else {
      this.#groups.set(group, inGroup + 1);
      this.#seen.set(full, { group, first: thing(), sinceMs: clock.monotonic(), count: 0 });
      return true;
    }
    return false;
  }

  #countMixed(key: string, thing: () => T): void {
    const mixed = this.#seen.get(key);
    if (mixed === undefined)
      this.#seen.set(key, { group: null, first: thing(), sinceMs: this.#options.clock.monotonic(), count: 1 });
    else mixed.count += 1;
  }

  /** Tells what was counted. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#tellAll();
    this.#seen.clear();
    this.#groups.clear();
  }

  /** What has gone on is counted further; what has stopped is told at once when it begins anew. */
  #endWindow(): void {
    this.#timer = null;
    for (const [key, repeat] of this.#seen) if (repeat.count === 0) this.#forget(key, repeat);
    this.#tellAll();
    if (this.#seen.size > 0) {
      const { clock, windowMs } = this.#options;
      this.#timer = clock.schedule(windowMs, () => this.#endWindow());
    }
  }

  #forget(key: string, { group }: Repeat<T>): void {
    this.#seen.delete(key);
    if (group === null) return;
    const left = this.#groups.get(group)! - 1;
    if (left > 0) this.#groups.set(group, left);
    else this.#groups.delete(group);
  }

  #tellAll(): void {
    const nowMs = this.#options.clock.monotonic();
    for (const [key, repeat] of this.#seen) {
      const { group, first, sinceMs, count } = repeat;
      repeat.sinceMs = nowMs;
      repeat.count = 0;
      const forMs = Math.round(nowMs - sinceMs);
      const ofAll = key === others ? 'of all' : 'of a group';
      if (count > 0) this.#options.tell(first, { count, forMs, mixed: group === null ? ofAll : 'no' });
    }
  }
}
