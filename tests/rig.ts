/**
 * Runs one rig with counts as arguments, and prints its report as JSON:
 *
 *   node --conditions=@q/source tests/rig.ts damage --count all
 *   node --conditions=@q/source tests/rig.ts fuzz --count 10000000 --seed 7
 *   node --conditions=@q/source tests/rig.ts recovery --gib 10
 *
 * `--count` is in the rig's own unit: disks, kills, cuts, transactions, damaged folders, inputs, connections, bugs.
 * `--part 1/2` does the first half of what can be shared by processes. A signal ends it without a report, and its
 * brokers, mounts and loop devices with it.
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
import { run as runFullDiskStarts } from './damage/full-disk-start-rig.ts';
import { run as runConnectionFuzz } from './fuzz/connection-rig.ts';
import { run as runFuzz } from './fuzz/decoder-rig.ts';
import { numberArgument } from './number-argument.ts';
import { parsePart } from './part.ts';
import type { Part } from './part.ts';
import { run as runPlanted } from './planted/planted-rig.ts';
import { run as runRecovery } from './recovery/recovery-rig.ts';
import { run as runShortage } from './shortage/shortage-rig.ts';
import { run as runSimulation } from './simulation/simulation-rig.ts';
import { run as runTransactions } from './simulation/transactions/transaction-rig.ts';
import { run as runSurface } from './surface/surface-rig.ts';
import { run as runBank } from './transactions/bank/bank-rig.ts';
import { run as runTransactionKills } from './transactions/transaction-kill-rig.ts';

interface Arguments {
  readonly count: string | undefined;
  readonly seed: number;
  readonly only: string | undefined;
  readonly part: Part;
  readonly gib: number;
  /** How long one thing may take. */
  readonly seconds: number | undefined;
}

const rigs: Readonly<Record<string, (o: Arguments) => Promise<readonly RigReport[]>>> = {
  kill: async ({ count = '200', seed }) => [await runKills({ cycles: numberArgument(count), seed })],
  planted: async ({ count = 'all', seed, only, seconds = 300 }) => [
    await runPlanted({ count: countOf(count), secondsEach: seconds, seed, ...(only !== undefined && { only }) }),
  ],
  power: async ({ count = '1000', seed }) => [await runPowerCuts({ cuts: numberArgument(count), seed })],
  simulation: async ({ count = '20000', seed, part }) => [
    await runSimulation({ images: numberArgument(count), seed, part }),
  ],
  transactions: async ({ count = '30000', seed, part }) => [
    await runTransactions({ transactions: numberArgument(count), seed, part }),
  ],
  'transaction-kill': async ({ count = '100', seed }) => [
    await runTransactionKills({ cycles: numberArgument(count), seed }),
  ],
  bank: async ({ seconds = 60, seed }) => [await runBank({ seconds, seed })],
  recovery: async ({ gib }) => [await runRecovery({ gib })],
  damage: async ({ count = '6000', seed, only, part }) => [
    await runDamage({ count: countOf(count), seed, part, ...(only !== undefined && { only }) }),
  ],
  'failing-disk': async ({ count = '1', seed, only }) => [
    await runFailingDisk({ stride: numberArgument(count), seed, ...(only !== undefined && { only }) }),
  ],
  'full-disk': async ({ count = '2', seed, only }) => await onSmallDisk({ count: numberArgument(count), seed, only }),
  shortage: async ({ count = '1', only }) => [
    await runShortage({ count: numberArgument(count), ...(only !== undefined && { only }) }),
  ],
  fuzz: async ({ count = '20000', seed, only, part }) =>
    runFuzz({ count: numberArgument(count), seed, part, ...(only !== undefined && { only }) }),
  abuse: async ({ count = '2000', only }) =>
    runAbuse({ count: numberArgument(count), ...(only !== undefined && { only }) }),
  'hostile-mix': async ({ seconds = 60 }) => [await runHostileMix({ seconds })],
  surface: async ({ count = '5000', seed, only, part }) => [
    await runSurface({ count: numberArgument(count), seed, part, ...(only !== undefined && { only }) }),
  ],
  'fuzz-connection': async ({ count = '1000', seed }) => [
    await runConnectionFuzz({ count: numberArgument(count), seed }),
  ],
};

function countOf(text: string): number | 'all' {
  return text === 'all' ? text : numberArgument(text);
}

async function onSmallDisk({
  count,
  seed,
  only,
}: {
  count: number;
  seed: number;
  only: string | undefined;
}): Promise<RigReport[]> {
  const disk = await mountSmallDisk();
  if ('reason' in disk)
    return [{ rig: 'full-disk', runs: 0, seeds: [], failures: [], seconds: 0, notes: { skipped: disk.reason } }];
  try {
    const starts = await runFullDiskStarts({ count, path: disk.path, seed });
    return only === 'start' ? [starts] : [starts, await runFullDisk({ count, path: disk.path })];
  } finally {
    await disk.unmount();
  }
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    gib: { type: 'string', default: '1' },
    seconds: { type: 'string' },
  },
});
// So that what has to be let go at the end of a process is.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const rig = rigs[positionals[0] ?? ''];
if (rig === undefined) {
  console.error(`name one of: ${Object.keys(rigs).join(', ')}`);
  process.exitCode = 2;
} else {
  const { count, only, seconds } = values;
  const reports = await rig({
    count,
    only,
    seed: numberArgument(values.seed),
    part: parsePart(values.part),
    gib: numberArgument(values.gib),
    seconds: seconds === undefined ? undefined : numberArgument(seconds),
  });
  console.log(JSON.stringify(reports, null, 2));
  process.exitCode = reports.some(({ failures }) => failures.length > 0) ? 1 : 0;
}
