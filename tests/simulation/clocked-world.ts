import { ManualClock, SimulatedNetwork, seededRandom, Trace } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';

/** Timers of one run: many times what any that came to its end has needed. */
const timersMax = 1_000_000;

/**
 * What everybody in any simulation shares: one clock, one network, one stream of chance, one trace.
 *
 * Invariants
 * - Nothing happens but on the clock: when no timer is left and what is waited for has not come, the run is stuck and
 *   says so.
 * - At most `timersMax` timers run, also where time stands still: a run that would go on for ever fails.
 * - `problems` are broken promises that a history cannot express.
 */
export class ClockedWorld<Plan extends { readonly seed: number }> {
  readonly plan: Plan;
  readonly random: SeededRandom;
  readonly clock: ManualClock = new ManualClock({ defer: 'manual' });
  readonly trace: Trace = new Trace({ monotonic: () => this.clock.monotonic() });
  readonly network: SimulatedNetwork;
  readonly problems: string[] = [];
  /** True once faults are over and everything has to come to its end. */
  isHealed = false;
  #timersLeft = timersMax;

  constructor(plan: Plan) {
    this.plan = plan;
    this.random = seededRandom(plan.seed ^ 0x5eed);
    this.network = new SimulatedNetwork({ clock: this.clock, random: this.random.fork(), trace: this.trace });
  }

  problem(text: string): void {
    this.trace.add(`PROBLEM ${text}`);
    this.problems.push(text);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.clock.schedule(delayMs, resolve));
  }

  /**
   * Moves the clock from one timer to the next until the promise is settled. False when that takes longer than
   * `limitMs`, or more timers than there may be.
   */
  async settles(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
    let isSettled = false;
    const mark = (): void => void (isSettled = true);
    promise.then(mark, mark);
    const endMs = this.clock.monotonic() + limitMs;
    await this.clock.runDeferred();
    while (!isSettled && this.clock.nextDueMs !== null && this.clock.monotonic() < endMs) {
      if (this.#timersLeft === 0) {
        this.problem(`endless: ${timersMax} timers in ${Math.round(this.clock.monotonic())} ms`);
        return false;
      }
      const ms = Math.max(0, this.clock.nextDueMs - this.clock.now());
      this.#timersLeft -= await this.clock.advance(ms, this.#timersLeft);
    }
    return isSettled;
  }
}
