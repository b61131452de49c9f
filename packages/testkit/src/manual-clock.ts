/** A timer that has not run yet. */
interface PendingTimer {
  readonly dueMs: number;
  /** Timers due at the same time run in the order in which they were made. */
  readonly sequence: number;
  readonly run: () => void;
}

export interface ManualClockOptions {
  /** Where time starts, ms since the epoch. */
  readonly startMs?: number;
  /**
   * `event-loop` (default): deferred calls run in the next turn of the real event loop, so that code under test goes on
   * while time stands still. `manual`: they wait for `advance` or `runDeferred`, as a simulation wants it.
   */
  readonly defer?: 'event-loop' | 'manual';
}

/**
 * A clock that moves only when told to. Fits the clock port of storage, broker and client alike.
 *
 * `advance` runs the timers that fall due, in order, each at its own time, and lets promise callbacks run out after
 * each: a timer made by a callback of an earlier one is met in the same call.
 */
export class ManualClock {
  #nowMs: number;
  /** What the wall clock shows more than it should. */
  #wallAheadMs = 0;
  readonly #startMs: number;
  readonly #deferMode: 'event-loop' | 'manual';
  #timers: PendingTimer[] = [];
  #deferred: (() => void)[] = [];
  #sequence = 0;

  constructor(options: ManualClockOptions = {}) {
    this.#startMs = options.startMs ?? 1_700_000_000_000;
    this.#nowMs = this.#startMs;
    this.#deferMode = options.defer ?? 'event-loop';
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#nowMs + this.#wallAheadMs;
  }

  /** Milliseconds since this clock was made. */
  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  /** Timers and manually deferred calls that wait. */
  get pending(): number {
    return this.#timers.length + this.#deferred.length;
  }

  /** When the next timer is due, or null; as `now` will show it. */
  get nextDueMs(): number | null {
    const timer = this.#timers[0];
    return timer === undefined ? null : timer.dueMs + this.#wallAheadMs;
  }

  schedule(delayMs: number, run: () => void): { cancel(): void } {
    const timer: PendingTimer = { dueMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence, run };
    this.#sequence += 1;
    const index = this.#timers.findIndex((other) => other.dueMs > timer.dueMs);
    this.#timers.splice(index < 0 ? this.#timers.length : index, 0, timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }

  defer(run: () => void): void {
    if (this.#deferMode === 'event-loop') setImmediate(run);
    else this.#deferred.push(run);
  }

  /**
   * Moves time on by `ms`, through every timer on the way, and says how many ran. Before the one after `timersMax` it
   * stops where it is: timers that make timers for the same moment would keep it there for ever.
   */
  async advance(ms: number, timersMax: number = Number.POSITIVE_INFINITY): Promise<number> {
    const untilMs = this.#nowMs + ms;
    let ran = 0;
    await this.runDeferred();
    for (let timer = this.#timers[0]; timer !== undefined && timer.dueMs <= untilMs; timer = this.#timers[0]) {
      if (ran === timersMax) return ran;
      ran += 1;
      this.#timers.shift();
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      timer.run();
      await this.runDeferred();
    }
    this.#nowMs = untilMs;
    return ran;
  }

  /** Time goes on without running a timer, as in a process that is held up. */
  jumpTo(nowMs: number): void {
    this.#nowMs = nowMs - this.#wallAheadMs;
  }

  /**
   * Sets the wall clock forward, or back, as an operator or a time server may: timers and the monotonic time know
   * nothing of it.
   */
  stepWall(byMs: number): void {
    this.#wallAheadMs += byMs;
  }

  /** Lets promise callbacks, and calls that were deferred, run until none is left. */
  async runDeferred(): Promise<void> {
    await turn();
    while (this.#deferred.length > 0) {
      const runs = this.#deferred;
      this.#deferred = [];
      for (const run of runs) run();
      await turn();
    }
  }
}

/** The microtask queue is empty when the event loop turns. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
