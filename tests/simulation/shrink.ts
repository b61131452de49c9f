import { simulate } from './simulation.ts';
import type { SimulationResult } from './simulation.ts';
import type { PlanOverrides, SimulationPlan } from './simulation-plan.ts';

/** Runs that a shrinking may take: it is for reading, not for proving. */
const runsMax = 40;

/** Ways to make a run smaller, the most telling first. Null where there is nothing left to take away. */
const steps: readonly ((plan: SimulationPlan) => PlanOverrides | null)[] = [
  ({ hasTopicChanges }) => (hasTopicChanges ? { hasTopicChanges: false } : null),
  ({ diskFaults }) => (diskFaults > 0 ? { diskFaults: 0 } : null),
  ({ fullDisks }) => (fullDisks > 0 ? { fullDisks: 0 } : null),
  ({ weather }) => (weather.reset > 0 ? { weather: { ...weather, reset: 0, refuse: 0, silence: 0 } } : null),
  ({ members }) => (members > 0 ? { members: members - 1 } : null),
  ({ producers }) => (producers > 1 ? { producers: producers - 1 } : null),
  ({ readers }) => (readers > 1 ? { readers: readers - 1 } : null),
  ({ recordsPerProducer }) => (recordsPerProducer > 1 ? { recordsPerProducer: recordsPerProducer >> 1 } : null),
  ({ crashes }) => (crashes > 1 ? { crashes: crashes - 1 } : null),
  ({ partitions }) => (partitions > 1 ? { partitions: 1 } : null),
  ({ compression }) => (compression === 'none' ? null : { compression: 'none' }),
];

/**
 * The smallest run of the seed, within a bounded effort, that still fails: fewer clients, records and kinds of faults.
 * `given` is what the failed run was given besides its seed.
 */
export async function shrink(
  failed: SimulationResult,
  given: PlanOverrides = {},
): Promise<{ result: SimulationResult; overrides: PlanOverrides }> {
  let best = failed;
  let overrides = given;
  let runs = 0;
  for (let hasShrunk = true; hasShrunk;) {
    hasShrunk = false;
    for (const step of steps) {
      const change = step(best.plan);
      if (change === null || runs >= runsMax) continue;
      runs += 1;
      const result = await simulate(failed.plan.seed, { ...overrides, ...change });
      if (result.failures.length === 0) continue;
      best = result;
      overrides = { ...overrides, ...change };
      hasShrunk = true;
    }
  }
  return { result: best, overrides };
}
