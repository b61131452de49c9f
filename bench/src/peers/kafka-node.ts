import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mavenLibraries } from './install/maven.ts';
import type { Artifact } from './install/maven.ts';
import { freePort, ServerProcess } from './server-process.ts';
import { runTool } from './tool.ts';

export const kafkaVersion = '4.4.0';
const artifacts: readonly Artifact[] = [
  `org.apache.kafka:kafka_2.13:${kafkaVersion}`,
  `org.apache.kafka:kafka-tools:${kafkaVersion}`,
  'org.slf4j:slf4j-simple:1.7.36',
];

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
/** Keeps Kafka's programs from writing what is no warning. */
export const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
const sayReady = '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info';

/**
 * Kafka with its clients and tools, and Java programs of our own compiled against them.
 *
 * @returns the class path
 */
export function kafkaLibraries(folder: string, programs: readonly string[]): Promise<string> {
  return mavenLibraries(folder, artifacts, programs);
}

/**
 * One node that is broker and controller, on free ports of the loopback interface. `more`: further properties; with
 * some of `ssl.` it encrypts what clients say.
 */
export async function startKafkaNode(
  classPath: string,
  folder: string,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly server: ServerProcess; readonly port: number }> {
  const [port, controllerPort] = [await freePort(), await freePort()];
  const settingsFile = join(folder, 'server.properties');
  await writeFile(settingsFile, serverProperties({ port, controllerPort, dataFolder: join(folder, 'data'), more }));
  // With an equals sign: one in 64 ids begins with a dash.
  const clusterId = `--cluster-id=${randomBytes(16).toString('base64url')}`;
  await runTool({
    program: 'java',
    args: [quiet, '-cp', classPath, 'kafka.tools.StorageTool', 'format', clusterId, '-c', settingsFile],
  });
  const server = await ServerProcess.start(
    { program: 'java', args: [...serverFlags, quiet, sayReady, '-cp', classPath, 'kafka.Kafka', settingsFile] },
    /Kafka Server started/,
  );
  return { server, port };
}

function serverProperties(options: {
  port: number;
  controllerPort: number;
  dataFolder: string;
  more: Readonly<Record<string, string>>;
}): string {
  const isEncrypted = Object.keys(options.more).some((name) => name.startsWith('ssl.'));
  const protocol = isEncrypted ? 'SSL' : 'PLAINTEXT';
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${options.controllerPort}`,
    'security.inter.broker.protocol': protocol,
    // Kafka has one of its own as long as nobody encrypts.
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL',
    listeners: `${protocol}://127.0.0.1:${options.port},CONTROLLER://127.0.0.1:${options.controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': options.dataFolder,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // A deleted topic goes at once, and its pages with it, so that they are not written while another peer is measured.
    'log.segment.delete.delay.ms': 0,
    ...options.more,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
