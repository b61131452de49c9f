/**
 * Runs every rig, each in a process of its own, and writes what came of it as `report.md` and `report.json`:
 *
 *   pnpm prove                                   the counts of CI
 *   pnpm prove --full                            the counts that the whole proof asks for; takes a day
 *   pnpm prove --kill 10000 --simulation 1000000 --out proof
 *
 * A rig that is given 0 is left out.
 */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { RigReport } from '@q/testkit';
import { proofMarkdown } from './proof-markdown.ts';

const rigProgram = fileURLToPath(new URL('../rig.ts', import.meta.url));

/** Counts of each rig, in its own unit (see tests/rig.ts): disks, kills, cuts, damaged folders, inputs, connections, seconds of the mix, seconds for each bug. */
const counts: Readonly<Record<string, { readonly ci: string; readonly full: string }>> = {
  simulation: { ci: '20000', full: '1000000' },
  kill: { ci: '200', full: '10000' },
  power: { ci: '1000', full: '30000' },
  damage: { ci: '6000', full: 'all' },
  'failing-disk': { ci: '1', full: '1' },
  fuzz: { ci: '20000', full: '10000000' },
  'fuzz-connection': { ci: '1000', full: '100000' },
  abuse: { ci: '2000', full: '10000' },
  'hostile-mix': { ci: '60', full: '1800' },
  planted: { ci: '60', full: '300' },
};

const rigOptions = Object.fromEntries(Object.keys(counts).map((rig) => [rig, { type: 'string' as const }]));
const { values } = parseArgs({ options: { ...rigOptions, full: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' }, out: { type: 'string', default: 'bench/results/proof' } } });
const given = values as Readonly<Record<string, string | boolean | undefined>>;

const reports: RigReport[] = [];
for (const [rig, { ci, full }] of Object.entries(counts)) {
  const count = (given[rig] as string | undefined) ?? (values.full ? full : ci);
  if (count === '0') continue;
  console.log(`${rig}: ${count}`);
  reports.push(...(await reportsOf(rig, ['--count', count, '--seed', values.seed])));
}
await mkdir(values.out, { recursive: true });
await writeFile(join(values.out, 'report.json'), `${JSON.stringify(reports, null, 2)}\n`);
await writeFile(join(values.out, 'report.md'), proofMarkdown(reports));
console.log(proofMarkdown(reports));
process.exitCode = reports.some(({ failures }) => failures.length > 0) ? 1 : 0;

/** A rig that dies without a report is a failure with what it said last. */
async function reportsOf(rig: string, args: readonly string[]): Promise<readonly RigReport[]> {
  const child = spawn(process.execPath, ['--conditions=@q/source', rigProgram, rig, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  try {
    return JSON.parse(output.join('')) as readonly RigReport[];
  } catch (error) {
    const replay = `node --conditions=@q/source tests/rig.ts ${rig} ${args.join(' ')}`;
    const message = `the rig gave no report (${String(error)}): ${errors.join('').slice(-500)}`;
    return [{ rig, runs: 0, seeds: [], failures: [{ seed: 0, message, replay }], seconds: 0 }];
  }
}
