import { setTimeout as sleep } from 'node:timers/promises';
import { QError } from '@q/client';
import type { Producer } from '@q/client';
import type { SeededRandom } from '@q/testkit';
import { killTopics } from './kill-topics.ts';
import type { KnownHistory } from './known-history.ts';

const pauseMsMax = 10;
const topics = killTopics.filter(({ name }) => name === 'kept' || name === 'source');

/** Writes records outside of any transaction, between those of transactions. Each one must be acknowledged. */
export class PlainWriter {
  readonly #o: { readonly producer: Producer; readonly history: KnownHistory; readonly random: SeededRandom };
  readonly #unexpected: unknown[] = [];
  readonly #ended: Promise<void>;
  #isStopping = false;
  #count = 0;

  constructor(options: { readonly producer: Producer; readonly history: KnownHistory; readonly random: SeededRandom }) {
    this.#o = options;
    this.#ended = this.#run();
  }

  get unexpected(): readonly unknown[] {
    return this.#unexpected;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { producer, history, random } = this.#o;
    while (!this.#isStopping) {
      const { name: topic, partitions } = random.pick(topics);
      const value = `p${this.#count++}`;
      history.plainSent.add(value);
      try {
        const sent = await producer.send(topic, { partition: random.below(partitions), key: 'plain', value });
        history.plain.set(value, { topic, partition: sent.partition, offset: sent.offset });
      } catch (error) {
        if (!(this.#isStopping && QError.is(error))) this.#unexpected.push(error);
        return;
      }
      await sleep(random.next() * pauseMsMax);
    }
  }
}
