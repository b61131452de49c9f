/**
 * Tells the first of many equal things at once, and of those that follow how many there were, once a window: a client
 * that is refused 1,900 times a second must not fill a disk with it.
 *
 * Invariant: whatever is not admitted is in a count that is told. At most `keysMax` things are told apart; the others
 * share one count.
 */
import type { Clock, Scheduled } from '../../clock.ts';

interface Repeat<T> {
  readonly first: T;
  sinceMs: number;
  count: number;
}

export interface RepeatsOptions<T> {
  readonly clock: Pick<Clock, 'monotonic' | 'schedule'>;
  readonly windowMs: number;
  readonly keysMax: number;
  /** `isMixed`: those that were not told apart, of which `first` is one. */
  readonly tell: (first: T, repeats: { count: number; forMs: number; isMixed: boolean }) => void;
}

/** No key of a thing: keys have more characters. */
const others = '';

export class Repeats<T> {
  readonly #options: RepeatsOptions<T>;
  readonly #seen = new Map<string, Repeat<T>>();
  #timer: Scheduled | null = null;

  constructor(options: RepeatsOptions<T>) {
    this.#options = options;
  }

  /** Whether to tell it now. `thing` is asked for only where it is kept. */
  admits(key: string, thing: () => T): boolean {
    const known = this.#seen.get(key);
    if (known !== undefined) {
      known.count += 1;
      return false;
    }
    const { clock, keysMax, windowMs } = this.#options;
    const sinceMs = clock.monotonic();
    this.#timer ??= clock.schedule(windowMs, () => this.#endWindow());
    if (this.#seen.size < keysMax) {
      this.#seen.set(key, { first: thing(), sinceMs, count: 0 });
      return true;
    }
    const mixed = this.#seen.get(others);
    if (mixed === undefined) this.#seen.set(others, { first: thing(), sinceMs, count: 1 });
    else mixed.count += 1;
    return false;
  }

  /** Tells what was counted. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#tellAll();
    this.#seen.clear();
  }

  /** What has gone on is counted further; what has stopped is told at once when it begins anew. */
  #endWindow(): void {
    this.#timer = null;
    for (const [key, { count }] of this.#seen) if (count === 0) this.#seen.delete(key);
    this.#tellAll();
    if (this.#seen.size > 0) {
      const { clock, windowMs } = this.#options;
      this.#timer = clock.schedule(windowMs, () => this.#endWindow());
    }
  }

  #tellAll(): void {
    const nowMs = this.#options.clock.monotonic();
    for (const [key, repeat] of this.#seen) {
      const { first, sinceMs, count } = repeat;
      repeat.sinceMs = nowMs;
      repeat.count = 0;
      const forMs = Math.round(nowMs - sinceMs);
      if (count > 0) this.#options.tell(first, { count, forMs, isMixed: key === others });
    }
  }
}
