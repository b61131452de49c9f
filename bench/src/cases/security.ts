import { setTimeout as sleep } from 'node:timers/promises';
import type { CeilingProduceOptions } from '../ceiling/produce.ts';
import type { CeilingServerOptions, CeilingServerReady } from '../ceiling/server.ts';
import type { Case, Sample } from '../case.ts';
import type { Percentiles } from '../measure/latencies.ts';
import { Worker } from '../measure/worker.ts';
import { temporaryFolder } from '../product/broker.ts';
import { caFile, tlsFiles } from '../product/certificates.ts';
import type { ProductConsumeOptions } from '../product/consume.ts';
import type { EmbeddedBrokerOptions, EmbeddedBrokerReady } from '../product/embedded-broker.ts';
import type { FillOptions } from '../product/fill.ts';
import type { IdleConnectionsOptions } from '../product/idle-connections.ts';
import type { ProductLatencyOptions } from '../product/latency.ts';
import type { PlainLoginsOptions } from '../product/plain-logins.ts';
import type { ProductProduceOptions } from '../product/produce.ts';
import type { WayIn } from '../product/way-in.ts';
import { cellsOf, load } from '../profile.ts';
import type { RunContext } from '../run-context.ts';
import { measurePair, rateSample } from './measured-pair.ts';
import type { CountedTime } from './measured-pair.ts';
import { KafkaThroughTls } from './security-kafka.ts';

const group = 'security';
const topic = 'bench';
const valueBytes = 100;
const user = { name: 'alice', password: 'a-password-of-the-bench' };
const login = { mechanism: 'SCRAM-SHA-256', username: user.name, password: user.password } as const;
const rulesCount = 10_000;
const idleConnections = 1_000;
const ackRatePerSecond = 100_000;
const loginsPerSecond = 50;
const settleMs = 1_000;
const startTimeoutMs = 60_000;

type SecurityCase = Case & { readonly quick?: boolean };

/** What encryption, logins and access rules cost. */
export function securityCases(context: RunContext): Case[] {
  const cases = [...encryptionCases(context), ...accessCases(context)];
  return cellsOf(cases, context.profile).map(({ quick: _, ...each }) => each);
}

function encryptionCases(context: RunContext): SecurityCase[] {
  const kafka = new KafkaThroughTls(context);
  return [
    {
      name: 'produce, TLS 1.3',
      group,
      unit: 'records/s',
      better: 'higher',
      base: 'the product, not encrypted',
      variants: [
        { name: 'ceiling', run: () => bareProduce(context) },
        { name: 'base', run: () => produce(context, {}) },
        { name: 'product', run: () => produce(context, { isEncrypted: true }) },
      ],
    },
    {
      name: 'consume, TLS 1.3',
      group,
      unit: 'records/s',
      better: 'higher',
      base: 'the product, not encrypted',
      variants: [
        { name: 'base', run: () => consume(context, false) },
        { name: 'product', run: () => consume(context, true) },
      ],
    },
    {
      name: 'produce, TLS, beside Kafka',
      group,
      unit: 'records/CPU s',
      better: 'higher',
      base: 'Apache Kafka 4.4.0 with its own load tool, both with TLS 1.3; nobody syncs',
      rounds: context.profile.slowRounds,
      estimate: { prepareMs: 60_000, runMs: 20_000 },
      whyNot: () => kafka.whyNot(),
      variants: [
        { name: 'base', run: () => kafka.run() },
        { name: 'product', run: () => produceByCost(context) },
      ],
    },
  ];
}

