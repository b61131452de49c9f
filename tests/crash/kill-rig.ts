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

/** SIGKILL under load, again and again. A failed cycle ends its folder: what comes after it would fail for the same reason. */
export async function run(o: KillRigOptions): Promise<RigReport> {
  const rig = new RigRun('kill', o.seed);
  const endMs = performance.now() + (o.secondsMax ?? Number.POSITIVE_INFINITY) * 1000;
  let cycles = 0;
  const isOver = (): boolean => cycles >= o.cycles || performance.now() >= endMs;
  for (let seed = o.seed; !isOver(); seed += 1) {
    await using folder = await CrashRun.start(seed);
    for (let cycle = 0; cycle < cyclesPerFolder && !isOver(); cycle += 1) {
      cycles += 1;
      const wrongs = await cycleOf(folder);
      rig.ran('SIGKILL cycles');
      for (const wrong of wrongs) rig.fail(wrong, `--count ${cycles} --seed ${o.seed}`, seed);
      if (wrongs.length > 0) break;
    }
    await folder.finish();
    for (const wrong of await folder.check()) rig.fail(`at the end: ${wrong}`, `--count ${cycles} --seed ${o.seed}`, seed);
    rig.count('records acknowledged', folder.history.acknowledgedCount);
    rig.count('topics created and deleted', folder.topicChanges);
  }
  return rig.report();
}

async function cycleOf(folder: CrashRun): Promise<string[]> {
  await folder.crash();
  return await folder.check();
}
