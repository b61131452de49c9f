import type { ManualClock } from '../manual-clock.ts';

/**
 * The clock of one simulated process: the world's, until the process dies. From then on nothing that the process has
 * scheduled or deferred runs any more. While it is frozen, as one that is stopped or swapped out, nothing of it runs
 * either; afterwards all that was due meanwhile does, in its order.
 */
export class ProcessClock {
  readonly #world: ManualClock;
  readonly #wallAheadMs: () => number;
  readonly #held: (() => void)[] = [];
  #isDead = false;
  #isFrozen = false;

  /** `wallAheadMs`: what the machine's wall clock shows more than the world's, now. */
  constructor(world: ManualClock, wallAheadMs: () => number = () => 0) {
    this.#world = world;
    this.#wallAheadMs = wallAheadMs;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Whole milliseconds, as a machine's wall clock tells them. */
  now(): number {
    return Math.floor(this.#world.now()) + this.#wallAheadMs();
  }

  monotonic(): number {
    return this.#world.monotonic();
  }

  schedule(delayMs: number, run: () => void): { cancel(): void } {
    // Also one that is due can be cancelled, as long as it has not run.
    let isCancelled = false;
    const timer = this.#world.schedule(delayMs, () => this.run(() => (isCancelled ? undefined : run())));
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  defer(run: () => void): void {
    this.#world.defer(() => this.run(run));
  }

  /** Runs something in the process: at once, once it is awake again, or never. */
  run(run: () => void): void {
    if (this.#isDead) return;
    if (this.#isFrozen) this.#held.push(run);
    else run();
  }

  /** The process stands still for so long. */
  freeze(forMs: number): void {
    if (this.#isFrozen) return;
    this.#isFrozen = true;
    this.#world.schedule(forMs, () => {
      this.#isFrozen = false;
      // One after another, each with its turn, and all at this moment.
      for (const run of this.#held.splice(0)) this.#world.schedule(0, () => this.run(run));
    });
  }

  kill(): void {
    this.#isDead = true;
  }
}
