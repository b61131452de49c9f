import type { CeilingServerOptions, CeilingServerReady } from '../ceiling/server.ts';
import type { CeilingSingleSendsOptions } from '../ceiling/single-sends.ts';
import type { Case, Sample } from '../case.ts';
import type { CurvePoint, Percentiles } from '../measure/latencies.ts';
import { Worker } from '../measure/worker.ts';
import { costOf, startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { ProductConsumeOptions } from '../product/consume.ts';
import type { FirstAckOptions } from '../product/first-ack.ts';
import type { OpenTransactionsOptions } from '../product/open-transactions.ts';
import type { ProductProcessOptions } from '../product/process.ts';
import type { ProductProduceOptions } from '../product/produce.ts';
import type { ProductTransactionsOptions } from '../product/transactions.ts';
import { cellsOf, load } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { fill } from './filled-topic.ts';
import { measurePair, rateSample } from './measured-pair.ts';
import type { CountedTime, MeasuredPair } from './measured-pair.ts';
import { KafkaTransactions } from './transactions-kafka.ts';

const group = 'transactions';
const topic = 'bench';
const valueBytes = 100;
const transactionMs = 100;
const producedPartitions = 12;
const small = { producers: 64, partitions: 4 } as const;
const openTransactions = 10_000;
/** Of consume, process, produce: as many as a consumer hands out before something is acknowledged. */
const recordsPerRound = 10_000;
const recordsPerTransaction = 10_000;
const startTimeoutMs = 60_000;

type TransactionCase = Case & { readonly quick?: boolean };

/** What transactions cost. */
export function transactionCases(context: RunContext): Case[] {
  const cases = [...costCases(context), ...smallCases(context), recoveryCase(context)];
  return cellsOf(cases, context.profile).map(({ quick: _, ...each }) => each);
}

function costCases(context: RunContext): TransactionCase[] {
  return [
    {
      name: `produce, ${producedPartitions} part., transactions of ${transactionMs} ms`,
      group,
      unit: 'us/record',
      better: 'lower',
      base: 'the product, idempotent and without transactions',
      variants: [
        { name: 'base', run: () => produce(context, false) },
        { name: 'product', run: () => produce(context, true) },
      ],
    },
    {
      name: 'fetch of committed records',
      group,
      unit: 'us/record',
      better: 'lower',
      base: 'the product, the same topic read uncommitted',
      variants: [
        { name: 'base', run: () => consume(context, 'read_uncommitted') },
        { name: 'product', run: () => consume(context, 'read_committed') },
      ],
    },
    {
      name: 'consume, process, produce',
      group,
      unit: 'records/s',
      better: 'higher',
      base: 'the product, without transactions',
      variants: [
        { name: 'base', run: () => consumeAndProduce(context, false) },
        { name: 'product', run: () => consumeAndProduce(context, true) },
      ],
    },
  ];
}

function smallCases(context: RunContext): TransactionCase[] {
  const kafka = new KafkaTransactions(context, { topic, ...small });
  const shape = `1 record in each of ${small.partitions} part.`;
  return [
    {
      name: `${shape}, ${small.producers} producers, Kafka's client`,
      group,
      unit: 'transactions/s',
      better: 'higher',
      base: 'Apache Kafka 4.4.0, which does not sync',
      rounds: context.profile.slowRounds,
      estimate: { prepareMs: 10_000, runMs: 17_000 },
      whyNot: () => kafka.whyNot(),
      variants: [
        { name: 'base', run: () => kafka.againstKafka() },
        { name: 'product', run: () => kafka.againstProduct() },
      ],
    },
    {
      name: `${shape}, ${small.producers} producers`,
      group,
      quick: true,
      rounds: context.profile.slowRounds,
      unit: 'transactions/s',
      better: 'higher',
      variants: [{ name: 'product', run: () => commitSmall(context, small.producers) }],
    },
    {
      name: `${shape}, 1 producer, median`,
      group,
      unit: 'ms',
      better: 'lower',
      variants: [
        { name: 'ceiling', run: async () => medianSample(await twoRoundTrips(context)) },
        { name: 'product', run: async () => medianSample(await commitSmall(context, 1)) },
      ],
    },
  ];
}

function recoveryCase(context: RunContext): TransactionCase {
  return {
    name: `first commit after kill -9, ${openTransactions.toLocaleString('en')} open transactions`,
    group,
    unit: 'ms',
    better: 'lower',
    rounds: context.profile.slowRounds,
    estimate: { prepareMs: 0, runMs: 6_000 },
    variants: [{ name: 'product', run: () => killWhileOpen(context) }],
  };
}

async function produce(context: RunContext, isTransactional: boolean): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  await using client = Worker.start('product/produce.ts', {
    url: broker.url,
    topic,
    partitions: producedPartitions,
    producers: 1,
    codec: 'none',
    durability: 'fsync',
    valueBytes,
    isVaried: false,
    ...(isTransactional && { transactionMs }),
    warmUpMs,
    measureMs,
  } satisfies ProductProduceOptions);
  return microsSample(await measurePair<CountedTime>({ client, server: costOf(broker), timeoutMs: runTimeoutMs }));
}

