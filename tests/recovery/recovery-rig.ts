import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { RigReport } from '@q/testkit';
import { buildPrograms } from '../../bench/src/product/build.ts';
import { killToFirstAck } from '../../bench/src/product/kill-to-first-ack.ts';
import { RigRun } from '../rig-run.ts';

export interface RecoveryOptions {
  /** Size of the log when the broker is killed. */
  readonly gib: number;
  /** Folder on the disk to use. Default: the one for temporary files. */
  readonly directory?: string;
}

/** From the start of the next process to its first acknowledgement, however much is in the log. */
const ackMsMax = 2_000;
const bytesPerGib = 2 ** 30;
/** Keys, framing, indexes, and the checkpoints beside them. */
const overheadFactor = 1.15;
/** To fill ten of them on a slow disk takes minutes; it shows what hangs. */
const timeoutMsPerGib = 120_000;

/**
 * SIGKILL right after the last record, then the built broker again on its folder. Needs the room on the disk, and says
 * so.
 */
export async function run({ gib, directory = tmpdir() }: RecoveryOptions): Promise<RigReport> {
  const rig = new RigRun('recovery', 0);
  const bytes = gib * bytesPerGib;
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < bytes * overheadFactor) {
    rig.note('skipped', `${directory} has no room for ${gib} GiB of log`);
    return rig.report();
  }
  await buildPrograms();
  const { ackMs, readyMs } = await killToFirstAck({ directory, bytes, timeoutMs: timeoutMsPerGib * Math.max(1, gib) });
  rig.ran('kills');
  rig.note('GiB of log', gib);
  rig.note('ms to ready', Math.round(readyMs));
  rig.note('ms to the first acknowledgement', Math.round(ackMs));
  if (ackMs > ackMsMax)
    rig.fail(`the first acknowledgement came after ${Math.round(ackMs)} ms, allowed are ${ackMsMax}`, `--gib ${gib}`);
  return rig.report();
}
