import { ClockedWorld } from '../clocked-world.ts';
import { TransactionHistory } from './transaction-history.ts';
import type { TransactionPlan } from './transaction-plan.ts';

/** What everybody in a simulation of transactions shares. */
export class TransactionWorld extends ClockedWorld<TransactionPlan> {
  readonly history: TransactionHistory = new TransactionHistory();
  /** Of topics by name, once they are made. */
  readonly topicIds: Map<string, string> = new Map<string, string>();

  topicId(name: string): string {
    return this.topicIds.get(name)!;
  }
}
