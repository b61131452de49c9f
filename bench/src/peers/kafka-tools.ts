import { parseConsumerRate, parseProducerRate, warmUpShare } from './kafka-output.ts';
import { quiet } from './kafka-node.ts';
import { parseSendTimes } from './load-line.ts';
import type { Load, LoadResult, SendTimes } from './peer.ts';
import { runTool } from './tool.ts';
import type { ToolRun } from './tool.ts';

const toolFlags = [
  '-Xmx512M',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
];
/** Often enough that even a short run has lines on both sides of its warm-up. */
const reportEveryMs = 10;

/** Kafka's own load tools, each run in a virtual machine of its own, against whoever listens on the port. */
export class KafkaTools {
  readonly #classPath: string;
  readonly #port: number;
  readonly #producerProperties: readonly string[];

  constructor(o: {
    readonly classPath: string;
    readonly port: number;
    readonly producerProperties: readonly string[];
  }) {
    this.#classPath = o.classPath;
    this.#port = o.port;
    this.#producerProperties = o.producerProperties;
  }

  async createTopic(topic: string, partitions: number, config: readonly string[]): Promise<void> {
    const settings = config.flatMap((one) => ['--config', one]);
    await this.tool('TopicCommand', ['--create', '--topic', topic, '--partitions', String(partitions), ...settings]);
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.tool('TopicCommand', ['--delete', '--topic', topic]);
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
    const properties = this.#producerProperties.length === 0 ? [] : ['--command-property', ...this.#producerProperties];
    const { output, cost } = await this.tool('ProducerPerformance', [
      '--topic',
      topic,
      ...sizes,
      '--throughput',
      '-1',
      ...properties,
    ]);
    return { recordsPerSecond: parseProducerRate(output), client: cost };
  }

  async consume(topic: string, { records }: Load): Promise<LoadResult> {
    const stats = ['--show-detailed-stats', '--reporting-interval', String(reportEveryMs)];
    const { output, cost } = await this.tool('ConsumerPerformance', [
      '--topic',
      topic,
      '--num-records',
      String(records),
      ...stats,
    ]);
    return { recordsPerSecond: parseConsumerRate(output, records), client: cost };
  }

  async awaitedSends(topic: string, { valueBytes, records }: Load): Promise<SendTimes> {
    const { output } = await this.java('KafkaSends', [String(this.#port), topic, String(records), String(valueBytes)]);
    return parseSendTimes(output);
  }

  tool(name: string, args: readonly string[]): Promise<ToolRun> {
    return this.java(`org.apache.kafka.tools.${name}`, ['--bootstrap-server', `127.0.0.1:${this.#port}`, ...args]);
  }

  java(main: string, args: readonly string[]): Promise<ToolRun> {
    return runTool({ program: 'java', args: [...toolFlags, quiet, '-cp', this.#classPath, main, ...args] });
  }
}
