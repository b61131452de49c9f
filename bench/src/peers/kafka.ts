import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mavenLibraries } from './install/maven.ts';
import type { Artifact } from './install/maven.ts';
import { parseConsumerRate, parseProducerRate, warmUpShare } from './kafka-output.ts';
import { parseSendTimes } from './load-line.ts';
import type { Durability, InstalledPeer, Load, LoadResult, Peer, RunningPeer, SendTimes } from './peer.ts';
import { freePort, ServerProcess } from './server-process.ts';
import { runTool } from './tool.ts';
import type { ToolRun } from './tool.ts';

const version = '4.3.1';
const artifacts: readonly Artifact[] = [
  `org.apache.kafka:kafka_2.13:${version}`,
  `org.apache.kafka:kafka-tools:${version}`,
  'org.slf4j:slf4j-simple:1.7.36',
];
const sendsProgram = fileURLToPath(new URL('KafkaSends.java', import.meta.url));

// Those of Kafka's own start scripts.
const serverFlags = [
  '-Xms1G',
  '-Xmx1G',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
];
const toolFlags = [
  '-Xmx512M',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
];
const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
const sayReady = '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info';
const producerProperties = [
  'acks=all',
  'linger.ms=10',
  'batch.size=1000000',
  'max.request.size=8000000',
  'buffer.memory=67108864',
];
/** Often enough that even a short run has lines on both sides of its warm-up. */
const reportEveryMs = 10;

export const kafka: Peer = {
  name: 'Apache Kafka',
  hasPartitions: true,
  acknowledgement: {
    fsync: 'written and fsynced, each produced batch for itself (flush.messages=1, acks=all, one replica)',
    default: 'in the page cache (acks=all, one replica; Kafka leaves the sync to the system)',
  },
  settings: `one KRaft node, heap 1 GiB; kafka-producer-perf-test with ${producerProperties.join(' ')}; kafka-consumer-perf-test with its defaults; awaited sends through its Java client, linger.ms=0`,
  expected: { fsync: { records: 400_000, sends: 1000 }, default: { records: 600_000, sends: 2000 } },
  install: async (cacheFolder) => {
    const classPath = await mavenLibraries(join(cacheFolder, 'kafka'), artifacts, {
      path: sendsProgram,
      text: await readFile(sendsProgram, 'utf8'),
    });
    return { version, start: (options) => start(classPath, options) } satisfies InstalledPeer;
  },
};

async function start(
  classPath: string,
  { folder, durability }: { folder: string; durability: Durability },
): Promise<RunningPeer> {
  const [port, controllerPort] = [await freePort(), await freePort()];
  const settingsFile = join(folder, 'server.properties');
  await writeFile(settingsFile, serverProperties({ port, controllerPort, dataFolder: join(folder, 'data') }));
  const clusterId = randomBytes(16).toString('base64url');
  // With an equals sign: one in 64 ids begins with a dash.
  await runTool({
    program: 'java',
    args: [
      quiet,
      '-cp',
      classPath,
      'kafka.tools.StorageTool',
      'format',
      `--cluster-id=${clusterId}`,
      '-c',
      settingsFile,
    ],
  });
  const server = await ServerProcess.start(
    { program: 'java', args: [...serverFlags, quiet, sayReady, '-cp', classPath, 'kafka.Kafka', settingsFile] },
    /Kafka Server started/,
  );
  return new RunningKafka({ server, classPath, port, durability });
}

function serverProperties(options: { port: number; controllerPort: number; dataFolder: string }): string {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${options.controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${options.port},CONTROLLER://127.0.0.1:${options.controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': options.dataFolder,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // A deleted topic goes at once, and its pages with it, so that they are not written while another peer is measured.
    'log.segment.delete.delay.ms': 0,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

class RunningKafka implements RunningPeer {
  readonly #server: ServerProcess;
  readonly #classPath: string;
  readonly #port: number;
  readonly #durability: Durability;

  constructor(parts: { server: ServerProcess; classPath: string; port: number; durability: Durability }) {
    this.#server = parts.server;
    this.#classPath = parts.classPath;
    this.#port = parts.port;
    this.#durability = parts.durability;
  }

  get pid(): number {
    return this.#server.pid;
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    const durable = this.#durability === 'fsync' ? ['--config', 'flush.messages=1'] : [];
    await this.#tool('TopicCommand', [
      '--create',
      '--topic',
      topic,
      '--partitions',
      String(partitions),
      '--config',
      'max.message.bytes=8000000',
      ...durable,
    ]);
  }

  async produce(topic: string, { valueBytes, records }: Load): Promise<LoadResult> {
    const sizes = [
      '--num-records',
      String(records),
      '--warmup-records',
      String(Math.floor(records * warmUpShare)),
      '--record-size',
      String(valueBytes),
    ];
    const { output, cost } = await this.#tool('ProducerPerformance', [
      '--topic',
      topic,
      ...sizes,
      '--throughput',
      '-1',
      '--command-property',
      ...producerProperties,
    ]);
    return { recordsPerSecond: parseProducerRate(output), client: cost };
  }

  async consume(topic: string, { records }: Load): Promise<LoadResult> {
    const stats = ['--show-detailed-stats', '--reporting-interval', String(reportEveryMs)];
    const { output, cost } = await this.#tool('ConsumerPerformance', [
      '--topic',
      topic,
      '--num-records',
      String(records),
      ...stats,
    ]);
    return { recordsPerSecond: parseConsumerRate(output, records), client: cost };
  }

  async awaitedSends(topic: string, { valueBytes, records }: Load): Promise<SendTimes> {
    const { output } = await this.#java('KafkaSends', [String(this.#port), topic, String(records), String(valueBytes)]);
    return parseSendTimes(output);
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#tool('TopicCommand', ['--delete', '--topic', topic]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  #tool(name: string, args: readonly string[]): Promise<ToolRun> {
    return this.#java(`org.apache.kafka.tools.${name}`, ['--bootstrap-server', `127.0.0.1:${this.#port}`, ...args]);
  }

  #java(main: string, args: readonly string[]): Promise<ToolRun> {
    return runTool({ program: 'java', args: [...toolFlags, quiet, '-cp', this.#classPath, main, ...args] });
  }
}