function accessCases(context: RunContext): SecurityCase[] {
  return [
    {
      name: 'produce, 10,000 rules',
      group,
      unit: 'us/record',
      better: 'lower',
      base: 'the product without security',
      variants: [
        { name: 'base', run: async () => serverMicros(await produce(context, {})) },
        { name: 'product', run: async () => serverMicros(await produce(context, { hasRules: true })) },
      ],
    },
    {
      name: 'acknowledgements beside 50 logins/s, p99',
      group,
      unit: 'ms',
      better: 'lower',
      base: 'the product, with nobody who logs in',
      variants: [
        { name: 'base', run: () => acknowledge(context, false) },
        { name: 'product', run: () => acknowledge(context, true) },
      ],
    },
    {
      name: '1,000 idle TLS connections, each',
      group,
      quick: true,
      estimate: { prepareMs: 0, runMs: 3_500 },
      unit: 'KB',
      better: 'lower',
      rounds: context.profile.slowRounds,
      variants: [{ name: 'product', run: () => idle(context) }],
    },
  ];
}

/** A broker in a process of its own. */
async function broker(options: EmbeddedBrokerOptions): Promise<{ server: Worker; url: string }> {
  const server = Worker.start('product/embedded-broker.ts', options);
  const { url } = await server.next<EmbeddedBrokerReady>('ready', startTimeoutMs);
  return { server, url };
}

const securityOf = (otherRules: number): NonNullable<EmbeddedBrokerOptions['security']> => ({
  mechanisms: ['SCRAM-SHA-256', 'PLAIN'],
  user,
  otherRules,
});

async function produce(
  context: RunContext,
  {
    isEncrypted = false,
    hasRules = false,
    durability = 'fsync',
  }: { isEncrypted?: boolean; hasRules?: boolean; durability?: 'fsync' | 'os' },
): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  const { server: started, url } = await broker({
    directory: folder.path,
    ...(isEncrypted && { tls: tlsFiles }),
    ...(hasRules && { security: securityOf(rulesCount) }),
  });
  await using server = started;
  const wayIn: WayIn = { ...(isEncrypted && { caFile }), ...(hasRules && { login }) };
  await using client = Worker.start('product/produce.ts', {
    url,
    wayIn,
    topic,
    partitions: 1,
    producers: 1,
    codec: 'none',
    durability,
    valueBytes,
    isVaried: false,
    warmUpMs,
    measureMs,
  } satisfies ProductProduceOptions);
  return rateSample(await measurePair<CountedTime>({ client, server, timeoutMs: runTimeoutMs }));
}

/** The same work by a bare program that encrypts, frames, checks and syncs. */
async function bareProduce(context: RunContext): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  await using server = Worker.start('ceiling/server.ts', {
    directory: folder.path,
    partitions: 1,
    durability: 'fsync',
    tls: tlsFiles,
  } satisfies CeilingServerOptions);
  const { port } = await server.next<CeilingServerReady>('ready', runTimeoutMs);
  await using client = Worker.start('ceiling/produce.ts', {
    port,
    caFile,
    partitions: 1,
    producers: 1,
    shape: { valueBytes, isVaried: false, codec: 'none', batchBytesMax: load.batchBytesMax },
    inFlightMax: load.inFlightMax(1),
    encodes: false,
    amount: { warmUpMs, measureMs },
  } satisfies CeilingProduceOptions);
  return rateSample(await measurePair<CountedTime>({ client, server, timeoutMs: runTimeoutMs }));
}

function serverMicros(sample: Sample): Sample {
  const server = sample.processes?.find(({ name }) => name === 'server');
  const { records = 0 } = sample.details ?? {};
  const microsPerRecord = ((server?.cpuSeconds ?? 0) * 1e6) / records;
  return { ...sample, value: microsPerRecord, details: { ...sample.details, recordsPerSecond: sample.value } };
}

/** Without a sync, as Kafka has none: records for each second of processor time, of client and broker. */
async function produceByCost(context: RunContext): Promise<Sample> {
  const sample = await produce(context, { isEncrypted: true, durability: 'os' });
  const cpuSeconds = (sample.processes ?? []).reduce((sum, each) => sum + each.cpuSeconds, 0);
  const { records = 0 } = sample.details ?? {};
  return { ...sample, value: records / cpuSeconds, details: { ...sample.details, recordsPerSecond: sample.value } };
}

