import type { Case, Sample } from '../case.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker, temporaryFolder } from '../product/broker.ts';
import { brokerMain } from '../product/build.ts';
import type { ProductProduceOptions } from '../product/produce.ts';
import type { SlowConsumersOptions } from '../product/slow-consumers.ts';
import type { RunContext } from '../run-context.ts';
import { whyNoRoom } from './disk-room.ts';
import { measurePair } from './measured-pair.ts';
import type { CountedTime } from './measured-pair.ts';
import { sizeName } from './size-name.ts';

interface Shape {
  readonly codec: ProductProduceOptions['codec'];
  readonly valueBytes: number;
  readonly slowConsumers: number;
  /** How long a full run measures. */
  readonly measureMs: number;
  readonly quick?: boolean;
}

const partitions = 12;
const shapes: readonly Shape[] = [
  { codec: 'lz4', valueBytes: 100, slowConsumers: 0, measureMs: 60_000, quick: true },
  { codec: 'zstd', valueBytes: 100, slowConsumers: 0, measureMs: 20_000 },
  { codec: 'gzip', valueBytes: 100, slowConsumers: 0, measureMs: 20_000 },
  { codec: 'snappy', valueBytes: 100, slowConsumers: 0, measureMs: 20_000 },
  { codec: 'none', valueBytes: 100 * 1024, slowConsumers: 0, measureMs: 20_000 },
  { codec: 'none', valueBytes: 100 * 1024, slowConsumers: 50, measureMs: 20_000 },
];
const slowBytesPerSecond = 1 << 20;
const quickMeasureMs = 1_500;
const warmUpMs = 1_000;
/** What is older than this in each partition goes while more is written: the disk need not hold a minute of it. */
const topicConfig = { 'retention.bytes': 64 << 20, 'segment.bytes': 16 << 20 } as const;
const roomBytes = 12 * 2 ** 30;

/** Names another build of the broker, of an earlier version say, to be measured beside this one. */
const baseVariable = 'Q_BENCH_BASE_BROKER';

/** The most memory that the broker ever has, while a producer sends full batches as fast as it can. */
export function busyMemoryCases({ profile, directory }: RunContext): Case[] {
  return shapes
    .filter(({ quick }) => profile.cells === 'all' || quick === true)
    .map((shape) => {
      const measureMs = profile.cells === 'all' ? shape.measureMs : quickMeasureMs;
      const run = (main: string) => (): Promise<Sample> =>
        measure({ main, shape, measureMs, directory, timeoutMs: measureMs + profile.runTimeoutMs });
      const base = process.env[baseVariable] ?? '';
      const name = nameOf(shape);
      return {
        name,
        group: 'memory of a busy broker',
        unit: 'MB',
        better: 'lower',
        base: `the broker that ${baseVariable} names`,
        readings: [{ name: `${name}: throughput`, unit: 'records/s', better: 'higher', of: 'recordsPerSecond' }],
        rounds: profile.slowRounds,
        estimate: { prepareMs: 0, runMs: 800 + warmUpMs + measureMs },
        whyNot: () => whyNoRoom(directory, roomBytes),
        variants: [
          {
            name: 'base',
            run: run(base),
            whyNot: async () => (base === '' ? `${baseVariable} names no main.js of another build` : null),
          },
          { name: 'product', run: run(brokerMain) },
        ],
      };
    });
}

function nameOf({ codec, valueBytes, slowConsumers }: Shape): string {
  const beside = slowConsumers === 0 ? '' : `, ${slowConsumers} slow consumers`;
  return `${sizeName(valueBytes)}, ${partitions} part., ${codec === 'none' ? 'no codec' : codec}${beside}`;
}

async function measure(o: {
  main: string;
  shape: Shape;
  measureMs: number;
  directory: string;
  timeoutMs: number;
}): Promise<Sample> {
  const { main, shape, measureMs, timeoutMs } = o;
  const { codec, valueBytes, slowConsumers } = shape;
  await using folder = await temporaryFolder(o.directory);
  await using broker = await startProductBroker(folder.path, { main });
  await using client = Worker.start('product/produce.ts', {
    url: broker.url,
    topic: 'bench',
    partitions,
    producers: 1,
    durability: 'fsync',
    topicConfig,
    codec,
    valueBytes,
    isVaried: codec !== 'none',
    warmUpMs,
    measureMs,
  } satisfies ProductProduceOptions);
  await client.next('ready', timeoutMs);
  await using _consumers = slowConsumers === 0 ? null : await startSlowConsumers(broker.url, slowConsumers, timeoutMs);
  const { result, processes } = await measurePair<CountedTime>({ client, server: costOf(broker), timeoutMs });
  const { records, elapsedMs } = result;
  const server = processes.find(({ name }) => name === 'server')!;
  return {
    value: server.residentPeakBytes / 1e6,
    details: { recordsPerSecond: (records * 1000) / elapsedMs, nsPerRecord: (server.cpuSeconds * 1e9) / records },
    processes,
  };
}

async function startSlowConsumers(url: string, consumers: number, timeoutMs: number): Promise<Worker> {
  const worker = Worker.start('product/slow-consumers.ts', {
    url,
    topic: 'bench',
    consumers,
    bytesPerSecond: slowBytesPerSecond,
  } satisfies SlowConsumersOptions);
  await worker.next('ready', timeoutMs);
  return worker;
}
