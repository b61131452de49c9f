import { spawnSync } from 'node:child_process';
import type { RigReport } from '@q/testkit';
import { RigRun } from '../rig-run.ts';
import { descriptorScenarios } from './descriptor-scenarios.ts';
import { processScenarios, whyNoOtherUser, whyNoPidsGroup } from './process-scenarios.ts';
import type { Scenario } from './scenario.ts';

/** The disk is the one resource that has a rig of its own. */
const elsewhere = 'tests/damage/full-disk-rig.ts';

export interface ShortageOptions {
  /** 1: the small form; more: larger and further ones. */
  readonly count: number;
  /** Scenarios whose name has this in it. */
  readonly only?: string;
}

/**
 * The broker program short of each resource, at its start, in the middle and at its stop: it always starts again, and
 * has everything.
 */
export async function run({ count, only = '' }: ShortageOptions): Promise<RigReport> {
  const rig = new RigRun('shortage', 0);
  rig.note('disk', elsewhere);
  for (const scenario of scenariosOf(count).filter(({ name }) => name.includes(only))) {
    const reason = whyNot(scenario);
    if (reason !== null) rig.note(`skipped: ${scenario.name}`, reason);
    else await runScenario(rig, scenario, count);
  }
  return rig.report();
}

export function scenariosOf(count: number): Scenario[] {
  return [...descriptorScenarios(count), ...processScenarios(count)];
}

async function runScenario(rig: RigRun, scenario: Scenario, count: number): Promise<void> {
  const fail = (wrong: string): void =>
    rig.fail(`${scenario.name}: ${wrong}`, `--count ${count} --only '${scenario.name}'`);
  const startedAt = performance.now();
  try {
    await scenario.run((step, wrong) => {
      rig.count('steps');
      if (wrong !== null) fail(`${step}: ${wrong}`);
    });
  } catch (error) {
    fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  rig.ran('scenarios');
  rig.note(`${scenario.name}, ms`, Math.round(performance.now() - startedAt));
}

/** Why it cannot be run here, in words, or null. */
function whyNot({ needs }: Scenario): string | null {
  if (process.platform !== 'linux') return 'limits of a process are set here on Linux only';
  if (needs !== 'nothing' && spawnSync('prlimit', ['--version']).status !== 0) return 'there is no prlimit';
  if (needs === 'another user') return whyNoOtherUser();
  return needs === 'a cgroup of PIDs' ? whyNoPidsGroup() : null;
}
