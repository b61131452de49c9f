import type { CeilingProduceOptions } from '../ceiling/produce.ts';
import type { CeilingServerOptions } from '../ceiling/server.ts';
import type { Case, Sample } from '../case.ts';
import { readUsage } from '../measure/process-usage.ts';
import { Worker } from '../measure/worker.ts';
import { startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { ProductProduceOptions } from '../product/produce.ts';
import { load } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair, rateSample } from './measured-pair.ts';
import type { CountedTime } from './measured-pair.ts';
import { sizeName } from './size-name.ts';

interface Cell {
  readonly valueBytes: number;
  readonly partitions: number;
  readonly durability: 'fsync' | 'os';
}

/** The cells that say most come first; a quick run measures only those. */
const cells: readonly Cell[] = [
  { valueBytes: 100, partitions: 1, durability: 'fsync' },
  { valueBytes: 100, partitions: 12, durability: 'fsync' },
  { valueBytes: 1024, partitions: 1, durability: 'fsync' },
  { valueBytes: 100, partitions: 1, durability: 'os' },
  { valueBytes: 1024, partitions: 12, durability: 'fsync' },
  { valueBytes: 100, partitions: 12, durability: 'os' },
  { valueBytes: 1024, partitions: 1, durability: 'os' },
  { valueBytes: 1024, partitions: 12, durability: 'os' },
];
const fewCells = 4;

/** Records acknowledged per second, in full batches. */
export function produceCases(context: RunContext): Case[] {
  return cells.slice(0, context.profile.cells === 'few' ? fewCells : cells.length).map((cell) => ({
    name: `${sizeName(cell.valueBytes)}, ${cell.partitions} part., ${cell.durability}`,
    group: 'produce',
    unit: 'records/s',
    better: 'higher',
    variants: [
      { name: 'ceiling', run: () => runCeiling(context, cell, false) },
      { name: 'encoding', run: () => runCeiling(context, cell, true) },
      { name: 'product', run: () => runProduct(context, cell) },
    ],
  }));
}

async function runCeiling(context: RunContext, cell: Cell, encodes: boolean): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  const { partitions, durability, valueBytes } = cell;
  await using server = Worker.start('ceiling/server.ts', { directory: folder.path, partitions, durability } satisfies CeilingServerOptions);
  const { port } = await server.next<{ port: number }>('ready', runTimeoutMs);
  await using client = Worker.start('ceiling/produce.ts', {
    port,
    partitions,
    valueBytes,
    batchBytesMax: load.batchBytesMax,
    inFlightMax: load.inFlightMax(partitions),
    encodes,
    warmUpMs,
    measureMs,
  } satisfies CeilingProduceOptions);
  return rateSample(await measurePair<CountedTime>({ client, server, timeoutMs: runTimeoutMs }));
}

async function runProduct(context: RunContext, cell: Cell): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  await using client = Worker.start('product/produce.ts', {
    url: broker.url,
    topic: 'bench',
    ...cell,
    warmUpMs,
    measureMs,
  } satisfies ProductProduceOptions);
  return rateSample(await measurePair<CountedTime>({ client, server: { usage: () => readUsage(broker.pid) }, timeoutMs: runTimeoutMs }));
}
