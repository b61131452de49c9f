/** Something that was scheduled and has perhaps not run yet. */
export interface Scheduled {
  /** Makes sure that it does not run any more. */
  cancel(): void;
}

/** Time as the broker sees it. Injected, so that a simulation decides when it passes. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number;
  /** Milliseconds from an arbitrary point, with fractions; never goes back. */
  monotonic(): number;
  /** Calls `run` once, `delayMs` milliseconds from now, unless it is cancelled. */
  schedule(delayMs: number, run: () => void): Scheduled;
  /** Runs in the next turn of the event loop, after the input that is at hand now. */
  defer(run: () => void): void;
}
