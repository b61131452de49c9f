import { openDirectoryStore } from '@q/storage';
import type { LogStore, StoreOptions } from '@q/storage';
import { FaultyFileSystem, ManualClock, seededRandom } from '@q/testkit';
import type { CrashLoss } from '@q/testkit';

/** One life of a machine: what runs until the power goes. It notes what was acknowledged in `facts`. */
export interface CrashScenario<Facts> {
  readonly options?: Partial<StoreOptions>;
  readonly facts: () => Facts;
  /** What happens before the first crash is possible. */
  readonly prepare?: (store: LogStore, facts: Facts, clock: ManualClock) => Promise<void>;
  readonly run: (store: LogStore, facts: Facts, clock: ManualClock) => Promise<void>;
  /** Looks at what the next process finds. */
  readonly check: (store: LogStore, facts: Facts, clock: ManualClock) => Promise<void>;
  /** Crash at every `stride`-th step; default 1. */
  readonly stride?: number;
  /**
   * Crashes at each of these steps that keep a random part of what was not synced; default 2. Two more keep all, or
   * nothing.
   */
  readonly seeds?: number;
}

/**
 * Runs the scenario once to count the steps of its disk, then once for each step with a crash there, and checks what is
 * found. A failure says at which step, and repeats with the same number.
 */
export async function crashAtEveryStep<Facts>(scenario: CrashScenario<Facts>): Promise<number> {
  const whole = await life(scenario, { stopAfter: Number.POSITIVE_INFINITY, seed: 0 });
  const { steps } = whole;
  const losses: readonly CrashLoss[] = [
    'all',
    'none',
    ...Array.from({ length: scenario.seeds ?? 2 }, () => 'some' as const),
  ];
  for (let step = 0; step <= steps; step += scenario.stride ?? 1) {
    for (const [seed, loss] of losses.entries()) await crashOnce(scenario, { step, seed, loss });
  }
  return steps;
}

async function crashOnce<Facts>(
  scenario: CrashScenario<Facts>,
  o: { step: number; seed: number; loss: CrashLoss },
): Promise<void> {
  try {
    const { disk, facts, clock } = await life(scenario, { stopAfter: o.step, seed: o.step * 1_000 + o.seed });
    await afterlife(scenario, { disk: await disk.crash(o.loss), facts, clock });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`crash after step ${o.step}, seed ${o.seed} (${o.loss}): ${reason}`, { cause: error });
  }
}

interface Life<Facts> {
  readonly disk: FaultyFileSystem;
  /** From where crashes are possible. */
  readonly steps: number;
  readonly facts: Facts;
  readonly clock: ManualClock;
}

async function life<Facts>(
  scenario: CrashScenario<Facts>,
  o: { stopAfter: number; seed: number },
): Promise<Life<Facts>> {
  const clock = new ManualClock();
  const disk = new FaultyFileSystem({ random: seededRandom(o.seed), clock });
  await disk.makeDirectory('/data');
  await disk.syncDirectory('');
  const facts = scenario.facts();
  if (scenario.prepare === undefined) disk.stopAfter(o.stopAfter);
  let firstStep = disk.steps;
  const running = (async () => {
    const store = await open(scenario, disk, clock);
    if (scenario.prepare !== undefined) {
      await scenario.prepare(store, facts, clock);
      firstStep = disk.steps;
      disk.stopAfter(o.stopAfter);
    }
    await scenario.run(store, facts, clock);
    await store.close();
  })();
  await Promise.race([running, disk.stopped]);
  return { disk, facts, clock, steps: disk.steps - firstStep };
}

async function afterlife<Facts>(scenario: CrashScenario<Facts>, o: Omit<Life<Facts>, 'steps'>): Promise<void> {
  const store = await open(scenario, o.disk, o.clock);
  await scenario.check(store, o.facts, o.clock);
  await store.close();
}

function open<Facts>(
  scenario: CrashScenario<Facts>,
  fileSystem: FaultyFileSystem,
  clock: ManualClock,
): Promise<LogStore> {
  const onFatal = (error: Error): never => {
    throw error;
  };
  return openDirectoryStore({ ...scenario.options, directory: '/data', fileSystem, clock, onFatal });
}
