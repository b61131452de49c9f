import type { RigReport } from '@q/testkit';
import { RigRun } from '../rig-run.ts';
import { TransactionKillRun } from './transaction-kill-run.ts';

export interface TransactionKillRigOptions {
  readonly cycles: number;
  readonly seed: number;
  /** Ends early, and is reported with the cycles that it came to. */
  readonly secondsMax?: number;
}

/** Everything is read after each kill, so a folder is used for so many, and then another. */
const cyclesPerFolder = 50;

/** SIGKILL while programs write transactions, again and again. A failed cycle ends its folder. */
export async function run(o: TransactionKillRigOptions): Promise<RigReport> {
  const rig = new RigRun('transaction-kill', o.seed);
  const endMs = performance.now() + (o.secondsMax ?? Number.POSITIVE_INFINITY) * 1000;
  let cycles = 0;
  const isOver = (): boolean => cycles >= o.cycles || performance.now() >= endMs;
  for (let seed = o.seed; !isOver(); seed += 1) {
    await using folder = await TransactionKillRun.start(seed);
    let isWhole = true;
    let cycle = 0;
    const fail = (wrong: string): void => rig.fail(wrong, `--count ${cycle} --seed ${seed}`, seed);
    while (isWhole && cycle < cyclesPerFolder && !isOver()) {
      cycle += 1;
      cycles += 1;
      const wrongs = await orWhy(async () => {
        await folder.crash();
        return await folder.check();
      });
      rig.ran('SIGKILL cycles');
      wrongs.forEach(fail);
      isWhole = wrongs.length === 0;
    }
    if (isWhole) (await orWhy(() => folder.finish())).forEach((wrong) => fail(`at the end: ${wrong}`));
    const { transactions, committed, plain } = folder.history;
    rig.count('transactions', transactions.length);
    rig.count('answered with a commit', committed);
    rig.count('plain records acknowledged', plain.size);
  }
  return rig.report();
}

/** What nobody foresaw is a failure like any other, and must not take the report with it. */
async function orWhy(work: () => Promise<string[]>): Promise<string[]> {
  try {
    return await work();
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}
