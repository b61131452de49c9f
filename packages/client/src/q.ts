import { onAbort } from './abort.ts';
import type { Admin } from './admin/admin.ts';
import { ClusterAdmin } from './admin/admin.ts';
import { closedError } from './cluster/broker-link.ts';
import type { Cluster } from './cluster/cluster.ts';
import { resolveConsumerOptions } from './consumer/consumer-options.ts';
import type { ConsumerOptions } from './consumer/consumer-options.ts';
import { PlainConsumer } from './consumer/consumer.ts';
import type { Consumer } from './consumer/consumer.ts';
import type { GroupConsumer } from './group/group-consumer.ts';
import { resolveGroupOptions } from './group/group-options.ts';
import type { GroupConsumerOptions } from './group/group-options.ts';
import { MemberConsumer } from './group/member-consumer.ts';
import { checkOptions, integer, isObject, reading, waitMsMax } from './option-check.ts';
import { resolveProducerOptions, resolveTransactionalOptions } from './producer/producer-options.ts';
import type { ProducerOptions, TransactionalProducerOptions } from './producer/producer-options.ts';
import { ClusterProducer } from './producer/producer.ts';
import type { CloseResult, Producer } from './producer/producer.ts';
import { TracedProducer } from './producer/traced-producer.ts';
import { ClusterTransactions } from './transactions/cluster-transactions.ts';
import type { TransactionalProducer } from './transactions/transaction.ts';
import { asTopic } from './topic/topic.ts';
import type { Topic } from './topic/topic.ts';

/**
 * A client: one multiplexed connection to each broker, shared by everything that is made from it. Connections that
 * break are opened again for as long as the client is open.
 */
export interface Q extends AsyncDisposable {
  /** Topics, groups and brokers. */
  readonly admin: Admin;
  /** The id of the cluster, which never changes. */
  readonly clusterId: string;
  /** Makes transactions. @throws QError `INVALID_CONFIG`, `CLOSED`. */
  producer(options: TransactionalProducerOptions): TransactionalProducer;
  /** @throws QError `INVALID_CONFIG`, `CLOSED`. */
  producer(options?: ProducerOptions): Producer;
  /**
   * A member of a consumer group. Joins when it is iterated, or with `ready()`. @throws QError `INVALID_CONFIG`,
   * `CLOSED`.
   */
  consumer<KI, VI, KO, VO>(topic: Topic<KI, VI, KO, VO>, options: GroupConsumerOptions): GroupConsumer<KO, VO>;
  /** As above, of a topic without types. */
  consumer(topic: string, options: GroupConsumerOptions): GroupConsumer;
  /** Begins to read when it is iterated. @throws QError `INVALID_CONFIG`, `CLOSED`. */
  consumer<KI, VI, KO, VO>(topic: Topic<KI, VI, KO, VO>, options?: ConsumerOptions): Consumer<KO, VO>;
  /** As above, of a topic without types. */
  consumer(topic: string, options?: ConsumerOptions): Consumer;
  /**
   * Closes its consumers - those of groups as their `close` says -, then lets its producers send what they have, for at
   * most `timeoutMs` each (default 5,000), and closes the connections. Never waits for a broker that cannot be reached
   * any longer than that. The result is the sum: messages of group consumers, and records of producers.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<CloseResult>;
}

interface ClosedWithClient {
  close(options: { readonly timeoutMs?: number }): Promise<CloseResult | void>;
}

export class Client implements Q {
  readonly admin: Admin;
  readonly #cluster: Cluster;
  readonly #requestTimeoutMs: number;
  readonly #producers = new Set<Pick<Producer, 'close'>>();
  /** Those that are in use: one that is not costs nothing, and need not be closed. */
  readonly #consumers = new Set<ClosedWithClient>();
  readonly #keeping = {
    onBusy: (consumer: ClosedWithClient): void => {
      this.#consumers.add(consumer);
      if (this.#closing !== null) void consumer.close({});
    },
    onIdle: (consumer: ClosedWithClient): void => void this.#consumers.delete(consumer),
  };
  #forgetSignal: () => void = () => {};
  #deadLetters: Producer | null = null;
  #closing: Promise<CloseResult> | null = null;

