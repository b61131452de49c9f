import type { RigReport } from '@q/testkit';
import { CrashRun } from './crash-run.ts';
import { killAgain } from './kill-cycles.ts';
import type { KillCycles } from './kill-cycles.ts';

/** SIGKILL while producers send and topics come and go. */
export function run(o: KillCycles): Promise<RigReport> {
  return killAgain('kill', o, { perFolder: 60, start: (seed) => CrashRun.start(seed) });
}
