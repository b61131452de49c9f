import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sample } from '../case.ts';
import { readTree } from '../measure/process-tree.ts';
import { kafkaLibraries, startKafkaNode } from '../peers/kafka-node.ts';
import { KafkaTools } from '../peers/kafka-tools.ts';
import { parseRate } from '../peers/load-line.ts';
import { defaultPeersFolder } from '../peers/main.ts';
import { PeerMissing } from '../peers/peer.ts';
import { startProductBroker, temporaryFolder } from '../product/broker.ts';
import type { RunContext } from '../run-context.ts';

const program = fileURLToPath(new URL('../kafka/KafkaTransactions.java', import.meta.url));

const valueBytes = 100;
/** Of the profile's own: Java compiles for longer, and so does Kafka. */
const javaWarmUps = 5;

/** A server that Kafka's client is to load. */
interface Served {
  readonly pid: number;
  readonly port: number;
}

/** Small transactions through Kafka's own client, against Kafka, which syncs nothing, and against the product. */
export class KafkaTransactions {
  readonly #context: RunContext;
  readonly #shape: { readonly topic: string; readonly producers: number; readonly partitions: number };
  #classPath: string | null = null;

  constructor(context: RunContext, shape: { topic: string; producers: number; partitions: number }) {
    this.#context = context;
    this.#shape = shape;
  }

  async whyNot(): Promise<string | null> {
    try {
      const folder = process.env['Q_BENCH_PEERS_DIR'] ?? defaultPeersFolder();
      this.#classPath = await kafkaLibraries(join(folder, 'kafka-transactions'), [program]);
      return null;
    } catch (error) {
      if (!(error instanceof PeerMissing)) throw error;
      return error.message;
    }
  }

  async againstKafka(): Promise<Sample> {
    await using folder = await temporaryFolder(this.#context.directory);
    const { server, port } = await startKafkaNode(this.#classPath!, folder.path);
    await using node = server;
    return await this.#load({ pid: node.pid, port });
  }

  async againstProduct(): Promise<Sample> {
    await using folder = await temporaryFolder(this.#context.directory);
    await using broker = await startProductBroker(folder.path);
    return await this.#load({ pid: broker.pid, port: broker.kafkaPort });
  }

  async #load({ pid, port }: Served): Promise<Sample> {
    const { topic, producers, partitions } = this.#shape;
    const { warmUpMs, measureMs } = this.#context.profile;
    const tools = new KafkaTools({ classPath: this.#classPath!, port, producerProperties: [] });
    await tools.createTopic(topic, partitions, []);
    const before = await readTree(pid);
    const numbers = [producers, partitions, valueBytes, javaWarmUps * warmUpMs, measureMs].map(String);
    const { output, cost } = await tools.java('KafkaTransactions', [String(port), topic, ...numbers]);
    const after = await readTree(pid);
    const details = { serverCpuSeconds: after.cpuSeconds - before.cpuSeconds, clientCpuSeconds: cost.cpuSeconds };
    return { value: parseRate(output), details };
  }
}
