import type { CeilingServerOptions } from '../ceiling/server.ts';
import type { CeilingSingleSendsOptions } from '../ceiling/single-sends.ts';
import type { Case, Sample } from '../case.ts';
import type { Percentiles } from '../measure/latencies.ts';
import { readUsage } from '../measure/process-usage.ts';
import { Worker } from '../measure/worker.ts';
import { startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { ProductSingleSendsOptions } from '../product/single-sends.ts';
import { load } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair } from './measured-pair.ts';
import type { MeasuredPair } from './measured-pair.ts';

type Result = Percentiles & { readonly elapsedMs: number };

const valueBytes = 100;
const durability = 'fsync';

/** Sends of one record a second, each awaited by its caller, 100 B, one partition, fsync. */
export function singleSendCases(context: RunContext): Case[] {
  return load.callers.map((callers) => ({
    name: `${callers} ${callers === 1 ? 'caller' : 'callers'}`,
    group: 'awaited single sends',
    unit: 'sends/s',
    better: 'higher',
    variants: [
      { name: 'ceiling', run: () => runCeiling(context, callers) },
      { name: 'product', run: () => runProduct(context, callers) },
    ],
  }));
}

async function runCeiling(context: RunContext, callers: number): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using server = Worker.start('ceiling/server.ts', { directory: folder.path, partitions: 1, durability } satisfies CeilingServerOptions);
  const { port } = await server.next<{ port: number }>('ready', runTimeoutMs);
  await using client = Worker.start('ceiling/single-sends.ts', { port, callers, valueBytes, warmUpMs, measureMs } satisfies CeilingSingleSendsOptions);
  return sample(await measurePair<Result>({ client, server, timeoutMs: runTimeoutMs }));
}

async function runProduct(context: RunContext, callers: number): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  await using client = Worker.start('product/single-sends.ts', {
    url: broker.url,
    topic: 'bench',
    durability,
    callers,
    valueBytes,
    warmUpMs,
    measureMs,
  } satisfies ProductSingleSendsOptions);
  return sample(await measurePair<Result>({ client, server: { usage: () => readUsage(broker.pid) }, timeoutMs: runTimeoutMs }));
}

function sample({ result, processes }: MeasuredPair<Result>): Sample {
  const { elapsedMs, ...percentiles } = result;
  return { value: (percentiles.count * 1000) / elapsedMs, details: percentiles, processes };
}
