import type { RigReport } from '@q/testkit';
import { RigRun } from '../rig-run.ts';
import { CrashRun } from './crash-run.ts';

export interface KillRigOptions {
  readonly cycles: number;
  readonly seed: number;
  /** Ends early, and is reported with the cycles that it came to. */
  readonly secondsMax?: number;
}

/** Everything is read after each kill, so a folder is used for so many, and then another. */
const cyclesPerFolder = 60;

/**
 * SIGKILL under load, again and again. A failed cycle ends its folder: what comes after it would fail for the same
 * reason.
 */
export async function run(o: KillRigOptions): Promise<RigReport> {
  const rig = new RigRun('kill', o.seed);
  const endMs = performance.now() + (o.secondsMax ?? Number.POSITIVE_INFINITY) * 1000;
  let cycles = 0;
  const isOver = (): boolean => cycles >= o.cycles || performance.now() >= endMs;
  for (let seed = o.seed; !isOver(); seed += 1) {
    await using folder = await CrashRun.start(seed);
    let isWhole = true;
    let cycle = 0;
    // The folder's own seed and cycles: those before it are not needed to see a failure again.
    const fail = (wrong: string): void => rig.fail(wrong, `--count ${cycle} --seed ${seed}`, seed);
    while (isWhole && cycle < cyclesPerFolder && !isOver()) {
      cycle += 1;
      cycles += 1;
      const wrongs = await cycleOf(folder);
      rig.ran('SIGKILL cycles');
      wrongs.forEach(fail);
      isWhole = wrongs.length === 0;
    }
    if (isWhole) (await endOf(folder)).forEach((wrong) => fail(`at the end: ${wrong}`));
    rig.count('records acknowledged', folder.history.acknowledgedCount);
    rig.count('topics created and deleted', folder.topicChanges);
  }
  return rig.report();
}

function cycleOf(folder: CrashRun): Promise<string[]> {
  return orWhy(async () => {
    await folder.crash();
    return await folder.check();
  });
}

function endOf(folder: CrashRun): Promise<string[]> {
  return orWhy(async () => {
    await folder.finish();
    return await folder.check();
  });
}

/**
 * A broker that does not start again, or takes nothing, is a failure like any other, and must not take the report with
 * it.
 */
async function orWhy(work: () => Promise<string[]>): Promise<string[]> {
  try {
    return await work();
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}
