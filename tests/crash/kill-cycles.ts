import type { RigReport } from '@q/testkit';
import { RigRun } from '../rig-run.ts';

export interface KillCycles {
  readonly cycles: number;
  readonly seed: number;
  /** Ends early, and is reported with the cycles that it came to. */
  readonly secondsMax?: number;
}

/** A broker and its clients on one data folder, for many kills. */
export interface KilledFolder extends AsyncDisposable {
  /** Work, and SIGKILL in the middle of it. */
  crash(): Promise<void>;
  /** What is wrong now. */
  check(): Promise<string[]>;
  /** The last work, and what is wrong after it. */
  finish(): Promise<string[]>;
  /** What there was of each thing in it. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * SIGKILL under load, again and again. Everything is read after each kill, so a folder is used for `perFolder` of them,
 * and then another. A failed cycle ends its folder: what comes after it would fail for the same reason.
 */
export async function killAgain(
  name: string,
  o: KillCycles,
  { perFolder, start }: { readonly perFolder: number; readonly start: (seed: number) => Promise<KilledFolder> },
): Promise<RigReport> {
  const rig = new RigRun(name, o.seed);
  const endMs = performance.now() + (o.secondsMax ?? Number.POSITIVE_INFINITY) * 1000;
  let cycles = 0;
  const isOver = (): boolean => cycles >= o.cycles || performance.now() >= endMs;
  for (let seed = o.seed; !isOver(); seed += 1) {
    await using folder = await start(seed);
    let isWhole = true;
    let cycle = 0;
    // The folder's own seed and cycles: those before it are not needed to see a failure again.
    const fail = (wrong: string): void => rig.fail(wrong, `--count ${cycle} --seed ${seed}`, seed);
    while (isWhole && cycle < perFolder && !isOver()) {
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
    for (const [what, count] of Object.entries(folder.counts)) rig.count(what, count);
  }
  return rig.report();
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
