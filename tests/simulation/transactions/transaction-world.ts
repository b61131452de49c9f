import { ManualClock, SimulatedNetwork, Trace, seededRandom } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { TransactionHistory } from './transaction-history.ts';
import type { TransactionPlan } from './transaction-plan.ts';

/** What everybody in a simulation of transactions shares. Nothing happens but on its clock. */
export class TransactionWorld {
  readonly plan: TransactionPlan;
  readonly random: SeededRandom;
  readonly clock: ManualClock = new ManualClock({ defer: 'manual' });
  readonly trace: Trace = new Trace({ monotonic: () => this.clock.monotonic() });
  readonly network: SimulatedNetwork;
  readonly history: TransactionHistory = new TransactionHistory();
  readonly problems: string[] = [];
  /** Of topics by name, once they are made. */
  readonly topicIds: Map<string, string> = new Map<string, string>();
  isHealed = false;

  constructor(plan: TransactionPlan) {
    this.plan = plan;
    this.random = seededRandom(plan.seed ^ 0x5eed);
    this.network = new SimulatedNetwork({ clock: this.clock, random: this.random.fork(), trace: this.trace });
  }

  problem(text: string): void {
    this.trace.add(`PROBLEM ${text}`);
    this.problems.push(text);
  }

  topicId(name: string): string {
    return this.topicIds.get(name)!;
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.clock.schedule(delayMs, resolve));
  }

  /** Moves the clock from one timer to the next until the promise is settled; false: not within `limitMs`. */
  async settles(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
    let isSettled = false;
    const mark = (): void => void (isSettled = true);
    promise.then(mark, mark);
    const endMs = this.clock.monotonic() + limitMs;
    await this.clock.runDeferred();
    while (!isSettled && this.clock.nextDueMs !== null && this.clock.monotonic() < endMs)
      await this.clock.advance(Math.max(0, this.clock.nextDueMs - this.clock.now()));
    return isSettled;
  }
}
