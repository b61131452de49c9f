/** Time as the log sees it. */
export interface LogClock {
  /** Milliseconds since the epoch; may jump. */
  now(): number;
  /** Milliseconds from an arbitrary point; never goes back. */
  monotonic(): number;
  /** Calls `run` once, after about `delayMs`. Nothing waits for it when the process ends. */
  schedule(delayMs: number, run: () => void): { cancel(): void };
}
