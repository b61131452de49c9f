import type { RigReport } from '@q/testkit';
import { RigRun } from '../../rig-run.ts';
import { BankRun } from './bank-run.ts';

/** Money is moved for so many seconds while the broker and the workers are killed. */
export async function run({ seconds, seed }: { seconds: number; seed: number }): Promise<RigReport> {
  const rig = new RigRun('bank', seed);
  await using bank = await BankRun.start(seed);
  const problems = await bank.run(seconds).catch((error: unknown) => [String((error as Error).stack)]);
  for (const problem of problems) rig.fail(problem, `--seconds ${seconds} --seed ${seed}`);
  rig.ran('transfers', bank.books.ordered.size);
  rig.count('SIGKILLs of the broker and of workers', bank.kills);
  return rig.report();
}
