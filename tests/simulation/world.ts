import { History } from '@q/testkit';
import { ClockedWorld } from './clocked-world.ts';
import type { SimulationPlan } from './simulation-plan.ts';

/** More than a run ever writes; known, so that the broker keeps some room for a full disk. */
export const roomyDiskBytes: number = 1 << 30;

/** What everybody in a simulation of producers, consumers and groups shares. */
export class World extends ClockedWorld<SimulationPlan> {
  readonly history: History = new History();
  /** Logs whose topic was deleted, or may have been. */
  readonly deletedLogs: Set<string> = new Set<string>();
  /** What members of the group have acknowledged: `log offset`. */
  readonly handled: Set<string> = new Set<string>();
  /** What members of the classic group have handled: `log offset`. */
  readonly handledOverKafka: Set<string> = new Set<string>();
}
