import { QError } from '@q/client';
import type { GroupMessage, Q, Transaction } from '@q/client';
import type { SeededRandom } from '@q/testkit';
import type { KnownHistory } from './known-history.ts';

export const workGroup = 'work';

const throwShare = 0.02;

/** Throws on purpose. */
class Unwanted extends Error {}

/** Consumes `source`, and writes what it makes of each record to the same partition of `sink`, exactly once. */
export class ProcessWorker {
  readonly #q: Q;
  readonly #name: string;
  readonly #history: KnownHistory;
  readonly #random: SeededRandom;
  readonly #unexpected: unknown[] = [];
  readonly #ended: Promise<void>;
  #isStopping = false;
  #stopNow: () => void = () => undefined;

  constructor(o: {
    readonly q: Q;
    readonly name: string;
    readonly history: KnownHistory;
    readonly random: SeededRandom;
  }) {
    this.#history = o.history;
    this.#q = o.q;
    this.#name = o.name;
    this.#random = o.random;
    this.#ended = this.#run();
  }

  get unexpected(): readonly unknown[] {
    return this.#unexpected;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopNow();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#work();
      } catch (error) {
        const isExpected = error instanceof Unwanted || (this.#isStopping && QError.is(error));
        if (!isExpected) this.#unexpected.push(error);
        if (QError.is(error) && error.code === 'CLOSED') return;
      }
    }
  }

  /** As a program does that is started again whenever it has failed. */
  async #work(): Promise<void> {
    await using producer = this.#q.producer({ transactionalId: this.#name, transactionTimeoutMs: 3_000 });
    const options = { group: workGroup, autoCommit: false, sessionTimeoutMs: 3_000 } as const;
    await using consumer = this.#q.consumer('source', options);
    this.#stopNow = () => void consumer.close();
    if (this.#isStopping) return;
    await consumer.process(producer, { maxRecords: 20, maxMs: 20 }, (records, tx) => this.#handle(records, tx));
  }

  async #handle(messages: readonly GroupMessage[], tx: Transaction): Promise<void> {
    // Whether it was committed a worker is not told: what is seen of it must be all of it.
    const known = this.#history.begin(this.#name);
    const sends = messages.map(async ({ partition, value }) => {
      const record = { partition, key: 'made', value: `o:${String(value)}#${known.number}` };
      const written = { ...record, topic: 'sink', offset: null as number | null };
      known.records.push(written);
      written.offset = (await tx.send('sink', record)).offset;
    });
    await Promise.all(sends);
    if (this.#random.chance(throwShare)) throw new Unwanted();
    known.end = 'unknown';
  }
}
