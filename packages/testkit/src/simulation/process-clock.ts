import type { ManualClock } from '../manual-clock.ts';

/**
 * The clock of one simulated process: the world's, until the process dies. From then on nothing that the process has scheduled
 * or deferred runs any more.
 */
export class ProcessClock {
  readonly #world: ManualClock;
  #isDead = false;

  constructor(world: ManualClock) {
    this.#world = world;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Whole milliseconds, as a machine's wall clock tells them. */
  now(): number {
    return Math.floor(this.#world.now());
  }

  monotonic(): number {
    return this.#world.monotonic();
  }

  schedule(delayMs: number, run: () => void): { cancel(): void } {
    return this.#world.schedule(delayMs, () => {
      if (!this.#isDead) run();
    });
  }

  defer(run: () => void): void {
    this.#world.defer(() => {
      if (!this.#isDead) run();
    });
  }

  kill(): void {
    this.#isDead = true;
  }
}
