import { emptySummary } from './histogram.ts';
import type { Summary } from './histogram.ts';

/** What the JavaScript engine and its event loop say of themselves. A port, so that a simulation has none. */
export interface RuntimeWatch {
  /** How late the event loop came to its timers, in microseconds, since the last call, which begins anew. */
  takeLoopDelay(): Summary;
  /** Collections of garbage since the watch began; null where nobody counts them. */
  readonly garbage: Garbage | null;
  stop(): void;
}

/** Collections of garbage, and the time that they took. */
export interface Garbage {
  readonly collections: number;
  readonly micros: number;
}

/** Where nobody watches. */
export const noRuntimeWatch: RuntimeWatch = { takeLoopDelay: () => emptySummary, garbage: null, stop: () => undefined };
