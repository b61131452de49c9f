import type { RigReport } from '@q/testkit';
import { LiveBroker } from '../live-broker.ts';
import { RigRun } from '../rig-run.ts';
import { budgetBytes, limits } from './abuse-limits.ts';
import { scenarios } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';

export interface AbuseOptions {
  /**
   * Idle connections; the other kinds of abuse come with a share of it. Each takes a file descriptor here and in the
   * broker.
   */
  readonly count: number;
  /** Repeats of the whole set. */
  readonly rounds?: number;
  /** Only the scenario of this name. */
  readonly only?: string;
}

/** Each kind of abuse against a broker of its own, beside an honest client that must not notice. */
export async function run({ count, rounds = 1, only }: AbuseOptions): Promise<RigReport[]> {
  const chosen = scenarios.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0)
    throw new Error(`there is no abuse '${only}'; there are: ${scenarios.map(({ name }) => name).join(', ')}`);
  const reports: RigReport[] = [];
  for (const scenario of chosen)
    reports.push(await abuse(scenario, { count: Math.ceil(count * scenario.share), rounds }));
  return reports;
}

async function abuse(scenario: Scenario, { count, rounds }: { count: number; rounds: number }): Promise<RigReport> {
  const rig = new RigRun(`abuse/${scenario.name}`, 0);
  const replay = `--only '${scenario.name}' --count ${Math.round(count / scenario.share)}`;
  for (let round = 0; round < rounds; round += 1) {
    await using live = await LiveBroker.start(
      Object.entries(limits).flatMap(([name, value]) => ['--limit', `${name}=${value}`]),
    );
    const wrongs = await scenario.abuse({ ports: live.ports, count });
    rig.ran('connections', count);
    const honest = await live.account();
    for (const wrong of [...wrongs, ...honest.troubles.map((trouble) => `the honest client: ${trouble}`)])
      rig.fail(wrong, replay);
    const grownBytes = live.peakBytes - live.idleBytes;
    const grownBytesMax = budgetBytes + scenario.extraBytes(count);
    if (grownBytes > grownBytesMax)
      rig.fail(`the broker grew by ${grownBytes >> 20} MiB, more than ${grownBytesMax >> 20}`, replay);
    rig.note('idle MiB', live.idleBytes >> 20);
    rig.note('grown MiB', grownBytes >> 20);
    rig.note('allowed MiB', grownBytesMax >> 20);
    rig.note('honest records', honest.acknowledged);
    rig.note('slowest honest send ms', live.slowestMs);
  }
  return rig.report();
}
