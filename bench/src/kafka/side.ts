import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kafkaLibraries, startKafkaNode } from '../peers/kafka-node.ts';
import { KafkaTools } from '../peers/kafka-tools.ts';
import { startProductBroker, temporaryFolder } from '../product/broker.ts';

export const sideNames = ['q', 'Kafka'] as const;
export type SideName = (typeof sideNames)[number];

/** A server that Kafka clients connect to, in a process and a folder of its own. */
export interface Side {
  readonly name: SideName;
  readonly pid: number;
  readonly kafkaPort: number;
  /** `q://host:port` of the native protocol; null: it has none. */
  readonly url: string | null;
  readonly tools: KafkaTools;
}

const programs = ['../peers/KafkaSends.java', 'KafkaLatency.java'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** A thousand members with two connections each come from one address. */
const productFlags = ['--limit', 'connectionsPerAddressMax=4000'];

/** @throws PeerMissing */
export function installKafka(cacheFolder: string): Promise<string> {
  return kafkaLibraries(join(cacheFolder, 'kafka-bench'), programs);
}

/**
 * Both servers, side by side: Kafka with its defaults, which sync nothing before they acknowledge, and the product with
 * its own, which sync everything. They stay for all measurements, so that neither is measured cold.
 */
export async function startSides(
  stack: AsyncDisposableStack,
  { classPath, directory }: { readonly classPath: string; readonly directory: string },
): Promise<readonly Side[]> {
  // The tools' own defaults: batches of 16 KiB, acks=all, an idempotent producer.
  const toolsFor = (port: number): KafkaTools => new KafkaTools({ classPath, port, producerProperties: [] });
  const folder = stack.use(await temporaryFolder(directory));
  const broker = stack.use(await startProductBroker(folder.path, { flags: productFlags }));
  const kafkaPort = Number(new URL(`kafka://${broker.kafkaAddress}`).port);
  const kafkaFolder = stack.use(await temporaryFolder(directory));
  const { server, port } = await startKafkaNode(classPath, kafkaFolder.path);
  stack.use(server);
  return [
    { name: 'q', pid: broker.pid, kafkaPort, url: broker.url, tools: toolsFor(kafkaPort) },
    { name: 'Kafka', pid: server.pid, kafkaPort: port, url: null, tools: toolsFor(port) },
  ];
}
