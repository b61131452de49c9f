import type { RigReport } from '@q/testkit';
import { killAgain } from '../crash/kill-cycles.ts';
import type { KillCycles } from '../crash/kill-cycles.ts';
import { TransactionKillRun } from './transaction-kill-run.ts';

/** SIGKILL while programs write transactions. */
export function run(o: KillCycles): Promise<RigReport> {
  return killAgain('transaction-kill', o, { perFolder: 50, start: (seed) => TransactionKillRun.start(seed) });
}
