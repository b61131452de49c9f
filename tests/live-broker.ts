import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { encodeBatch } from '@q/protocol';
import { BrokerProcess } from '@q/testkit';
import { KafkaConnection } from './kafka-connection.ts';
import { residentBytes } from './resident-memory.ts';

const brokerMain = fileURLToPath(new URL('../apps/broker/src/main.ts', import.meta.url));
const topic = 'honest';
const partitions = 2;
/** So that the honest client proves something without filling the machine. */
const pauseMs = 5;
/** How long an honest request may take: generous, as the machine is shared. It shows hangs, not slowness. */
const honestMsMax = 20_000;

/** What the honest clients saw. */
export interface HonestAccount {
  readonly acknowledged: number;
  readonly read: number;
  /** Empty unless something was refused, lost, repeated or late. */
  readonly troubles: readonly string[];
}

/**
 * A broker in a process of its own that is being abused, with its memory watched, and two honest clients, one at each
 * door, that produce and consume all the while and must notice nothing.
 *
 * Invariants: `peakBytes` is the greatest resident memory of the process that was seen since `start`; each honest
 * client keeps one send in flight, so that what it acknowledged and what is read can be compared exactly.
 */
export class LiveBroker implements AsyncDisposable {
  readonly broker: BrokerProcess;
  /** Resident memory with one idle client, before the abuse. */
  readonly idleBytes: number;
  peakBytes: number;
  readonly #q: Q;
  readonly #kafka: KafkaConnection;
  readonly #watch: NodeJS.Timeout;
  readonly #troubles: string[] = [];
  readonly #acknowledged = { native: 0, kafka: 0 };
  #slowestMs = 0;
  #isStopping = false;
  #working: Promise<unknown> = Promise.resolve();

  private constructor(broker: BrokerProcess, o: { readonly q: Q; readonly kafka: KafkaConnection }) {
    this.broker = broker;
    this.#q = o.q;
    this.#kafka = o.kafka;
    this.idleBytes = this.peakBytes = residentBytes(broker.pid);
    this.#watch = setInterval(() => this.#look(), 50);
    this.#watch.unref();
  }

  static async start(args: readonly string[] = []): Promise<LiveBroker> {
    const broker = await BrokerProcess.start({ main: brokerMain, args: ['--storage', 'memory', ...args] });
    try {
      const q = await connect(broker.url, { retry: { maxMs: 100 } });
      await q.admin.createTopic(topic, { partitions });
      const kafka = await KafkaConnection.open(broker.kafkaPort);
      const live = new LiveBroker(broker, { q, kafka });
      const producer = q.producer();
      live.#working = Promise.all([
        live.#work('native', (value) => producer.send(topic, { value })),
        live.#work('kafka', (value) => live.#produceOverKafka(value)),
      ]);
      return live;
    } catch (error) {
      await broker.kill();
      throw error;
    }
  }

  get ports(): { readonly native: number; readonly kafka: number } {
    return { native: this.broker.port, kafka: this.broker.kafkaPort };
  }

  get slowestMs(): number {
    return Math.round(this.#slowestMs);
  }

  /** Stops the honest clients, reads back all that they have sent, and tells. */
  async account(): Promise<HonestAccount> {
    this.#isStopping = true;
    await this.#working;
    const values: string[] = [];
    for await (const { value } of this.#q.consumer(topic, { from: 'earliest', stopAtEnd: true }))
      values.push(value!.toString());
    const unique = new Set(values);
    if (unique.size !== values.length) this.#troubles.push(`${values.length - unique.size} records are there twice`);
    for (const [who, acknowledged] of Object.entries(this.#acknowledged)) {
      for (let number = 0; number < acknowledged; number += 1) {
        if (!unique.has(`${who} ${number}`)) this.#troubles.push(`${who} ${number} was acknowledged and is not there`);
      }
    }
    await this.#readOverKafka(values);
    // Its own mistakes a broker writes down.
    const faults = this.broker.log
      .split('\n')
      .filter((line) => line.includes('request failed') || line.includes('could not be served'));
    for (const fault of faults)
      this.#troubles.push(`the broker failed in a way that it did not foresee: ${fault.slice(0, 500)}`);
    const { native, kafka } = this.#acknowledged;
    return { acknowledged: native + kafka, read: values.length, troubles: this.#troubles };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watch);
    await this.#q.close({ timeoutMs: 0 });
    await this.#kafka[Symbol.asyncDispose]();
    await this.#working;
    await this.broker.kill();
  }

  async #produceOverKafka(value: string): Promise<void> {
    const batch = encodeBatch([{ value: Buffer.from(value) }]);
    const { errorCode } = await this.#kafka.produce(topic, batch);
    if (errorCode !== 0) throw new Error(`Kafka's error ${errorCode}`);
  }

  /** The other door must show the same. */
  async #readOverKafka(expected: readonly string[]): Promise<void> {
    const values: string[] = [];
    for (let partition = 0; partition < partitions; partition += 1)
      values.push(...(await this.#kafka.readValues(topic, partition)));
    if (values.toSorted().join() !== expected.toSorted().join())
      this.#troubles.push(`the Kafka door has ${values.length} records, the native one ${expected.length}`);
  }

  async #work(who: 'native' | 'kafka', send: (value: string) => Promise<unknown>): Promise<void> {
    while (!this.#isStopping) {
      const startedAt = performance.now();
      try {
        await send(`${who} ${this.#acknowledged[who]}`);
        this.#acknowledged[who] += 1;
      } catch (error) {
        if (!this.#isStopping) this.#troubles.push(`send ${who} ${this.#acknowledged[who]} failed: ${String(error)}`);
        return;
      }
      const elapsedMs = performance.now() - startedAt;
      this.#slowestMs = Math.max(this.#slowestMs, elapsedMs);
      if (elapsedMs > honestMsMax) this.#troubles.push(`send ${who} took ${Math.round(elapsedMs)} ms`);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  #look(): void {
    this.peakBytes = Math.max(this.peakBytes, residentBytes(this.broker.pid));
  }
}
