import type { CodecName } from '@q/protocol';
import type { CeilingProduceOptions } from '../ceiling/produce.ts';
import type { CeilingServerOptions, CeilingServerReady } from '../ceiling/server.ts';
import type { Case, Sample } from '../case.ts';
import { sizeName } from './size-name.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { ProductProduceOptions } from '../product/produce.ts';
import { cellsOf, load } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair, rateSample } from './measured-pair.ts';
import type { CountedTime } from './measured-pair.ts';

interface Shape {
  readonly valueBytes: number;
  readonly partitions: number;
  readonly producers: number;
  readonly codec: CodecName;
  readonly durability: 'fsync' | 'interval' | 'os';
}

type Cell = Partial<Shape> & { readonly quick?: boolean; readonly baseOf?: Partial<Shape> };

const usual: Shape = { valueBytes: 100, partitions: 1, producers: 1, codec: 'none', durability: 'fsync' };

/** One thing is changed at a time, from the usual shape with one and with twelve partitions. */
const cells: readonly Cell[] = [
  { quick: true },
  { valueBytes: 16 },
  { valueBytes: 1024 },
  { valueBytes: 100 * 1024 },
  { durability: 'interval' },
  { durability: 'os' },
  { partitions: 12, quick: true },
  { partitions: 100 },
  { partitions: 1000, baseOf: { partitions: 12 }, quick: true },
  { partitions: 12, valueBytes: 1024 },
  { partitions: 12, durability: 'os' },
  { partitions: 12, codec: 'lz4', quick: true },
  { partitions: 12, codec: 'zstd' },
  { partitions: 12, producers: 4 },
  { partitions: 12, producers: 16 },
];

/** Records acknowledged per second, in full batches. */
export function produceCases(context: RunContext): Case[] {
  return cellsOf(cells, context.profile).map((cell) => produceCase(context, cell));
}

function produceCase(context: RunContext, { quick: _, baseOf, ...changes }: Cell): Case {
  const shape = { ...usual, ...changes };
  const base = baseOf === undefined ? null : { ...shape, ...baseOf };
  const isFull = context.profile.cells === 'all';
  // A quick run compares with what says most: a codec costs the producer, who encodes.
  const others = base !== null ? 'base' : shape.codec === 'none' ? 'ceiling' : 'encoding';
  return {
    name: shapeName(shape),
    group: 'produce',
    unit: 'records/s',
    better: 'higher',
    ...(base !== null && { base: `the product, ${shapeName(base)}` }),
    variants: [
      ...(isFull || others === 'ceiling'
        ? [{ name: 'ceiling' as const, run: () => runCeiling(context, shape, false) }]
        : []),
      ...(isFull || others === 'encoding'
        ? [{ name: 'encoding' as const, run: () => runCeiling(context, shape, true) }]
        : []),
      ...(base === null ? [] : [{ name: 'base' as const, run: () => runProduct(context, base) }]),
      { name: 'product', run: () => runProduct(context, shape) },
    ],
  };
}

function shapeName({ valueBytes, partitions, producers, codec, durability }: Shape): string {
  const rest = [...(codec === 'none' ? [] : [codec]), ...(producers === 1 ? [] : [`${producers} producers`])];
  return [sizeName(valueBytes), `${partitions} part.`, durability, ...rest].join(', ');
}

async function runCeiling(context: RunContext, shape: Shape, encodes: boolean): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  const { partitions, producers, durability, valueBytes, codec } = shape;
  await using server = Worker.start('ceiling/server.ts', {
    directory: folder.path,
    partitions,
    durability,
  } satisfies CeilingServerOptions);
  const { port } = await server.next<CeilingServerReady>('ready', runTimeoutMs);
  await using client = Worker.start('ceiling/produce.ts', {
    port,
    partitions,
    producers,
    shape: { valueBytes, isVaried: codec !== 'none', codec, batchBytesMax: load.batchBytesMax },
    inFlightMax: load.inFlightMax(producers === 1 ? partitions : 1),
    encodes,
    amount: { warmUpMs, measureMs },
  } satisfies CeilingProduceOptions);
  return rateSample(await measurePair<CountedTime>({ client, server, timeoutMs: runTimeoutMs }));
}

async function runProduct(context: RunContext, shape: Shape): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  await using client = Worker.start('product/produce.ts', {
    url: broker.url,
    topic: 'bench',
    ...shape,
    isVaried: shape.codec !== 'none',
    warmUpMs,
    measureMs,
  } satisfies ProductProduceOptions);
  return rateSample(await measurePair<CountedTime>({ client, server: costOf(broker), timeoutMs: runTimeoutMs }));
}
