import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RigReport } from '@q/testkit';
import { RigRun } from '../rig-run.ts';
import { bugsOfDay } from './bugs-of-day.ts';
import type { Mutation } from './mutation.ts';
import { mutations } from './mutations.ts';

const huntProgram = fileURLToPath(new URL('hunt.ts', import.meta.url));
const loader = new URL('planted-loader.ts', import.meta.url).href;
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
const vitestConfig = fileURLToPath(new URL('vitest.config.ts', import.meta.url));

export interface Hunt {
  readonly name: string;
  readonly caught: boolean;
  /** `simulation`, or the file of the test. */
  readonly rig: string;
  /** Simulations until the first that failed; of a test: 1. */
  readonly runs: number;
  /** Of processor time; of a test: of the clock. */
  readonly seconds: number;
  readonly failure: string | null;
}

interface HuntOptions {
  readonly seed: number;
  /** Of processor time; a test has its own bounds. */
  readonly secondsMax: number;
}

/** Sets the rig that is to catch it against one planted bug, in a process of its own. */
export async function hunt(mutation: Mutation, o: HuntOptions): Promise<Hunt> {
  return mutation.test === undefined ? huntBySimulation(mutation, o) : huntByTest(mutation, mutation.test);
}

async function huntBySimulation(
  { name, isOfKafka = false, isOfTransactions = false }: Mutation,
  o: HuntOptions,
): Promise<Hunt> {
  const args = [
    '--conditions=@q/source',
    '--import',
    loader,
    huntProgram,
    '--seed',
    String(o.seed),
    '--seconds',
    String(o.secondsMax),
    ...(isOfKafka ? ['--kafka'] : []),
    ...(isOfTransactions ? ['--transactions'] : []),
  ];
  const { code, output, errors } = await runNode(name, args);
  if (code !== 0) throw new Error(`the hunt for "${name}" ended with code ${String(code)}:\n${errors.slice(-2000)}`);
  return { name, rig: 'simulation', ...(JSON.parse(output) as Pick<Hunt, 'caught' | 'runs' | 'seconds' | 'failure'>) };
}

/** Caught is a test that fails, and passes without the bug; a file that cannot be run has caught nothing. */
async function huntByTest({ name }: Mutation, test: string): Promise<Hunt> {
  const startedMs = performance.now();
  const sound = await runTest('', test);
  if (sound.numFailedTests > 0 || sound.numTotalTests === 0)
    throw new Error(
      `${test} fails without the bug "${name}", too: ${sound.numFailedTests} of ${sound.numTotalTests} tests`,
    );
  const { numFailedTests, numTotalTests } = await runTest(name, test);
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  return {
    name,
    caught: numFailedTests > 0,
    rig: test,
    runs: 1,
    seconds,
    failure: numFailedTests > 0 ? `${numFailedTests} of ${numTotalTests} tests fail` : null,
  };
}

async function runTest(planted: string, test: string): Promise<{ numFailedTests: number; numTotalTests: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'q-planted-'));
  const file = join(folder, 'result.json');
  try {
    const { output, errors } = await runNode(planted, [
      vitest,
      'run',
      '--config',
      vitestConfig,
      '--reporter',
      'json',
      '--outputFile',
      file,
      test,
    ]);
    const found = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new Error(`${test} cannot be run:\n${(errors || output).slice(-2000)}`, { cause });
    });
    return JSON.parse(found) as { numFailedTests: number; numTotalTests: number };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runNode(
  planted: string,
  args: readonly string[],
): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '', PLANTED_BUG: planted },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, output: output.join(''), errors: errors.join('') };
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
  const chosen =
    o.count === 'all' || o.only !== undefined
      ? mutations.filter(({ name }) => name.includes(o.only ?? ''))
      : bugsOfDay(o.count, Date.now());
  for (const mutation of chosen) {
    const { name, caught, runs, seconds } = await hunt(mutation, { seed: o.seed, secondsMax: o.secondsEach });
    rig.ran('bugs planted');
    if (caught) rig.count('bugs caught');
    else
      rig.fail(
        `"${name}" was not caught in ${runs} runs, ${seconds} s`,
        `--seconds ${o.secondsEach} --seed ${o.seed} --only '${name}'`,
      );
  }
  return rig.report();
}
