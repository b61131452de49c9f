/** Time as the storage engine sees it. Injected, so that a simulation owns every timer and every turn of the event loop. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once, after about `delayMs`. */
  schedule(delayMs: number, run: () => void): Timer;
  /** Calls `run` once the events of the current turn of the event loop were handled. */
  defer(run: () => void): void;
}

/** A callback that waits for its time. */
export interface Timer {
  /** After it the callback is not called. */
  cancel(): void;
}