/** What the tail cache holds, written by transactions, again and again. */
async function consume(context: RunContext, isolation: 'read_committed' | 'read_uncommitted'): Promise<Sample> {
  const { runTimeoutMs, consumeBytes } = context.profile;
  const records = Math.floor(load.tailBytes / valueBytes);
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  const shape = { valueBytes, isVaried: false, codec: 'none' } as const;
  const filling = { topic, partitions: 1, shape, records, durability: 'os', fromMs: null, isNew: true } as const;
  await fill(broker, { ...filling, recordsPerTransaction });
  await using client = Worker.start('product/consume.ts', {
    url: broker.url,
    topic,
    records,
    passes: Math.ceil(consumeBytes / load.tailBytes),
    by: 'batch',
    isolation,
  } satisfies ProductConsumeOptions);
  await client.next('reading', runTimeoutMs);
  return microsSample(await measurePair<CountedTime>({ client, server: costOf(broker), timeoutMs: runTimeoutMs }));
}

async function consumeAndProduce(context: RunContext, isTransactional: boolean): Promise<Sample> {
  const { runTimeoutMs, consumeBytes } = context.profile;
  const records = Math.floor(consumeBytes / 8 / valueBytes);
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  const shape = { valueBytes, isVaried: false, codec: 'none' } as const;
  const filled = records + 2 * recordsPerRound;
  await fill(broker, { topic, partitions: 1, shape, records: filled, durability: 'os', fromMs: null, isNew: true });
  await using client = Worker.start('product/process.ts', {
    url: broker.url,
    from: topic,
    to: 'processed',
    records,
    recordsPerRound,
    isTransactional,
  } satisfies ProductProcessOptions);
  return rateSample(await measurePair<CountedTime>({ client, server: costOf(broker), timeoutMs: runTimeoutMs }));
}

interface Calls {
  readonly percentiles: Percentiles;
  readonly curve: readonly CurvePoint[];
  readonly elapsedMs: number;
}

async function commitSmall(context: RunContext, producers: number): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path);
  await using client = Worker.start('product/transactions.ts', {
    url: broker.url,
    topic,
    producers,
    partitions: small.partitions,
    valueBytes,
    warmUpMs,
    measureMs,
  } satisfies ProductTransactionsOptions);
  return callsSample(await measurePair<Calls>({ client, server: costOf(broker), timeoutMs: runTimeoutMs }));
}

/** The least that the records and the end of a transaction can take, if each is on the disk before it is answered. */
async function twoRoundTrips(context: RunContext): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using server = Worker.start('ceiling/server.ts', {
    directory: folder.path,
    partitions: 1,
    durability: 'fsync',
  } satisfies CeilingServerOptions);
  const { port } = await server.next<CeilingServerReady>('ready', runTimeoutMs);
  await using client = Worker.start('ceiling/single-sends.ts', {
    port,
    callers: 1,
    partitions: 1,
    valueBytes,
    roundTrips: 2,
    warmUpMs,
    measureMs,
  } satisfies CeilingSingleSendsOptions);
  return callsSample(await measurePair<Calls>({ client, server, timeoutMs: runTimeoutMs }));
}

/** From the start of the next process until somebody else has committed a transaction. */
async function killWhileOpen(context: RunContext): Promise<Sample> {
  const timeoutMs = context.profile.runTimeoutMs;
  await using folder = await temporaryFolder(context.directory);
  await using killed = await startProductBroker(folder.path);
  const { url, port } = killed;
  {
    const opening = { url, topic, partitions: producedPartitions, transactions: openTransactions };
    await using opener = Worker.start('product/open-transactions.ts', opening satisfies OpenTransactionsOptions);
    await opener.next('result', startTimeoutMs);
    await killed.kill();
  }
  const waiting = { url, topic: 'first', transactionalId: 'first' };
  await using client = Worker.start('product/first-ack.ts', waiting satisfies FirstAckOptions);
  await client.next('waiting', timeoutMs);
  const startMs = performance.now();
  await using broker = await startProductBroker(folder.path, { port });
  const readyMs = performance.now() - startMs;
  await client.next('result', timeoutMs);
  return { value: performance.now() - startMs, details: { readyMs, startMs: broker.startMs } };
}

/** Processor time of client and broker for each record. */
function microsSample({ result, processes }: MeasuredPair<CountedTime>): Sample {
  const { records, elapsedMs } = result;
  const cpuSeconds = processes.reduce((sum, each) => sum + each.cpuSeconds, 0);
  const details = { records, elapsedMs, recordsPerSecond: (records * 1000) / elapsedMs };
  return { value: (cpuSeconds * 1e6) / records, details, processes };
}

function callsSample({ result, processes }: MeasuredPair<Calls>): Sample {
  const { elapsedMs, percentiles, curve } = result;
  const value = (percentiles.count * 1000) / elapsedMs;
  return { value, details: { ...percentiles }, curves: { commit: curve }, processes };
}

function medianSample(sample: Sample): Sample {
  return { ...sample, value: sample.details!['p50Ms']! };
}
