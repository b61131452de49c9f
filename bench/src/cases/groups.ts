import type { Case, Sample } from '../case.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { GroupCommitsOptions } from '../product/group-commits.ts';
import type { GroupIdleOptions } from '../product/group-idle.ts';
import type { GroupRebalanceOptions } from '../product/group-rebalance.ts';
import { cellsOf } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair } from './measured-pair.ts';
import type { MeasuredPair } from './measured-pair.ts';

const shape = { members: 8, partitions: 96 };
const killedSessionMs = 3000;
const settleMs = 1000;
const idleMs = 9000;

interface RebalanceResult {
  readonly gapMs: number;
  readonly quietGapMs: number;
  readonly flowMs: number;
}

/** Consumer groups. There is no bare program that does the like: these are the product's numbers alone. */
export function groupCases(context: RunContext): Case[] {
  const rebalance =
    (how: GroupRebalanceOptions['how'], pick: (result: RebalanceResult) => number) => (): Promise<Sample> =>
      runRebalance(context, how, pick);
  const product = (run: () => Promise<Sample>): Case['variants'] => [{ name: 'product', run }];
  const common = {
    group: 'groups',
    unit: 'ms',
    better: 'lower',
    rounds: context.profile.slowRounds,
    estimate: { prepareMs: 0, runMs: 6000 },
  } as const;
  const name = `${shape.members} members, ${shape.partitions} part.`;
  const cases: (Case & { readonly quick?: boolean })[] = [
    {
      ...common,
      name: `${name}, one closes: pause of the others' partitions`,
      readings: [{ name: `${name}, one closes: its partitions flow again`, unit: 'ms', better: 'lower', of: 'flowMs' }],
      variants: product(rebalance('close', ({ gapMs }) => gapMs)),
      quick: true,
    },
    {
      ...common,
      name: `${name}, one is killed: its partitions flow, after its session of ${killedSessionMs} ms`,
      estimate: { prepareMs: 0, runMs: 6000 + killedSessionMs },
      variants: product(rebalance('kill', ({ flowMs }) => flowMs - killedSessionMs)),
    },
    {
      ...common,
      name: '1,000 idle members of 100 groups: processor time of the broker',
      unit: '% of a core',
      estimate: { prepareMs: 0, runMs: 5000 + idleMs },
      variants: product(() => runIdle(context)),
    },
    {
      ...common,
      name: '256 members commit, 20 k records/s produced',
      unit: 'commits/s',
      better: 'higher',
      variants: product(() => runCommits(context)),
    },
  ];
  return [...cellsOf(cases, context.profile)];
}

async function runRebalance(
  context: RunContext,
  how: GroupRebalanceOptions['how'],
  pick: (result: RebalanceResult) => number,
): Promise<Sample> {
  const options = {
    ...shape,
    how,
    sessionTimeoutMs: how === 'kill' ? killedSessionMs : 45_000,
    settleMs,
    timeoutMs: context.profile.runTimeoutMs / 2,
  };
  const { result, processes } = await runWorker<RebalanceResult>(
    context,
    'product/group-rebalance.ts',
    (url) => ({ ...options, url }) satisfies GroupRebalanceOptions,
  );
  return { value: pick(result), details: { ...result }, processes };
}

async function runIdle(context: RunContext): Promise<Sample> {
  const options = { groups: 100, membersPerGroup: 10, measureMs: idleMs };
  const { result, processes } = await runWorker<{ elapsedMs: number }>(
    context,
    'product/group-idle.ts',
    (url) => ({ ...options, url }) satisfies GroupIdleOptions,
  );
  const broker = processes.find((process) => process.name === 'server')!;
  return { value: (broker.cpuSeconds * 100_000) / result.elapsedMs, details: { ...result }, processes };
}

async function runCommits(context: RunContext): Promise<Sample> {
  const { warmUpMs, measureMs } = context.profile;
  const options = { committers: 256, recordsPerSecond: 20_000, warmUpMs, measureMs };
  const { result, processes } = await runWorker<{ commits: number; records: number; elapsedMs: number }>(
    context,
    'product/group-commits.ts',
    (url) => ({ ...options, url }) satisfies GroupCommitsOptions,
  );
  const perSecond = (count: number): number => (count * 1000) / result.elapsedMs;
  return {
    value: perSecond(result.commits),
    details: { ...result, recordsPerSecond: perSecond(result.records) },
    processes,
  };
}

async function runWorker<T>(
  context: RunContext,
  script: string,
  options: (url: string) => object,
): Promise<MeasuredPair<T>> {
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  await using client = Worker.start(script, options(broker.url));
  return await measurePair<T>({ client, server: costOf(broker), timeoutMs: context.profile.runTimeoutMs });
}
