import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kafkaLibraries, kafkaVersion, startKafkaNode } from './kafka-node.ts';
import { KafkaTools } from './kafka-tools.ts';
import type { Durability, InstalledPeer, Load, LoadResult, Peer, RunningPeer, SendTimes } from './peer.ts';
import type { ServerProcess } from './server-process.ts';

const sendsProgram = fileURLToPath(new URL('KafkaSends.java', import.meta.url));

const producerProperties = [
  'acks=all',
  'linger.ms=10',
  'batch.size=1000000',
  'max.request.size=8000000',
  'buffer.memory=67108864',
];

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
    const classPath = await kafkaLibraries(join(cacheFolder, 'kafka'), [sendsProgram]);
    return { version: kafkaVersion, start: (options) => start(classPath, options) } satisfies InstalledPeer;
  },
};

async function start(
  classPath: string,
  { folder, durability }: { folder: string; durability: Durability },
): Promise<RunningPeer> {
  const { server, port } = await startKafkaNode(classPath, folder);
  return new RunningKafka({ server, durability, tools: new KafkaTools({ classPath, port, producerProperties }) });
}

class RunningKafka implements RunningPeer {
  readonly #server: ServerProcess;
  readonly #tools: KafkaTools;
  readonly #durability: Durability;

  constructor(parts: { server: ServerProcess; tools: KafkaTools; durability: Durability }) {
    this.#server = parts.server;
    this.#tools = parts.tools;
    this.#durability = parts.durability;
  }

  get pid(): number {
    return this.#server.pid;
  }

  createTopic(topic: string, partitions: number): Promise<void> {
    const durable = this.#durability === 'fsync' ? ['flush.messages=1'] : [];
    return this.#tools.createTopic(topic, partitions, ['max.message.bytes=8000000', ...durable]);
  }

  produce(topic: string, load: Load): Promise<LoadResult> {
    return this.#tools.produce(topic, load);
  }

  consume(topic: string, load: Load): Promise<LoadResult> {
    return this.#tools.consume(topic, load);
  }

  awaitedSends(topic: string, load: Load): Promise<SendTimes> {
    return this.#tools.awaitedSends(topic, load);
  }

  deleteTopic(topic: string): Promise<void> {
    return this.#tools.deleteTopic(topic);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}
