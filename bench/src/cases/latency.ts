import type { CeilingLatencyOptions } from '../ceiling/latency.ts';
import type { CeilingServerOptions } from '../ceiling/server.ts';
import type { Case, Sample } from '../case.ts';
import type { Percentiles } from '../measure/latencies.ts';
import { readUsage } from '../measure/process-usage.ts';
import type { ProcessCost } from '../measure/process-usage.ts';
import { Worker } from '../measure/worker.ts';
import { startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { ProductLatencyOptions } from '../product/latency.ts';
import { load } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair } from './measured-pair.ts';

const valueBytes = 100;
const ratePerSecond = load.latencyRatePerSecond;

interface ProductResult {
  readonly acknowledgement: Percentiles;
  readonly arrival: Percentiles;
}

/**
 * Milliseconds from when a record was due, at a fixed rate: to its arrival at a consumer of the product, and to the
 * acknowledgement of the bare program. The compared number is the median; the report prints the rest.
 */
export function latencyCases(context: RunContext): Case[] {
  return (['fsync', 'os'] as const).map((durability) => ({
    name: `${ratePerSecond}/s, 100 B, ${durability}`,
    group: 'latency',
    unit: 'ms',
    better: 'lower',
    variants: [
      { name: 'ceiling', run: () => runCeiling(context, durability) },
      { name: 'product', run: () => runProduct(context, durability) },
    ],
  }));
}

async function runCeiling(context: RunContext, durability: 'fsync' | 'os'): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using server = Worker.start('ceiling/server.ts', { directory: folder.path, partitions: 1, durability } satisfies CeilingServerOptions);
  const { port } = await server.next<{ port: number }>('ready', runTimeoutMs);
  await using client = Worker.start('ceiling/latency.ts', { port, ratePerSecond, valueBytes, warmUpMs, measureMs } satisfies CeilingLatencyOptions);
  const { result, processes } = await measurePair<Percentiles>({ client, server, timeoutMs: runTimeoutMs });
  return sample(result, { ...result }, processes);
}

async function runProduct(context: RunContext, durability: 'fsync' | 'os'): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  await using client = Worker.start('product/latency.ts', {
    url: broker.url,
    topic: 'bench',
    durability,
    ratePerSecond,
    valueBytes,
    warmUpMs,
    measureMs,
  } satisfies ProductLatencyOptions);
  const server = { usage: () => readUsage(broker.pid) };
  const { result, processes } = await measurePair<ProductResult>({ client, server, timeoutMs: runTimeoutMs });
  const acknowledgement = Object.entries(result.acknowledgement).map(([name, value]) => [`ack ${name}`, value] as const);
  return sample(result.arrival, { ...result.arrival, ...Object.fromEntries(acknowledgement) }, processes);
}

function sample(percentiles: Percentiles, details: Record<string, number>, processes: readonly ProcessCost[]): Sample {
  return { value: percentiles.p50Ms, details, processes };
}
