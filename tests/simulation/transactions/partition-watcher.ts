import type { SeededRandom } from '@q/testkit';
import { readCommitted } from './committed-reads.ts';
import type { SeenRecord } from './committed-reads.ts';
import { BrokerGone, isAnswer } from './transaction-broker.ts';
import type { TransactionBroker } from './transaction-broker.ts';
import type { TransactionWorld } from './transaction-world.ts';

/** Reads the committed records of one partition as they come, and notes what it was shown. */
export class PartitionWatcher {
  readonly #world: TransactionWorld;
  readonly #broker: TransactionBroker;
  readonly #random: SeededRandom;
  readonly topic: string;
  readonly partition: number;
  readonly seen: Map<number, SeenRecord> = new Map<number, SeenRecord>();
  position = 0;
  lastStableOffset = 0;

  constructor(o: { world: TransactionWorld; broker: TransactionBroker; topic: string; partition: number }) {
    this.#world = o.world;
    this.#broker = o.broker;
    this.#random = o.world.random.fork();
    this.topic = o.topic;
    this.partition = o.partition;
  }

  get name(): string {
    return `${this.topic}/${this.partition}`;
  }

  async run(): Promise<void> {
    while (!this.#world.isHealed) {
      await this.#world.sleep(this.#random.next() * 100);
      await this.look();
    }
  }

  /** One fetch. False: there was nothing, or no answer. */
  async look(maxBytes: number = this.#random.pick([100, 1_000, 1 << 20])): Promise<boolean> {
    try {
      const place = { topicId: this.#world.topicId(this.topic), partition: this.partition };
      const from = this.position;
      const read = await this.#broker.ask((services) => readCommitted(services, place, { from, maxBytes }));
      if (read.lastStableOffset < this.lastStableOffset)
        this.#world.problem(
          `the last stable offset of ${this.name} went from ${this.lastStableOffset} back to ${read.lastStableOffset}`,
        );
      this.lastStableOffset = Math.max(this.lastStableOffset, read.lastStableOffset);
      if (read.nextOffset > read.lastStableOffset)
        this.#world.problem(`${this.name} was read up to ${read.nextOffset}, beyond ${read.lastStableOffset}`);
      for (const record of read.records) this.seen.set(record.offset, record);
      this.position = Math.max(from, read.nextOffset);
      return read.nextOffset > from;
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): boolean {
    if (!isAnswer(error)) throw error;
    if (error instanceof BrokerGone) return false;
    const { code, details } = error;
    if (code === 'OFFSET_OUT_OF_RANGE' && this.topic === 'trimmed')
      this.position = Number(details?.['logStartOffset'] ?? this.position);
    else if (code === 'OFFSET_OUT_OF_RANGE' || code === 'CORRUPT_LOG')
      this.#world.problem(`${this.name} at ${this.position}: ${code} ${error.message}`);
    return false;
  }
}
