import type { ManualClock } from '../manual-clock.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** How bad the network is now. Rates are chances, 0 to 1. */
export interface Weather {
  /** Longest time that a piece takes; the shortest is nothing. */
  readonly delayMsMax: number;
  /** Of an attempt to connect: it is refused. */
  readonly refuse: number;
  /**
   * Of a write: both sides hear that the connection was reset; what is on its way is lost, perhaps behind its first
   * piece.
   */
  readonly reset: number;
  /** Of a write: from now on nothing arrives any more, and nobody is told. */
  readonly silence: number;
  /** Of a write: it arrives in several pieces. */
  readonly split: number;
  /** Of a piece: it, and all behind it, takes this many times longer. */
  readonly stall: number;
}

export const calm: Weather = { delayMsMax: 1, refuse: 0, reset: 0, silence: 0, split: 0, stall: 0 };

/** What the streams of a network share. */
export interface Conditions {
  readonly weather: Weather;
  readonly clock: ManualClock;
  readonly random: SeededRandom;
  /** How long the next piece takes. */
  delayMs(): number;
}
