import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RigReport } from '@q/testkit';
import { RigRun } from '../rig-run.ts';
import { bugsOfDay } from './bugs-of-day.ts';
import type { Mutation } from './mutation.ts';
import { mutations } from './mutations.ts';

const huntProgram = fileURLToPath(new URL('hunt.ts', import.meta.url));
const loader = new URL('planted-loader.ts', import.meta.url).href;

export interface Hunt {
  readonly name: string;
  readonly caught: boolean;
  /** Simulations until the first that failed. */
  readonly runs: number;
  readonly seed: number;
  readonly seconds: number;
  readonly failure: string | null;
}

/** Runs the simulation against one planted bug, in a process of its own. */
export async function hunt(mutation: Mutation, o: { seed: number; secondsMax: number }): Promise<Hunt> {
  const startedMs = performance.now();
  const args = ['--conditions=@q/source', '--import', loader, huntProgram, '--seed', String(o.seed), '--seconds', String(o.secondsMax)];
  const child = spawn(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '', PLANTED_BUG: mutation.name }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the hunt for "${mutation.name}" ended with code ${String(code)}:\n${errors.join('').slice(-2000)}`);
  const found = JSON.parse(output.join('')) as Omit<Hunt, 'name' | 'seconds'>;
  return { name: mutation.name, ...found, seconds: Math.round((performance.now() - startedMs) / 100) / 10 };
}

export interface PlantedOptions {
  /** So many of the quick ones, others each day; or all, the rare ones too. */
  readonly count: number | 'all';
  readonly seed: number;
  readonly secondsEach: number;
  /** Of all, those that have this in their name. */
  readonly only?: string;
}

/** Hunts one bug after another; one that is not caught in time is a failure of the rigs. */
export async function run(o: PlantedOptions): Promise<RigReport> {
  const rig = new RigRun('planted', o.seed);
  const chosen = o.count === 'all' || o.only !== undefined ? mutations.filter(({ name }) => name.includes(o.only ?? '')) : bugsOfDay(o.count, Date.now());
  for (const mutation of chosen) {
    const { name, caught, runs, seconds } = await hunt(mutation, { seed: o.seed, secondsMax: o.secondsEach });
    rig.ran('bugs planted');
    if (caught) rig.count('bugs caught');
    else rig.fail(`"${name}" was not caught in ${runs} runs, ${seconds} s`, `--seconds ${o.secondsEach} --seed ${o.seed} --only '${name}'`);
  }
  return rig.report();
}
