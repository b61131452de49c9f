/**
 * The clock port. Everything in the client that waits or reads the time goes through it, so that tests can drive a
 * whole client through hours of retries without waiting, and the same seed always gives the same run.
 */

/** A timer that was started with {@link Clock.schedule}. */
export interface Timer {
  /** Stops the timer. Calling it after the timer fired does nothing. */
  cancel(): void;
}

/**
 * The shortest wait for a point in time. A timer may be early by a fraction of a millisecond; one that is started again
 * for the rest, without a least wait, would spin until that fraction is over.
 */
export const timerMsMin = 1;

/** Time, for a client. The default is the system's; tests give others. */
export interface Clock {
  /** Milliseconds since the Unix epoch: what records are stamped with. May jump when the system's clock is set. */
  now(): number;
  /** Milliseconds, with fractions, from an arbitrary start. Never goes back: what deadlines are measured with. */
  monotonic(): number;
  /** Calls `fn` once, after at least `delayMs`. */
  schedule(delayMs: number, fn: () => void): Timer;
  /** Calls `fn` once, in the next turn of the event loop, after everything that this turn still has to do. */
  defer(fn: () => void): void;
}
