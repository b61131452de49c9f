import type { RigReport } from '@q/testkit';
import { RigRun } from '../../rig-run.ts';
import { Ext4Disk } from './ext4-disk.ts';
import { PowerRun } from './power-run.ts';

export interface PowerRigOptions {
  readonly cuts: number;
  readonly seed: number;
  /** Ends early, and is reported with the cuts that it came to. */
  readonly secondsMax?: number;
}

/** Real power cuts on a real file system. Where there can be none the report says why, and counts no run. */
export async function run(o: PowerRigOptions): Promise<RigReport> {
  const rig = new RigRun('power', o.seed);
  const missing = await Ext4Disk.missing();
  if (missing !== null) {
    rig.note('skipped', missing);
    return rig.report();
  }
  await using disk = await Ext4Disk.make();
  const power = new PowerRun(disk, o.seed);
  const endMs = performance.now() + (o.secondsMax ?? Number.POSITIVE_INFINITY) * 1000;
  for (let cut = 1; cut <= o.cuts && performance.now() < endMs; cut += 1) {
    for (const failure of await power.cut()) rig.fail(`cut ${cut}: ${failure}`, power.replayArguments);
    rig.ran('power cuts');
  }
  rig.note('records acknowledged', power.acknowledged);
  rig.note('acknowledged after the cut', power.tooLate);
  return rig.report();
}
