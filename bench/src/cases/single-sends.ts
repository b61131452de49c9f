import type { CeilingServerOptions, CeilingServerReady } from '../ceiling/server.ts';
import type { CeilingSingleSendsOptions } from '../ceiling/single-sends.ts';
import type { Case, Sample } from '../case.ts';
import type { CurvePoint, Percentiles } from '../measure/latencies.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { ProductSingleSendsOptions } from '../product/single-sends.ts';
import { cellsOf } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair } from './measured-pair.ts';
import type { MeasuredPair } from './measured-pair.ts';

interface Result {
  readonly percentiles: Percentiles;
  readonly curve: readonly CurvePoint[];
  readonly elapsedMs: number;
}

interface Cell {
  readonly callers: number;
  readonly partitions: number;
  readonly quick?: boolean;
  readonly isSpread?: boolean;
}

const cells: readonly Cell[] = [
  { callers: 1, partitions: 1, quick: true },
  { callers: 64, partitions: 1 },
  { callers: 1000, partitions: 1, quick: true },
  { callers: 64, partitions: 100, isSpread: true, quick: true },
];

const valueBytes = 100;
const durability = 'fsync';

/** Sends of one record a second, each awaited by its caller, 100 B, fsync. */
export function singleSendCases(context: RunContext): Case[] {
  return cellsOf(cells, context.profile).map((cell) => {
    const { callers, partitions, isSpread = false } = cell;
    return {
      name: [`${callers.toLocaleString('en')} in flight`, ...(isSpread ? [`${partitions} part.`] : [])].join(', '),
      group: 'awaited single sends',
      unit: 'sends/s',
      better: 'higher',
      ...(isSpread && { base: 'the product, as many in flight on one partition' }),
      readings: [
        {
          name: `${callers.toLocaleString('en')} in flight${isSpread ? `, ${partitions} part.` : ''}, median`,
          unit: 'ms',
          better: 'lower',
          of: 'p50Ms',
        },
      ],
      variants: [
        // A quick run compares with what says most.
        ...(context.profile.cells === 'all' || !isSpread
          ? [{ name: 'ceiling' as const, run: () => runCeiling(context, cell) }]
          : []),
        ...(isSpread ? [{ name: 'base' as const, run: () => runProduct(context, { callers, partitions: 1 }) }] : []),
        { name: 'product', run: () => runProduct(context, cell) },
      ],
    };
  });
}

async function runCeiling(context: RunContext, { callers, partitions }: Cell): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using server = Worker.start('ceiling/server.ts', {
    directory: folder.path,
    partitions,
    durability,
  } satisfies CeilingServerOptions);
  const { port } = await server.next<CeilingServerReady>('ready', runTimeoutMs);
  const options = { port, callers, partitions, valueBytes, warmUpMs, measureMs };
  await using client = Worker.start('ceiling/single-sends.ts', options satisfies CeilingSingleSendsOptions);
  return sample(await measurePair<Result>({ client, server, timeoutMs: runTimeoutMs }));
}

async function runProduct(context: RunContext, { callers, partitions }: Cell): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  const options = {
    url: broker.url,
    topic: 'bench',
    durability,
    callers,
    partitions,
    valueBytes,
    warmUpMs,
    measureMs,
  } as const;
  await using client = Worker.start('product/single-sends.ts', options satisfies ProductSingleSendsOptions);
  return sample(await measurePair<Result>({ client, server: costOf(broker), timeoutMs: runTimeoutMs }));
}

function sample({ result, processes }: MeasuredPair<Result>): Sample {
  const { elapsedMs, percentiles, curve } = result;
  return {
    value: (percentiles.count * 1000) / elapsedMs,
    details: { ...percentiles },
    curves: { acknowledgement: curve },
    processes,
  };
}
