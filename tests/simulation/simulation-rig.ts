import type { RigReport } from '@q/testkit';
import { whole } from '../part.ts';
import type { Part } from '../part.ts';
import { RigRun } from '../rig-run.ts';
import { simulate } from './simulation.ts';
import { Watchdog } from './watchdog.ts';

export interface SimulationRigOptions {
  /** Disks after simulated power cuts; runs go on, seed after seed, until so many were looked at. */
  readonly images: number;
  readonly seed: number;
  readonly imagesPerCrash?: number;
  /** Ends early, and is reported with the images that it came to. */
  readonly secondsMax?: number;
  /** Every so manieth seed, and that share of the images. */
  readonly part?: Part;
}

/** Seeds one after another. A run without a power cut counts no image, but is a run like the others. */
export async function run(o: SimulationRigOptions): Promise<RigReport> {
  const rig = new RigRun('simulation', o.seed);
  const endMs = performance.now() + (o.secondsMax ?? Number.POSITIVE_INFINITY) * 1000;
  const imagesPerCrash = o.imagesPerCrash ?? 24;
  const part = o.part ?? whole;
  const imagesWanted = Math.ceil(o.images / part.of);
  const command = `pnpm sim --images ${imagesPerCrash} --seed`;
  using watchdog = new Watchdog({ command });
  let images = 0;
  let seed = o.seed + part.index;
  for (; images < imagesWanted && performance.now() < endMs; seed += part.of) {
    watchdog.begins(seed);
    const result = await simulate(seed, { imagesPerCrash });
    images += result.images;
    rig.ran('disks after a power cut', result.images);
    rig.count('seeds');
    rig.count('crashes', result.crashes);
    rig.count('records sent', result.sent);
    rig.count('records acknowledged', result.acknowledged);
    for (const failure of result.failures.slice(0, 3))
      rig.fail(`${failure} (${command} ${seed})`, `--count 1 --seed ${seed}`, seed);
  }
  return rig.report();
}
