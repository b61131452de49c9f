import { emptySummary } from './histogram.ts';
import type { Summary } from './histogram.ts';

/** Tells how late the event loop comes to its timers. A port, so that a simulation has none. */
export interface LoopDelay {
  /** Microseconds since the last call, which begins anew. */
  take(): Summary;
  stop(): void;
}

/** Where nobody measures. */
export const noLoopDelay: LoopDelay = { take: () => emptySummary, stop: () => undefined };
