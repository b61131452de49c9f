import { seededRandom } from '@q/testkit';
import type { RigReport, SeededRandom } from '@q/testkit';
import { partOf } from '../part.ts';
import type { Part } from '../part.ts';
import { RigRun } from '../rig-run.ts';
import { ArgumentCases } from './argument-cases.ts';
import { changeTopic } from './change-scenes.ts';
import { callAfterClose, closeInHandlers, closeProducer } from './closing-scenes.ts';
import { knownFault } from './known-faults.ts';
import { iterateByHand } from './loop-scenes.ts';
import { recordScene } from './record-scene.ts';
import { abortAnything } from './signal-scenes.ts';
import { Stage, turns } from './stage.ts';
import { describeError, OwnError } from './verdict.ts';

export interface SurfaceOptions {
  /** Calls with wrong arguments; beside each twenty of them one scene of each kind. */
  readonly count: number;
  readonly seed: number;
  readonly part: Part;
  /** One case: its number, or the cases whose scene has this name. */
  readonly only?: string;
}

const argumentCasesPerScene = 20;

type Scene = (stage: Stage, random: SeededRandom) => Promise<string[]>;

const scenes: Readonly<Record<string, Scene>> = {
  records: recordScene,
  'close a producer': closeProducer,
  'call after close': callAfterClose,
  'close in handlers': closeInHandlers,
  signals: abortAnything,
  'iterate by hand': iterateByHand,
  'change a topic': changeTopic,
};

interface Case {
  readonly name: string;
  readonly number: number;
  run(random: SeededRandom): Promise<string[]>;
}

/** The client's whole public surface, used from plain JavaScript against a broker in this process. */
export async function run({ count, seed, part, only }: SurfaceOptions): Promise<RigReport> {
  const rig = new RigRun('surface', seed);
  await using stage = await Stage.open();
  await using argumentCases = await ArgumentCases.open(stage);
  for (const one of casesOf(stage, argumentCases, { count, part, only })) {
    const problems = await one.run(seededRandom(seed ^ Math.imul(one.number + 1, 0x9e3779b1)));
    if (one.number % argumentCasesPerScene === 0) problems.push(...(await argumentCases.check()));
    await turns(2);
    problems.push(...uncaughtIn(stage));
    rig.ran(one.name);
    for (const problem of problems) {
      const known = knownFault(problem);
      if (known !== undefined) rig.count(`known: ${known.reason}`);
      else
        rig.fail(`case ${one.number}, ${one.name}: ${problem}`, `--seed ${seed} --count ${count} --only ${one.number}`);
    }
  }
  return rig.report();
}

function casesOf(
  stage: Stage,
  argumentCases: ArgumentCases,
  o: { count: number; part: Part; only: string | undefined },
): Case[] {
  const all: Case[] = [];
  const add = (name: string, fn: (random: SeededRandom) => Promise<string[]>): void =>
    void all.push({ name, number: all.length, run: fn });
  for (let at = 0; at < o.count; at += 1) {
    add('arguments', (random) => argumentCases.run(random));
    if (at % argumentCasesPerScene === 0)
      for (const [name, scene] of Object.entries(scenes)) add(name, (random) => scene(stage, random));
  }
  const chosen =
    o.only === undefined ? all : all.filter(({ name, number }) => name === o.only || String(number) === o.only);
  return partOf(chosen, o.part);
}

/** Errors that cases throw themselves where the client gives them back to the process are no faults. */
function uncaughtIn(stage: Stage): string[] {
  // A class is a function that nobody can call: a listener that is one throws each time.
  const hostile = /^of a hostile function$|^Class constructor Money /u;
  const own = (error: unknown): boolean =>
    error instanceof OwnError || (error instanceof Error && hostile.test(error.message));
  return stage
    .takeUncaught()
    .filter((error) => !own(error))
    .map((error) => `nobody caught ${describeError(error)}`);
}
