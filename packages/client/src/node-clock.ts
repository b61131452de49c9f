import type { Clock, Timer } from './clock.ts';

/** The longest delay that Node's timers can hold; a longer one would fire at once. */
const delayMsMax = 2_147_483_647;

/** The clock of the machine. */
export const nodeClock: Clock = {
  now: (): number => Date.now(),
  monotonic: (): number => performance.now(),
  schedule(delayMs: number, fn: () => void): Timer {
    const handle = setTimeout(fn, Math.min(Math.ceil(Math.max(0, delayMs)), delayMsMax));
    return { cancel: (): void => clearTimeout(handle) };
  },
  defer(fn: () => void): void {
    setImmediate(fn);
  },
};
