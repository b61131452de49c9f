/**
 * Time as the storage engine sees it. Injected, so that a simulation owns every timer and every turn of the event loop.
 */
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number;
  /**
   * Milliseconds from an arbitrary point, with fractions; never goes back, and knows nothing of corrections of the
   * time.
   */
  monotonic(): number;
  /** Calls `run` once, after about `delayMs`. */
  schedule(delayMs: number, run: () => void): Timer;
  /** Calls `run` once the events of the current turn of the event loop were handled. */
  defer(run: () => void): void;
}

/** A callback that waits for its time. */
export interface Timer {
  /** After it the callback is not called. */
  cancel(): void;
  /** The process may end without waiting for it; absent where nothing waits for timers. */
  letEnd?(): void;
}
