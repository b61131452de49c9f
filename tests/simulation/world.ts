import { History, ManualClock, SimulatedNetwork, seededRandom, Trace } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import type { SimulationPlan } from './simulation-plan.ts';

/** More than a run ever writes; known, so that the broker keeps some room for a full disk. */
export const roomyDiskBytes: number = 1 << 30;

/**
 * What everybody in a simulation shares: one clock, one network, one stream of chance, one history, one trace.
 *
 * Invariants
 * - Nothing happens but on the clock: when no timer is left and what is waited for has not come, the run is stuck and
 *   says so.
 * - `problems` are broken promises that a history of records cannot express.
 */
export class World {
  readonly plan: SimulationPlan;
  readonly random: SeededRandom;
  readonly clock: ManualClock = new ManualClock({ defer: 'manual' });
  readonly trace: Trace = new Trace({ monotonic: () => this.clock.monotonic() });
  readonly network: SimulatedNetwork;
  readonly history: History = new History();
  readonly problems: string[] = [];
  /** Logs whose topic was deleted, or may have been. */
  readonly deletedLogs: Set<string> = new Set<string>();
  /** What members of the group have acknowledged: `log offset`. */
  readonly handled: Set<string> = new Set<string>();
  /** What members of the classic group have handled: `log offset`. */
  readonly handledOverKafka: Set<string> = new Set<string>();
  /** True once faults are over and everything has to come to its end. */
  isHealed = false;

  constructor(plan: SimulationPlan) {
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
   * `limitMs`.
   */
  async settles(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
    let isSettled = false;
    const mark = (): void => void (isSettled = true);
    promise.then(mark, mark);
    const endMs = this.clock.monotonic() + limitMs;
    await this.clock.runDeferred();
    while (!isSettled && this.clock.nextDueMs !== null && this.clock.monotonic() < endMs) {
      await this.clock.advance(Math.max(0, this.clock.nextDueMs - this.clock.now()));
    }
    return isSettled;
  }
}
