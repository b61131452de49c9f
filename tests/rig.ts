/**
 * Runs one rig with counts as arguments, and prints its report as JSON:
 *
 *   node --conditions=@q/source tests/rig.ts damage --count all
 *   node --conditions=@q/source tests/rig.ts fuzz --count 10000000 --seed 7
 */
import { parseArgs } from 'node:util';
import type { RigReport } from '@q/testkit';
import { run as runAbuse } from './abuse/abuse-rig.ts';
import { run as runHostileMix } from './abuse/hostile-mix-rig.ts';
import { run as runKills } from './crash/kill-rig.ts';
import { run as runPowerCuts } from './crash/power/power-rig.ts';
import { run as runDamage } from './damage/damage-rig.ts';
import { run as runFailingDisk } from './damage/failing-disk-rig.ts';
import { mountSmallDisk, run as runFullDisk } from './damage/full-disk-rig.ts';
import { run as runConnectionFuzz } from './fuzz/connection-rig.ts';
import { run as runFuzz } from './fuzz/decoder-rig.ts';
import { run as runPlanted } from './planted/planted-rig.ts';
import { run as runSimulation } from './simulation/simulation-rig.ts';

interface Arguments {
  readonly count: string | undefined;
  readonly seed: number;
  readonly only: string | undefined;
}

const rigs: Readonly<Record<string, (o: Arguments) => Promise<readonly RigReport[]>>> = {
  kill: async ({ count = '200', seed }) => [await runKills({ cycles: Number(count), seed })],
  planted: async ({ count = '300', seed, only }) => [await runPlanted({ secondsEach: Number(count), seed, only: only ?? '' })],
  power: async ({ count = '1000', seed }) => [await runPowerCuts({ cuts: Number(count), seed })],
  simulation: async ({ count = '20000', seed }) => [await runSimulation({ images: Number(count), seed })],
  damage: async ({ count = '6000', seed, only }) => [await runDamage({ count: count === 'all' ? 'all' : Number(count), seed, ...(only !== undefined && { only }) })],
  'failing-disk': async ({ count = '1', seed, only }) => [await runFailingDisk({ stride: Number(count), seed, ...(only !== undefined && { only }) })],
  'full-disk': async ({ count = '2' }) => [await onSmallDisk(Number(count))],
  fuzz: async ({ count = '20000', seed, only }) => runFuzz({ count: Number(count), seed, ...(only !== undefined && { only }) }),
  abuse: async ({ count = '2000', only }) => runAbuse({ count: Number(count), ...(only !== undefined && { only }) }),
  'hostile-mix': async ({ count = '60' }) => [await runHostileMix({ seconds: Number(count) })],
  'fuzz-connection': async ({ count = '1000', seed }) => [await runConnectionFuzz({ count: Number(count), seed })],
};

async function onSmallDisk(count: number): Promise<RigReport> {
  const disk = await mountSmallDisk();
  if ('reason' in disk) return { rig: 'full-disk', runs: 0, seeds: [], failures: [], seconds: 0, notes: { skipped: disk.reason } };
  try {
    return await runFullDisk({ count, path: disk.path });
  } finally {
    await disk.unmount();
  }
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string' }, seed: { type: 'string', default: '1' }, only: { type: 'string' } },
});
const rig = rigs[positionals[0] ?? ''];
if (rig === undefined) {
  console.error(`name one of: ${Object.keys(rigs).join(', ')}`);
  process.exitCode = 2;
} else {
  const reports = await rig({ count: values.count, seed: Number(values.seed), only: values.only });
  console.log(JSON.stringify(reports, null, 2));
  process.exitCode = reports.some(({ failures }) => failures.length > 0) ? 1 : 0;
}
