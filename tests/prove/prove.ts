/**
 * Runs every rig, each in processes of its own, as many at once as there are cores, and writes what came of it as
 * `report.md` and `report.json`:
 *
 *   pnpm prove                                   the counts of CI, within 20 minutes
 *   pnpm prove --full                            the counts that the whole proof asks for, within a day
 *   pnpm prove --kill 10000 --simulation 1000000 --out proof --minutes 600
 *
 * A rig that is given 0 is left out. Seeds are others each day; `--seed` repeats those of one. What is not finished in
 * time is a failure.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RigReport } from '@q/testkit';
import { numberArgument } from '../number-argument.ts';
import { mergeReports } from './merge-reports.ts';
import { failuresOf, proofMarkdown } from './proof-markdown.ts';
import type { Proof } from './proof-markdown.ts';
import { jobsOf, proofRigs, seedOfDay } from './proof-rigs.ts';
import type { Job } from './proof-rigs.ts';
import { runRig } from './rig-process.ts';
import { schedule } from './schedule.ts';

const minutesMax = { ci: 20, full: 24 * 60 };

const { values } = parseArgs({
  options: {
    ...Object.fromEntries(proofRigs.map(({ name }) => [name, { type: 'string' as const }])),
    full: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(seedOfDay(Date.now())) },
    minutes: { type: 'string' },
    lanes: { type: 'string', default: String(availableParallelism()) },
    out: { type: 'string', default: 'bench/results/proof' },
  },
});
const isFull = values.full;
const minutes = values.minutes === undefined ? minutesMax[isFull ? 'full' : 'ci'] : numberArgument(values.minutes);
const lanes = Math.max(1, numberArgument(values.lanes));
const seed = numberArgument(values.seed);
const counts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
const jobs = jobsOf(proofRigs, { isFull, counts, seed, lanes });

const proof = await prove();
await mkdir(values.out, { recursive: true });
await writeFile(join(values.out, 'report.json'), `${JSON.stringify(proof, null, 2)}\n`);
await writeFile(join(values.out, 'report.md'), proofMarkdown(proof));
console.log(`\n${proofMarkdown(proof)}`);
process.exitCode = failuresOf(proof.reports).length > 0 ? 1 : 0;

async function prove(): Promise<Proof> {
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startMs) / 1000);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(`the ${minutes} minutes were over`), minutes * 60_000);
  const interrupt = (name: NodeJS.Signals): void => stop.abort(name);
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, interrupt);
  const temporary = await mkdtemp(join(tmpdir(), 'q-prove-'));
  // One rig runs a broker as another user, who has to get through to its data folder.
  await chmod(temporary, 0o711);
  const run = async (job: Job): Promise<readonly RigReport[]> => {
    const name = `${job.rig} ${job.args.join(' ')}`;
    console.log(`${seconds()} s: ${name}`);
    const reports = await runRig(job, { signal: stop.signal, temporary });
    console.log(`${seconds()} s: ${name}: ${failuresOf(reports).length === 0 ? 'done' : 'FAILED'}`);
    return reports;
  };
  try {
    const reports = mergeReports((await schedule(jobs, { lanes, run })).flat());
    const machine = `${cpus()[0]?.model ?? process.arch}, ${lanes} of ${availableParallelism()} cores, Node ${process.version}`;
    return { startedAt, machine, seed, seconds: seconds(), reports };
  } finally {
    clearTimeout(timer);
    await rm(temporary, { recursive: true, force: true });
  }
}