  constructor(o: { cluster: Cluster; signal: AbortSignal | undefined }) {
    this.#cluster = o.cluster;
    this.#requestTimeoutMs = o.cluster.requestTimeoutMs;
    this.admin = new ClusterAdmin(o.cluster);
    // Last: a signal that is aborted already closes it here and now.
    this.#forgetSignal = onAbort(o.signal, () => void this.close());
  }

  get clusterId(): string {
    return this.#cluster.clusterId;
  }

  producer(options: TransactionalProducerOptions): TransactionalProducer;
  producer(options?: ProducerOptions): Producer;
  producer(options?: ProducerOptions | TransactionalProducerOptions): Producer | TransactionalProducer {
    this.#checkOpen();
    return isTransactional(options) ? this.#transactions(options) : this.#producer(options);
  }

  #transactions(options: TransactionalProducerOptions): TransactionalProducer {
    const producer = new ClusterTransactions({
      cluster: this.#cluster,
      options: resolveTransactionalOptions(options),
      onClosed: () => void this.#producers.delete(producer),
    });
    this.#producers.add(producer);
    return producer;
  }

  #producer(options?: ProducerOptions): Producer {
    const producer: Producer = new ClusterProducer({
      cluster: this.#cluster,
      options: resolveProducerOptions(options),
      transaction: null,
      onClosed: () => void this.#producers.delete(producer),
    });
    this.#producers.add(producer);
    const { tracing } = this.#cluster;
    return tracing === null ? producer : new TracedProducer(producer, tracing);
  }

  consumer<KI, VI, KO, VO>(
    topicOrName: Topic<KI, VI, KO, VO> | string,
    options: GroupConsumerOptions,
  ): GroupConsumer<KO, VO>;
  consumer<KI, VI, KO, VO>(topicOrName: Topic<KI, VI, KO, VO> | string, options?: ConsumerOptions): Consumer<KO, VO>;
  consumer<KI, VI, KO, VO>(
    topicOrName: Topic<KI, VI, KO, VO> | string,
    options: ConsumerOptions | GroupConsumerOptions = {},
  ): Consumer<KO, VO> | GroupConsumer<KO, VO> {
    this.#checkOpen();
    const common = {
      cluster: this.#cluster,
      topic: asTopic(topicOrName),
      deadLetters: () => (this.#deadLetters ??= this.producer()),
    };
    return isOfGroup(options)
      ? new MemberConsumer<KO, VO>({
          ...common,
          ...this.#keeping,
          options: resolveGroupOptions(options, this.#requestTimeoutMs),
        })
      : new PlainConsumer<KO, VO>({
          ...common,
          ...this.#keeping,
          options: resolveConsumerOptions(options, this.#requestTimeoutMs),
        });
  }

  async close(options: { readonly timeoutMs?: number } = {}): Promise<CloseResult> {
    checkOptions('close', options, { timeoutMs: integer({ min: 0, max: waitMsMax }) });
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(options: { readonly timeoutMs?: number }): Promise<CloseResult> {
    this.#forgetSignal();
    try {
      const consumed = await Promise.all([...this.#consumers].map((consumer) => consumer.close(options)));
      const produced = await Promise.all([...this.#producers].map((producer) => producer.close(options)));
      const results = [...consumed.filter((result) => result !== undefined), ...produced];
      return {
        drained: results.reduce((sum, { drained }) => sum + drained, 0),
        abandoned: results.reduce((sum, { abandoned }) => sum + abandoned, 0),
      };
    } finally {
      this.#cluster.close();
    }
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw closedError('The client');
  }
}

function isTransactional(
  options: ProducerOptions | TransactionalProducerOptions | undefined,
): options is TransactionalProducerOptions {
  return reading(
    { what: 'The options of producer', code: 'INVALID_CONFIG', details: { option: 'producer' } },
    () => isObject(options) && 'transactionalId' in options,
  );
}

function isOfGroup(options: ConsumerOptions | GroupConsumerOptions): options is GroupConsumerOptions {
  return reading(
    { what: 'The options of consumer', code: 'INVALID_CONFIG', details: { option: 'consumer' } },
    () => isObject(options) && options.group !== undefined,
  );
}
