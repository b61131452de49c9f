/**
 * What has failed and is tried again by itself, each thing with a pause that doubles from one failure to the next.
 *
 * Invariant: a thing is here from its first failure until it is `settled`, and `due` gives it once for each failure.
 */
import type { Clock } from '../../clock.ts';

export interface RetryScheduleOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Pause after the first failure. */
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
}

interface Failed {
  readonly failures: number;
  readonly dueMs: number;
}

export class RetrySchedule<T> {
  readonly #options: RetryScheduleOptions;
  readonly #failed = new Map<T, Failed>();

  constructor(options: RetryScheduleOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#failed.size;
  }

  /** It has failed, once more or for the first time. Returns how often that is. */
  failed(thing: T): number {
    const { clock, pauseMsMin, pauseMsMax } = this.#options;
    const failures = (this.#failed.get(thing)?.failures ?? 0) + 1;
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** (failures - 1));
    this.#failed.set(thing, { failures, dueMs: clock.monotonic() + pauseMs });
    return failures;
  }

  /** It has succeeded, or is of no interest any more. True if it had failed before. */
  settled(thing: T): boolean {
    return this.#failed.delete(thing);
  }

  /** Those whose pause is over. Each is not due again before it has failed again. */
  due(): T[] {
    const now = this.#options.clock.monotonic();
    const due: T[] = [];
    for (const [thing, { failures, dueMs }] of this.#failed) {
      if (dueMs > now) continue;
      due.push(thing);
      this.#failed.set(thing, { failures, dueMs: Number.POSITIVE_INFINITY });
    }
    return due;
  }
}
