import type { CeilingConsumeOptions } from '../ceiling/consume.ts';
import type { CeilingProduceOptions } from '../ceiling/produce.ts';
import type { CeilingServerOptions, CeilingServerReady } from '../ceiling/server.ts';
import type { Case, Sample } from '../case.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { ProductConsumeOptions } from '../product/consume.ts';
import type { FillOptions } from '../product/fill.ts';
import { load } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair, rateSample } from './measured-pair.ts';
import type { CountedTime } from './measured-pair.ts';

const topic = 'bench';
const valueBytes = 100;

/**
 * A producer and a consumer of one topic, a process each, both as fast as they can: records that reach the consumer a
 * second.
 */
export function duplexCases(context: RunContext): Case[] {
  return [1, 12]
    .filter((partitions) => partitions === 1 || context.profile.cells === 'all')
    .map((partitions) => ({
      name: `100 B, ${partitions} part., fsync`,
      group: 'produce and consume at once',
      unit: 'records/s',
      better: 'higher',
      estimate: { prepareMs: 0, runMs: 800 + context.profile.consumeBytes / 120_000 },
      variants: [
        { name: 'ceiling', run: () => runCeiling(context, partitions) },
        { name: 'product', run: () => runProduct(context, partitions) },
      ],
    }));
}

async function runCeiling(context: RunContext, partitions: number): Promise<Sample> {
  const { runTimeoutMs } = context.profile;
  const records = recordsOf(context);
  await using folder = await temporaryFolder(context.directory);
  await using server = Worker.start('ceiling/server.ts', {
    directory: folder.path,
    partitions,
    durability: 'fsync',
  } satisfies CeilingServerOptions);
  const { port, forwardPort } = await server.next<CeilingServerReady>('ready', runTimeoutMs);
  await using consumer = Worker.start('ceiling/consume.ts', {
    port: forwardPort,
    records,
  } satisfies CeilingConsumeOptions);
  await consumer.next('reading', runTimeoutMs);
  await using producer = Worker.start('ceiling/produce.ts', {
    port,
    partitions,
    producers: 1,
    shape: { valueBytes, isVaried: false, codec: 'none', batchBytesMax: load.batchBytesMax },
    inFlightMax: load.inFlightMax(partitions),
    encodes: false,
    amount: { records },
  } satisfies CeilingProduceOptions);
  return rateSample(await measurePair<CountedTime>({ client: consumer, server, producer, timeoutMs: runTimeoutMs }));
}

async function runProduct(context: RunContext, partitions: number): Promise<Sample> {
  const { runTimeoutMs } = context.profile;
  const records = recordsOf(context);
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  const shape = { valueBytes, isVaried: false, codec: 'none' } as const;
  await using producer = Worker.start('product/fill.ts', {
    url: broker.url,
    topic,
    partitions,
    shape,
    records,
    durability: 'fsync',
    fromMs: null,
    isNew: true,
  } satisfies FillOptions);
  await producer.next('ready', runTimeoutMs);
  await using consumer = Worker.start('product/consume.ts', {
    url: broker.url,
    topic,
    records,
    passes: 1,
    by: 'batch',
  } satisfies ProductConsumeOptions);
  await consumer.next('reading', runTimeoutMs);
  producer.go();
  return rateSample(
    await measurePair<CountedTime>({ client: consumer, server: costOf(broker), producer, timeoutMs: runTimeoutMs }),
  );
}

function recordsOf({ profile }: RunContext): number {
  return Math.floor(profile.consumeBytes / valueBytes);
}
