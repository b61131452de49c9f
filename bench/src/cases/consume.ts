import type { CeilingConsumeOptions } from '../ceiling/consume.ts';
import type { CeilingServeOptions } from '../ceiling/serve.ts';
import type { Case, Sample } from '../case.ts';
import { forgetPages } from '../measure/page-cache.ts';
import { readUsage } from '../measure/process-usage.ts';
import { Worker } from '../measure/worker.ts';
import { startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { ProductConsumeOptions } from '../product/consume.ts';
import type { FillOptions } from '../product/fill.ts';
import { load } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair, rateSample } from './measured-pair.ts';
import type { CountedTime, MeasuredPair } from './measured-pair.ts';
import { sizeName } from './size-name.ts';

interface ReadResult extends CountedTime {
  /** Of all records, those of the warm-up included. */
  readonly valueBytes: number;
}

interface Cell {
  readonly valueBytes: number;
  readonly partitions: number;
  readonly by: 'batch' | 'message';
  /** Where the files are when reading begins. Default: in the page cache. */
  readonly from?: 'disk';
}

const cells: readonly Cell[] = [
  { valueBytes: 100, partitions: 1, by: 'batch' },
  { valueBytes: 100, partitions: 12, by: 'batch' },
  { valueBytes: 100, partitions: 1, by: 'message' },
  { valueBytes: 1024, partitions: 1, by: 'batch' },
  { valueBytes: 1024, partitions: 12, by: 'batch' },
  { valueBytes: 1024, partitions: 1, by: 'message' },
  { valueBytes: 100, partitions: 1, by: 'batch', from: 'disk' },
  { valueBytes: 100, partitions: 12, by: 'batch', from: 'disk' },
];
const fewCells = 3;
const topic = 'bench';

/**
 * Records read per second, from the first to the last. The broker is started on a folder that another broker filled, so
 * it reads files, as the ceiling does; its own tail cache is empty. The page cache holds them, or they come from the disk.
 */
export function consumeCases(context: RunContext): Case[] {
  return cells.slice(0, context.profile.cells === 'few' ? fewCells : cells.length).map((cell) => consumeCase(context, cell));
}

function consumeCase(context: RunContext, cell: Cell): Case {
  const records = Math.floor(context.profile.consumeBytes / cell.valueBytes);
  let folder: Awaited<ReturnType<typeof temporaryFolder>> | null = null;
  return {
    name: `${sizeName(cell.valueBytes)}, ${cell.partitions} part., by ${cell.by}${cell.from === 'disk' ? ', from the disk' : ''}`,
    group: 'consume',
    unit: 'records/s',
    better: 'higher',
    prepare: async () => {
      folder = await temporaryFolder(context.directory);
      await fill(context, cell, { records, directory: folder.path });
    },
    cleanUp: async () => folder?.[Symbol.asyncDispose](),
    variants: [
      { name: 'ceiling', run: () => runCeiling(context, cell, records) },
      { name: 'product', run: () => runProduct(context, cell, { records, directory: folder!.path }) },
    ],
  };
}

async function fill(context: RunContext, cell: Cell, to: { records: number; directory: string }): Promise<void> {
  await using broker = await startProductBroker(to.directory);
  const { valueBytes, partitions } = cell;
  await using filler = Worker.start('product/fill.ts', { url: broker.url, topic, partitions, valueBytes, records: to.records } satisfies FillOptions);
  await filler.next('result', context.profile.runTimeoutMs);
  await broker.stop();
}

async function runCeiling(context: RunContext, cell: Cell, records: number): Promise<Sample> {
  const { runTimeoutMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using server = Worker.start('ceiling/serve.ts', {
    directory: folder.path,
    partitions: cell.partitions,
    valueBytes: cell.valueBytes,
    batchBytesMax: load.batchBytesMax,
    records,
  } satisfies CeilingServeOptions);
  const served = await server.next<{ port: number; records: number }>('ready', runTimeoutMs);
  if (cell.from === 'disk') await forgetPages(folder.path);
  await using client = Worker.start('ceiling/consume.ts', served satisfies CeilingConsumeOptions);
  return checkedSample(await measurePair<ReadResult>({ client, server, timeoutMs: runTimeoutMs }), served.records * cell.valueBytes);
}

async function runProduct(context: RunContext, cell: Cell, from: { records: number; directory: string }): Promise<Sample> {
  const { runTimeoutMs } = context.profile;
  if (cell.from === 'disk') await forgetPages(from.directory);
  await using broker = await startProductBroker(from.directory);
  await using client = Worker.start('product/consume.ts', {
    url: broker.url,
    topic,
    records: from.records,
    by: cell.by,
  } satisfies ProductConsumeOptions);
  const pair = await measurePair<ReadResult>({ client, server: { usage: () => readUsage(broker.pid) }, timeoutMs: runTimeoutMs });
  // Stopped and not killed: the next round starts on a clean folder, without a recovery scan.
  await broker.stop();
  return checkedSample(pair, from.records * cell.valueBytes);
}

/** A reader that leaves something out would be fast. */
function checkedSample(pair: MeasuredPair<ReadResult>, valueBytes: number): Sample {
  if (pair.result.valueBytes !== valueBytes) throw new Error(`${pair.result.valueBytes} bytes of values were read instead of ${valueBytes}`);
  return rateSample(pair);
}