/** What the tail cache holds, again and again. */
async function consume(context: RunContext, isEncrypted: boolean): Promise<Sample> {
  const { runTimeoutMs, consumeBytes } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  const { server: started, url } = await broker({ directory: folder.path, ...(isEncrypted && { tls: tlsFiles }) });
  await using server = started;
  const wayIn: WayIn = isEncrypted ? { caFile } : {};
  const records = Math.floor(load.tailBytes / valueBytes);
  {
    const shape = { valueBytes, isVaried: false, codec: 'none' } as const;
    const filling = { topic, partitions: 1, shape, records, durability: 'os', fromMs: null, isNew: true } as const;
    await using filler = Worker.start('product/fill.ts', { ...filling, url, wayIn } satisfies FillOptions);
    await filler.next('ready', startTimeoutMs);
    filler.go();
    await filler.next('result', startTimeoutMs);
  }
  await using client = Worker.start('product/consume.ts', {
    url,
    wayIn,
    topic,
    records,
    passes: Math.ceil(consumeBytes / load.tailBytes),
    by: 'batch',
  } satisfies ProductConsumeOptions);
  await client.next('reading', runTimeoutMs);
  return rateSample(await measurePair<CountedTime>({ client, server, timeoutMs: runTimeoutMs }));
}

/** Times of acknowledgements through TLS at a fixed rate, while others log in or not. */
async function acknowledge(context: RunContext, isBesideLogins: boolean): Promise<Sample> {
  const { runTimeoutMs, warmUpMs, measureMs } = context.profile;
  await using folder = await temporaryFolder(context.directory);
  const { server: started, url } = await broker({
    directory: folder.path,
    tls: tlsFiles,
    security: securityOf(0),
  });
  await using server = started;
  await using client = Worker.start('product/latency.ts', {
    url,
    wayIn: { caFile, login },
    topic,
    durability: 'fsync',
    ratePerSecond: ackRatePerSecond,
    valueBytes,
    warmUpMs,
    measureMs,
  } satisfies ProductLatencyOptions);
  await using logins = isBesideLogins ? await startLogins(url, warmUpMs + measureMs) : null;
  const { result, processes } = await measurePair<{ acknowledgement: { percentiles: Percentiles } }>({
    client,
    server,
    timeoutMs: runTimeoutMs,
  });
  const { percentiles } = result.acknowledgement;
  const done = logins === null ? 0 : await loginsDone(logins, runTimeoutMs);
  return { value: percentiles.p99Ms, details: { ...percentiles, logins: done }, processes };
}

async function startLogins(url: string, durationMs: number): Promise<Worker> {
  const logins = Worker.start('product/plain-logins.ts', {
    url,
    caFile,
    username: user.name,
    password: user.password,
    ratePerSecond: loginsPerSecond,
    durationMs,
  } satisfies PlainLoginsOptions);
  await logins.next('ready', startTimeoutMs);
  return logins;
}

async function loginsDone(logins: Worker, timeoutMs: number): Promise<number> {
  const { done, failed, failure } = await logins.next<{ done: number; failed: number; failure: string }>(
    'result',
    timeoutMs,
  );
  if (failed > 0) throw new Error(`${failed} logins failed: ${failure}`);
  return done;
}

async function idle(context: RunContext): Promise<Sample> {
  await using folder = await temporaryFolder(context.directory);
  const { server: started, url } = await broker({
    directory: folder.path,
    tls: tlsFiles,
    limits: { connectionsMax: 2 * idleConnections, connectionsPerAddressMax: 2 * idleConnections },
  });
  await using server = started;
  await sleep(settleMs);
  const before = await server.usage();
  await using connections = Worker.start('product/idle-connections.ts', {
    url,
    connections: idleConnections,
    caFile,
  } satisfies IdleConnectionsOptions);
  await connections.next('open', startTimeoutMs);
  await sleep(settleMs);
  const after = await server.usage();
  const kBPerConnection = (after.residentBytes - before.residentBytes) / idleConnections / 1e3;
  return { value: kBPerConnection, details: { residentMB: after.residentBytes / 1e6 } };
}
