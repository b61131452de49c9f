import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sample } from '../case.ts';
import { readTree } from '../measure/process-tree.ts';
import { kafkaLibraries, startKafkaNode } from '../peers/kafka-node.ts';
import { KafkaTools } from '../peers/kafka-tools.ts';
import { defaultPeersFolder } from '../peers/main.ts';
import { PeerMissing } from '../peers/peer.ts';
import { temporaryFolder } from '../product/broker.ts';
import { caFile, tlsFiles } from '../product/certificates.ts';
import type { RunContext } from '../run-context.ts';

const topic = 'bench';
const valueBytes = 100;
/** The same libraries as the comparison with peers has. */
const sendsProgram = fileURLToPath(new URL('../peers/KafkaSends.java', import.meta.url));
/** Of a run that only warms up, whose cost is taken off the other's. */
const shortRecords = 1_000_000;
const longRecords = 4_000_000;
/** The best that were found for the comparison with peers. */
const producerProperties = ['acks=all', 'linger.ms=10', 'batch.size=1000000', 'buffer.memory=67108864'];

interface Cost {
  readonly recordsPerSecond: number;
  readonly cpuSeconds: number;
}

/** Kafka's own load tool against Kafka, through TLS: records for each second of processor time of both. */
export class KafkaThroughTls {
  readonly #context: RunContext;
  #classPath: string | null = null;

  constructor(context: RunContext) {
    this.#context = context;
  }

  async whyNot(): Promise<string | null> {
    try {
      const folder = process.env['Q_BENCH_PEERS_DIR'] ?? defaultPeersFolder();
      this.#classPath = await kafkaLibraries(join(folder, 'kafka'), [sendsProgram]);
      return null;
    } catch (error) {
      if (!(error instanceof PeerMissing)) throw error;
      return error.message;
    }
  }

  async run(): Promise<Sample> {
    const classPath = this.#classPath!;
    await using folder = await temporaryFolder(this.#context.directory);
    const { server, port } = await startKafkaNode(classPath, folder.path, serverProperties());
    await using node = server;
    const trust = clientProperties();
    const config = join(folder.path, 'client.properties');
    await writeFile(config, trust.map((each) => `${each}\n`).join(''));
    const tools = new KafkaTools({ classPath, port, producerProperties: [...producerProperties, ...trust] });
    const create = ['--create', '--topic', topic, '--partitions', '1', '--config', 'max.message.bytes=8000000'];
    await tools.tool('TopicCommand', [...create, '--command-config', config]);
    const cost = async (records: number): Promise<Cost> => {
      const before = await readTree(node.pid);
      const { recordsPerSecond, client } = await tools.produce(topic, { valueBytes, records });
      const after = await readTree(node.pid);
      return { recordsPerSecond, cpuSeconds: after.cpuSeconds - before.cpuSeconds + client.cpuSeconds };
    };
    const short = await cost(shortRecords);
    const long = await cost(longRecords);
    const value = (longRecords - shortRecords) / (long.cpuSeconds - short.cpuSeconds);
    return { value, details: { recordsPerSecond: long.recordsPerSecond } };
  }
}

/** In one line each, as a file of properties has them. */
function inLine(file: string): string {
  return readFileSync(file, 'utf8')
    .trim()
    .replaceAll('\n', String.raw`\n`);
}

function serverProperties(): Record<string, string> {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': inLine(tlsFiles.certFile),
    'ssl.keystore.key': inLine(tlsFiles.keyFile),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': caFile,
    'ssl.enabled.protocols': 'TLSv1.3',
  };
}

function clientProperties(): string[] {
  return ['security.protocol=SSL', 'ssl.truststore.type=PEM', `ssl.truststore.location=${caFile}`];
}
