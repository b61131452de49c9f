import { encodeBatch } from '@q/protocol';
import type { SeededRandom } from '@q/testkit';
import { isAnswer, simulatedCaller } from './transaction-broker.ts';
import type { TransactionBroker } from './transaction-broker.ts';
import type { TransactionWorld } from './transaction-world.ts';

/** Writes records outside of any transaction, each once: what is not acknowledged may be there or not. */
export class PlainActor {
  readonly #world: TransactionWorld;
  readonly #broker: TransactionBroker;
  readonly #random: SeededRandom;
  readonly #topic: string;
  readonly #partitions: number;

  constructor(o: { world: TransactionWorld; broker: TransactionBroker; topic: string; partitions: number }) {
    this.#world = o.world;
    this.#broker = o.broker;
    this.#random = o.world.random.fork();
    this.#topic = o.topic;
    this.#partitions = o.partitions;
  }

  async run(count: number): Promise<void> {
    for (let number = 0; number < count; number += 1) {
      const { isHealed, plan } = this.#world;
      await this.#world.sleep(this.#random.next() * (isHealed ? 2 : plan.pauseMsMax * 3));
      await this.#write(`p.${this.#topic}.${number}`);
    }
  }

  async #write(value: string): Promise<void> {
    const { history } = this.#world;
    const partition = this.#random.below(this.#partitions);
    const records = encodeBatch([{ key: 'plain', value }], { timestampMs: Math.floor(this.#world.clock.now()) });
    const topics = [
      { topicId: this.#world.topicId(this.#topic), partitions: [{ partition, leaderEpoch: -1, records }] },
    ];
    history.plainSent.add(value);
    try {
      const offset = await this.#broker.ask(async ({ append }) => {
        const appending = await append.append({ timeoutMs: 10_000, topics }, simulatedCaller);
        await new Promise<void>((resolve) => appending.whenSettled(() => resolve()));
        const [result] = appending.results;
        if (result!.error !== null) throw result!.error;
        return result!.baseOffset;
      });
      history.plain.set(value, { topic: this.#topic, partition, offset });
    } catch (error) {
      if (!isAnswer(error)) throw error;
    }
  }
}
