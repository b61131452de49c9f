import type { Producer, Q } from '@q/client';
import { formatLog, formatValue } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { idHeader } from './record-identity.ts';
import { connectClient, expectQError } from './simulated-client.ts';
import type { SimulatedTopic } from './simulated-topics.ts';
import type { World } from './world.ts';

const keys = 5;
const tombstones = 0.15;

/**
 * A client that sends records to all topics, waits for some and not for others, and writes down what it is told.
 *
 * Invariant: a send is in the history before it leaves, and its outcome before anything else can happen.
 */
export class ProducerActor {
  readonly #world: World;
  readonly #name: string;
  readonly #topics: readonly SimulatedTopic[];
  readonly #random: SeededRandom;
  readonly #sends: Promise<void>[] = [];

  constructor(o: { world: World; name: string; topics: readonly SimulatedTopic[] }) {
    this.#world = o.world;
    this.#name = o.name;
    this.#topics = o.topics;
    this.#random = o.world.random.fork();
  }

  async run(): Promise<void> {
    const { plan } = this.#world;
    const q = await connectClient(this.#world);
    const producer = this.#producer(q);
    // So that there are records under way for as long as there are faults.
    const pauseMs = plan.faultsMs / (plan.recordsPerProducer * plan.pauses);
    for (let sequence = 0; sequence < plan.recordsPerProducer; sequence += 1) {
      this.#sends.push(this.#send(producer, sequence));
      if (this.#random.chance(plan.pauses)) await this.#world.sleep(this.#random.next() * 2 * pauseMs);
      if (this.#random.chance(0.05)) await Promise.all(this.#sends);
    }
    await Promise.all(this.#sends);
    this.#world.trace.add(`${this.#name} has the outcome of every send`);
    await q.close({ timeoutMs: 1_000 });
  }

  #producer(q: Q): Producer {
    const { batchBytesMax, deliveryTimeoutMs, maxInFlight, compression } = this.#world.plan;
    return q.producer({
      batchBytesMax,
      deliveryTimeoutMs,
      maxInFlight,
      compression,
      lingerMs: this.#random.pick([0, 0, 5]),
    });
  }

  async #send(producer: Producer, sequence: number): Promise<void> {
    const { history, trace, plan } = this.#world;
    const topic = this.#topics.find(({ kind }) => kind === plan.focus) ?? this.#random.pick(this.#topics);
    const isCompacted = topic.kind === 'compacted';
    const key = isCompacted ? `k${this.#random.below(keys)}` : null;
    const id = formatValue(this.#name, sequence);
    const value =
      isCompacted && this.#random.chance(tombstones)
        ? null
        : `${id} ${'p'.repeat(this.#random.below(plan.paddingBytesMax))}`;
    const partition = plan.focus !== null && plan.profile !== 'groups' ? 0 : this.#random.below(topic.partitions);
    if (topic.kind === 'loose') return await this.#sendLoosely(producer, { topic: topic.name, id, value });
    history.sending(id, key);
    try {
      const result = await producer.send(topic.name, { key, value, partition, headers: { [idHeader]: id } });
      trace.add(
        `${id} is at ${topic.name}-${result.partition}:${result.offset}${result.duplicate ? ', as a duplicate' : ''}`,
      );
      history.acknowledged(id, { log: formatLog(topic.name, result.partition), offset: result.offset });
    } catch (error) {
      const { details } = expectQError(this.#world, error, `${id} failed`);
      if (details['outcome'] === 'not-stored') history.failed(id);
    }
  }

  /** What becomes of it nobody will ask. */
  async #sendLoosely(
    producer: Producer,
    { topic, id, value }: { topic: string; id: string; value: string | null },
  ): Promise<void> {
    try {
      await producer.send(topic, { value, headers: { [idHeader]: id } });
    } catch (error) {
      expectQError(this.#world, error, `${id} failed, loosely`);
    }
  }
}
