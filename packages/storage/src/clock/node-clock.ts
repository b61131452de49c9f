import type { Clock } from '../ports/clock.ts';

/** The machine's clock and event loop. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer), letEnd: () => void timer.unref() };
  },
  // The check phase comes right after the poll phase, in which everything that arrived on sockets was handled.
  defer: (run) => void setImmediate(run),
};
