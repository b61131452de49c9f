import type { RigReport } from '@q/testkit';
import { whole } from '../../part.ts';
import type { Part } from '../../part.ts';
import { RigRun } from '../../rig-run.ts';
import { Watchdog } from '../watchdog.ts';
import { simulateTransactions } from './transaction-simulation.ts';

export interface TransactionRigOptions {
  /** Runs go on, seed after seed, until so many transactions were begun. */
  readonly transactions: number;
  readonly seed: number;
  /** Every so manieth seed, and that share of the transactions. */
  readonly part?: Part;
}

/** Simulations of transactions, seed after seed. */
export async function run(o: TransactionRigOptions): Promise<RigReport> {
  const rig = new RigRun('transactions', o.seed);
  const { index, of } = o.part ?? whole;
  const command = 'pnpm sim --transactions --seed';
  using watchdog = new Watchdog({ command });
  let transactions = 0;
  for (let seed = o.seed + index; transactions < o.transactions / of; seed += of) {
    watchdog.begins(seed);
    const result = await simulateTransactions(seed);
    transactions += result.transactions;
    rig.ran('transactions', result.transactions);
    rig.count('seeds');
    rig.count('crashes', result.crashes);
    rig.count('committed', result.committed);
    for (const failure of result.failures.slice(0, 3))
      rig.fail(`${failure} (${command} ${seed})`, `--count 1 --seed ${seed}`, seed);
  }
  return rig.report();
}
