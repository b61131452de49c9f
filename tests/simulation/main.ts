/**
 * Runs simulations, and shows the one that fails:
 *
 *   pnpm sim --seed 7            one run, with its trace
 *   pnpm sim --seed 1 --seeds 500
 *   pnpm sim --seed 7 --images 80    with more disks for each power cut; another run than one with fewer
 *   pnpm sim --seed 1 --seeds 500 --transactions    of transactions, on the level of services
 *   pnpm sim --seed 7 --profile groups    dwells on what the profile says; another run than the seed's own
 */
import { parseArgs } from 'node:util';
import { shrink } from './shrink.ts';
import { parseProfile } from './simulation-profile.ts';
import { simulate } from './simulation.ts';
import type { PlanOverrides } from './simulation-plan.ts';
import type { SimulationResult } from './simulation.ts';
import { Watchdog } from './watchdog.ts';
import { simulateTransactions } from './transactions/transaction-simulation.ts';

const traceLines = 200;
const failuresShown = 10;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    images: { type: 'string' },
    profile: { type: 'string' },
    transactions: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
const count = Number(values.seeds);
const given: PlanOverrides = {
  ...(values.images === undefined ? {} : { imagesPerCrash: Number(values.images) }),
  ...(values.profile === undefined ? {} : { profile: parseProfile(values.profile) }),
};
const kind = values.transactions ? ' --transactions' : '';
using watchdog = new Watchdog({ command: `pnpm sim${kind}${again('images')}${again('profile')} --seed` });
for (let seed = first; seed < first + count; seed += 1) {
  watchdog.begins(seed);
  if (values.transactions) {
    if (await runTransactions(seed)) continue;
    break;
  }
  const result = await simulate(seed, given);
  if (count === 1) console.log(`${JSON.stringify(result.plan, null, 2)}\n${result.trace}`);
  console.log(summary(result));
  if (result.failures.length === 0) continue;
  await report(result);
  process.exitCode = 1;
  break;
}

/** False, and shown, where a promise was broken. */
async function runTransactions(seed: number): Promise<boolean> {
  const { plan, trace, failures, digest, transactions, committed, crashes } = await simulateTransactions(seed);
  if (count === 1 || failures.length > 0) console.log(`${JSON.stringify(plan, null, 2)}\n${trace}`);
  console.log(
    `seed ${seed}, trace ${digest}: ${transactions} transactions, ${committed} committed, ${crashes} crashes: ${failures.length} broken promises`,
  );
  if (failures.length === 0) return true;
  console.log(failures.slice(0, failuresShown).join('\n'));
  process.exitCode = 1;
  return false;
}

function again(option: 'images' | 'profile'): string {
  const value = values[option];
  return value === undefined ? '' : ` --${option} ${value}`;
}

function summary({ plan, digest, sent, acknowledged, crashes, images, failures }: SimulationResult): string {
  const verdict = failures.length === 0 ? 'every promise was kept' : `${failures.length} broken promises`;
  return `seed ${plan.seed}, trace ${digest}: ${sent} sent, ${acknowledged} acknowledged, ${crashes} crashes, ${images} disks: ${verdict}`;
}

async function report(failed: SimulationResult): Promise<void> {
  console.log(`\nseed ${failed.plan.seed} fails:\n${failed.failures.slice(0, failuresShown).join('\n')}`);
  const { result, overrides } = await shrink(failed, given);
  console.log(
    `\nstill fails with ${JSON.stringify(overrides)}:\n${result.failures.slice(0, failuresShown).join('\n')}`,
  );
  const lines = result.trace.split('\n');
  const at = lines.findIndex((line) => line.includes('PROBLEM'));
  // A broken promise of an image is seen in the middle of the run: what led to it stands before it.
  const end = at < 0 ? lines.length : at + 1;
  console.log(`\n${lines.slice(Math.max(0, end - traceLines), end).join('\n')}`);
  console.log(`\nagain: pnpm sim --seed ${failed.plan.seed}${again('images')}${again('profile')}`);
}
