import type { Case, Sample } from '../case.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { FanOutOptions } from '../product/fan-out.ts';
import { load } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { fill } from './filled-topic.ts';
import { measurePair } from './measured-pair.ts';

const topic = 'bench';
const valueBytes = 100;
const records = Math.floor(load.tailBytes / valueBytes);
const consumersMany = 10;
/** Ticks of processor time are 10 ms: many of them are wanted, in quick runs too. */
const deliveredBytesMin = { all: 2 ** 30, few: 2 ** 29 } as const;

/**
 * Processor time of the broker for each byte of values that it delivers, to ten consumers and to one, which get as much
 * together, with batches that are lent and with such that are left to the collector. What they read is in the tail
 * cache; the kernel's count of what the broker's read calls returned shows that no consumer makes it read the log
 * again.
 */
export function fanOutCases(context: RunContext): Case[] {
  return [true, false]
    .filter((lend) => lend || context.profile.cells === 'all')
    .map((lend) => fanOutCase(context, { lend }));
}

function fanOutCase(context: RunContext, { lend }: { lend: boolean }): Case {
  const batches = lend ? ', lent batches' : '';
  return {
    name: `${consumersMany} consumers, 100 B, 1 part.${batches}`,
    group: 'fan-out',
    unit: 'ns/byte',
    better: 'lower',
    base: 'the product with one consumer',
    readings: [
      {
        name: `${consumersMany} consumers${batches}, broker and clients together`,
        unit: 'ns/byte',
        better: 'lower',
        of: 'totalNsPerByte',
      },
    ],
    rounds: context.profile.cells === 'all' ? context.profile.rounds : context.profile.slowRounds,
    estimate: { prepareMs: 0, runMs: 1500 + deliveredBytesMin[context.profile.cells] / 300_000 },
    variants: [
      { name: 'base', run: () => run(context, { consumers: 1, lend }) },
      { name: 'product', run: () => run(context, { consumers: consumersMany, lend }) },
    ],
  };
}

async function run(context: RunContext, { consumers, lend }: { consumers: number; lend: boolean }): Promise<Sample> {
  const { runTimeoutMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  await fill(broker, {
    topic,
    partitions: 1,
    shape: { valueBytes, isVaried: false, codec: 'none' },
    records,
    durability: 'os',
    fromMs: null,
    isNew: true,
  });
  const passes =
    Math.ceil(deliveredBytesMin[context.profile.cells] / load.tailBytes / consumersMany) * (consumersMany / consumers);
  await using client = Worker.start('product/fan-out.ts', {
    url: broker.url,
    topic,
    records,
    consumers,
    passes,
    lend,
  } satisfies FanOutOptions);
  const { result, processes } = await measurePair<{ valueBytes: number; elapsedMs: number }>({
    client,
    server: costOf(broker),
    timeoutMs: runTimeoutMs,
  });
  const wanted = records * valueBytes * consumers * passes;
  if (result.valueBytes !== wanted)
    throw new Error(`${result.valueBytes} bytes of values were read instead of ${wanted}`);
  const [clients, server] = processes;
  const nsPerByte = (cpuSeconds: number): number => (cpuSeconds * 1e9) / wanted;
  return {
    value: nsPerByte(server!.cpuSeconds),
    details: {
      totalNsPerByte: nsPerByte(server!.cpuSeconds + clients!.cpuSeconds),
      readPerByte: server!.readBytes / wanted,
      bytesPerSecond: (wanted * 1000) / result.elapsedMs,
    },
    processes,
  };
}
