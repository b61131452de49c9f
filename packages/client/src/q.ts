import { onAbort } from './abort.ts';
import type { Admin } from './admin/admin.ts';
import { ClusterAdmin } from './admin/admin.ts';
import { closedError } from './cluster/broker-link.ts';
import type { Cluster } from './cluster/cluster.ts';
import { PlainConsumer } from './consumer/consumer.ts';
import type { Consumer } from './consumer/consumer.ts';
import { checkStart } from './consumer/start-position.ts';
import { resolveConsumerOptions, resolveProducerOptions } from './options.ts';
import type { ConsumerOptions, ProducerOptions } from './options.ts';
import { ClusterProducer } from './producer/producer.ts';
import type { CloseResult, Producer } from './producer/producer.ts';
import { asTopic } from './topic/topic.ts';
import type { Topic } from './topic/topic.ts';

/**
 * A client: one multiplexed connection to each broker, shared by everything that is made from it. Connections that break are
 * opened again for as long as the client is open.
 */
export interface Q extends AsyncDisposable {
  readonly admin: Admin;
  /** The id of the cluster, which never changes. */
  readonly clusterId: string;
  /** @throws QError `INVALID_CONFIG`, `CLOSED`. */
  producer(options?: ProducerOptions): Producer;
  /** Begins to read when it is iterated. @throws QError `INVALID_CONFIG`, `CLOSED`. */
  consumer<KI, VI, KO, VO>(topic: Topic<KI, VI, KO, VO>, options?: ConsumerOptions): Consumer<KO, VO>;
  consumer(topic: string, options?: ConsumerOptions): Consumer;
  /**
   * Closes its consumers, lets its producers send what they have for at most `timeoutMs` each (default 5,000), closes the
   * connections. Never waits for a broker that cannot be reached any longer than that.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<CloseResult>;
}

export class Client implements Q {
  readonly admin: Admin;
  readonly #cluster: Cluster;
  readonly #requestTimeoutMs: number;
  readonly #producers = new Set<Producer>();
  readonly #consumers = new Set<{ close(): Promise<void> }>();
  readonly #forgetSignal: () => void;
  #deadLetters: Producer | null = null;
  #closing: Promise<CloseResult> | null = null;

  constructor(o: { cluster: Cluster; signal: AbortSignal | undefined }) {
    this.#cluster = o.cluster;
    this.#requestTimeoutMs = o.cluster.requestTimeoutMs;
    this.admin = new ClusterAdmin(o.cluster);
    this.#forgetSignal = onAbort(o.signal, () => void this.close());
  }

  get clusterId(): string {
    return this.#cluster.clusterId;
  }

  producer(options?: ProducerOptions): Producer {
    this.#checkOpen();
    const producer: Producer = new ClusterProducer({
      cluster: this.#cluster,
      options: resolveProducerOptions(options),
      onClosed: () => void this.#producers.delete(producer),
    });
    this.#producers.add(producer);
    return producer;
  }

  consumer<KI, VI, KO, VO>(topicOrName: Topic<KI, VI, KO, VO> | string, options: ConsumerOptions = {}): Consumer<KO, VO> {
    this.#checkOpen();
    const resolved = resolveConsumerOptions(options, this.#requestTimeoutMs);
    checkStart(resolved.from);
    const consumer: PlainConsumer<KO, VO> = new PlainConsumer<KO, VO>({
      cluster: this.#cluster,
      topic: asTopic(topicOrName),
      options: resolved,
      deadLetters: () => (this.#deadLetters ??= this.producer()),
      onClosed: () => void this.#consumers.delete(consumer),
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<CloseResult> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(options: { readonly timeoutMs?: number }): Promise<CloseResult> {
    this.#forgetSignal();
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    const results = await Promise.all([...this.#producers].map((producer) => producer.close(options)));
    this.#cluster.close();
    return {
      drained: results.reduce((sum, { drained }) => sum + drained, 0),
      abandoned: results.reduce((sum, { abandoned }) => sum + abandoned, 0),
    };
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw closedError('The client');
  }
}
