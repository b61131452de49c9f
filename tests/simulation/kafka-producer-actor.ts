import { encodeBatch } from '@q/protocol';
import { formatLog, formatValue, ProcessClock } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { kafkaErrorCode } from '../../packages/kafka-gateway/src/errors/kafka-errors.ts';
import { initProducerId } from '../../packages/kafka-gateway/src/messages/init-producer-id.ts';
import { produce } from '../../packages/kafka-gateway/src/messages/produce.ts';
import { KafkaClient, noAnswer } from './kafka-client.ts';
import { idHeader } from './record-identity.ts';
import type { SimulatedTopic } from './simulated-topics.ts';
import type { World } from './world.ts';

/** Versions in which topics have names; the first does not know zstd. */
const versions = [3, 7, 9, 12] as const;
const recordsMax = 4;
const pauseMsMax = 100;

/** After these the same batch is sent again. */
const passing: readonly number[] = [
  kafkaErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  kafkaErrorCode.LEADER_NOT_AVAILABLE,
  kafkaErrorCode.NOT_LEADER_OR_FOLLOWER,
  kafkaErrorCode.REQUEST_TIMED_OUT,
  kafkaErrorCode.KAFKA_STORAGE_ERROR,
  // The clock of the broker is wrong for a while.
  kafkaErrorCode.INVALID_TIMESTAMP,
];

interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly ids: readonly string[];
  readonly bytes: Buffer;
}

interface Result {
  readonly errorCode: number;
  readonly baseOffset: number;
}

/**
 * An idempotent producer that speaks Kafka: each partition has one batch under way, which is sent again, as it is,
 * until it is acknowledged. Now and then one is sent again that was: nothing may come of that.
 *
 * Invariant: the records of a batch are in the history before it leaves, and their outcome before the next one does.
 */
export class KafkaProducerActor {
  readonly #world: World;
  readonly #name: string;
  readonly #topic: SimulatedTopic;
  readonly #random: SeededRandom;
  readonly #clock: ProcessClock;
  readonly #client: KafkaClient;
  #sequence = 0;

  constructor(o: { world: World; name: string; topic: SimulatedTopic; random: SeededRandom }) {
    this.#world = o.world;
    this.#name = o.name;
    this.#topic = o.topic;
    this.#random = o.random;
    this.#clock = new ProcessClock(o.world.clock);
    this.#client = new KafkaClient(o.world, this.#clock);
  }

  async run(): Promise<void> {
    const producer = await this.#producerId();
    const partitions = Array.from({ length: this.#topic.partitions }, (_, partition) => partition);
    await Promise.all(partitions.map((partition) => this.#fill(partition, producer)));
    this.#world.trace.add(`${this.#name} has the outcome of every batch`);
    await this.#client.close();
  }

  async #producerId(): Promise<{ producerId: number; producerEpoch: number }> {
    const body = { transactionalId: null, transactionTimeoutMs: -1 };
    for (;;) {
      const answer = await this.#client.ask(initProducerId, 4, body).catch(noAnswer);
      if (answer?.errorCode === kafkaErrorCode.NONE) return answer;
      await this.#pause();
    }
  }

  async #fill(partition: number, producer: { producerId: number; producerEpoch: number }): Promise<void> {
    const { plan } = this.#world;
    const count = Math.ceil(plan.recordsPerProducer / 2 / this.#topic.partitions);
    const pauseMs = plan.faultsMs / count;
    for (let baseSequence = 0; baseSequence < count;) {
      const batch = this.#batch(partition, { ...producer, baseSequence });
      const { baseOffset } = await this.#untilAcknowledged(batch);
      const log = formatLog(batch.topic, partition);
      this.#world.trace.add(`${batch.ids.join()} over Kafka at ${log}:${baseOffset}`);
      for (const [index, id] of batch.ids.entries())
        this.#world.history.acknowledged(id, { log, offset: baseOffset + index });
      if (this.#random.chance(0.1)) await this.#again(batch, baseOffset);
      baseSequence += batch.ids.length;
      if (this.#random.chance(0.5)) await this.#sleep(this.#random.next() * 4 * pauseMs);
    }
  }

  #batch(partition: number, o: { producerId: number; producerEpoch: number; baseSequence: number }): Batch {
    const records = Array.from({ length: this.#random.between(1, recordsMax) }, () => {
      const id = formatValue(`${this.#name}.${partition}`, (this.#sequence += 1));
      this.#world.history.sending(id);
      const padding = 'k'.repeat(this.#random.below(this.#world.plan.paddingBytesMax));
      return { value: Buffer.from(`${id} ${padding}`), headers: [{ key: idHeader, value: Buffer.from(id) }], id };
    });
    const codec = this.#world.plan.compression;
    const bytes = encodeBatch(records, { ...o, codec, timestampMs: this.#clock.now() });
    return { topic: this.#topic.name, partition, ids: records.map(({ id }) => id), bytes };
  }

  async #untilAcknowledged(batch: Batch): Promise<Result> {
    for (;;) {
      const result = await this.#send(batch);
      if (result?.errorCode === kafkaErrorCode.NONE) return result;
      if (result !== null && !passing.includes(result.errorCode))
        this.#world.problem(`${batch.ids.join()} over Kafka is answered with ${result.errorCode}`);
      await this.#pause();
    }
  }

  /** What is there already is not stored once more; where it is may be forgotten, if that was long ago. */
  async #again(batch: Batch, baseOffset: number): Promise<void> {
    const result = await this.#send(batch);
    if (result?.errorCode === kafkaErrorCode.NONE && result.baseOffset !== baseOffset)
      this.#world.problem(
        `${batch.ids.join()} is at ${baseOffset}, and over Kafka a second time at ${result.baseOffset}`,
      );
  }

  /** Null: nobody knows. */
  async #send({ topic, partition: index, bytes }: Batch): Promise<Result | null> {
    const body = {
      acks: this.#random.pick([-1, 1]),
      timeoutMs: 10_000,
      // The broker may write into what it is sent.
      topicData: [{ name: topic, partitionData: [{ index, records: [Buffer.from(bytes)] }] }],
    };
    const known = this.#world.plan.compression === 'zstd' ? versions.slice(1) : versions;
    const answer = await this.#client.ask(produce, this.#random.pick(known), body).catch(noAnswer);
    return answer?.responses[0]?.partitionResponses[0] ?? null;
  }

  #pause(): Promise<void> {
    return this.#sleep(this.#random.next() * pauseMsMax);
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(delayMs, resolve));
  }
}
