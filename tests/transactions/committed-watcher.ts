import { QError } from '@q/client';
import type { Consumer, Q } from '@q/client';
import type { SeenRecord } from '../simulation/transactions/committed-reads.ts';
import type { Watched } from '../simulation/transactions/transaction-check.ts';
import { killTopics } from './kill-topics.ts';

interface Seen extends Watched {
  readonly seen: Map<number, SeenRecord>;
  position: number;
}

/** Reads all committed records as they come, through kills and cuts, and notes what it was shown. */
export class CommittedWatcher {
  readonly partitions: readonly Seen[];
  readonly problems: string[] = [];
  readonly #consumers: readonly Consumer[];
  readonly #ended: Promise<unknown>;

  constructor(q: Q) {
    this.partitions = killTopics.flatMap(({ name: topic, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition, seen: new Map(), position: 0 })),
    );
    this.#consumers = killTopics.map(({ name }) => q.consumer(name, { from: 'earliest' }));
    this.#ended = Promise.all(this.#consumers.map((consumer, index) => this.#read(killTopics[index]!.name, consumer)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.close()));
    await this.#ended;
  }

  async #read(topic: string, consumer: Consumer): Promise<void> {
    const places = this.partitions.filter((each) => each.topic === topic);
    try {
      for await (const { partition, offset, key, value } of consumer) {
        const place = places.find((each) => each.partition === partition)!;
        if (offset < place.position)
          this.problems.push(`${topic}/${partition} was given at ${offset} after ${place.position}`);
        place.seen.set(offset, { offset, key: String(key), value: String(value) });
        place.position = offset + 1;
      }
    } catch (error) {
      this.problems.push(
        `whoever reads ${topic}: ${QError.is(error) ? `${error.code} ${error.message}` : String(error)}`,
      );
    }
  }
}
