import type { CeilingLatencyOptions } from '../ceiling/latency.ts';
import type { CeilingServerOptions, CeilingServerReady } from '../ceiling/server.ts';
import type { Case, Sample } from '../case.ts';
import type { CurvePoint, Percentiles } from '../measure/latencies.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { ProductLatencyOptions } from '../product/latency.ts';
import { cellsOf } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair } from './measured-pair.ts';

interface Distribution {
  readonly percentiles: Percentiles;
  readonly curve: readonly CurvePoint[];
}

interface ProductResult {
  readonly acknowledgement: Distribution;
  readonly arrival: Distribution;
}

interface Cell {
  readonly ratePerSecond: number;
  readonly durability: 'fsync' | 'os';
  readonly quick?: boolean;
}

const cells: readonly Cell[] = [
  { ratePerSecond: 1000, durability: 'fsync' },
  { ratePerSecond: 10_000, durability: 'fsync', quick: true },
  { ratePerSecond: 100_000, durability: 'fsync' },
  { ratePerSecond: 1000, durability: 'os' },
];

const valueBytes = 100;

/**
 * Milliseconds from when a record was due, at a fixed rate: to its arrival at a consumer of the product, and to the
 * acknowledgement of the bare program, which is an echo through `fdatasync`. The compared number is the median; the
 * 99th percentile has a row of its own, the report prints and draws the rest.
 */
export function latencyCases(context: RunContext): Case[] {
  return cellsOf(cells, context.profile).map((cell) => {
    const name = `${cell.ratePerSecond.toLocaleString('en')}/s, 100 B, ${cell.durability}`;
    return {
      name,
      group: 'latency',
      unit: 'ms',
      better: 'lower',
      readings: [{ name: `${name}, p99`, unit: 'ms', better: 'lower', of: 'p99Ms' }],
      variants: [
        { name: 'ceiling', run: () => runCeiling(context, cell) },
        { name: 'product', run: () => runProduct(context, cell) },
      ],
    };
  });
}

async function runCeiling(context: RunContext, { ratePerSecond, durability }: Cell): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using server = Worker.start('ceiling/server.ts', {
    directory: folder.path,
    partitions: 1,
    durability,
  } satisfies CeilingServerOptions);
  const { port } = await server.next<CeilingServerReady>('ready', runTimeoutMs);
  await using client = Worker.start('ceiling/latency.ts', {
    port,
    ratePerSecond,
    valueBytes,
    warmUpMs,
    measureMs,
  } satisfies CeilingLatencyOptions);
  const { result, processes } = await measurePair<Distribution>({ client, server, timeoutMs: runTimeoutMs });
  const { percentiles, curve } = result;
  return { value: percentiles.p50Ms, details: { ...percentiles }, curves: { acknowledgement: curve }, processes };
}

async function runProduct(context: RunContext, { ratePerSecond, durability }: Cell): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  const options = { url: broker.url, topic: 'bench', durability, ratePerSecond, valueBytes, warmUpMs, measureMs };
  await using client = Worker.start('product/latency.ts', options satisfies ProductLatencyOptions);
  const { result, processes } = await measurePair<ProductResult>({
    client,
    server: costOf(broker),
    timeoutMs: runTimeoutMs,
  });
  const { arrival, acknowledgement } = result;
  const ofAcks = Object.entries(acknowledgement.percentiles).map(([name, value]) => [`ack ${name}`, value] as const);
  return {
    value: arrival.percentiles.p50Ms,
    details: { ...arrival.percentiles, ...Object.fromEntries(ofAcks) },
    curves: { arrival: arrival.curve, acknowledgement: acknowledgement.curve },
    processes,
  };
}
