import type { LogClock } from './log-clock.ts';

/** The clock of the process. */
export const nodeLogClock: LogClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
