import type { Message, Producer, ProducerRecord, Q, Topic } from '@q/client';

/** A topic whose keys are text, and whose null values delete their key (`tombstones: true`). */
export type TableTopic<V> = Topic<string, V | null, string, V | null>;

interface Waiting {
  readonly partition: number;
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A compacted topic as a table in memory: the latest value of each key. Every process that opens it has all of it, and
 * follows what the others set. When two set one key at a time, the later record wins, in all of them.
 *
 * Invariant: `#rows` is what the records up to `#seen`, the last offset that was read of each partition, say.
 */
export class Table<V> implements AsyncDisposable {
  readonly #q: Q;
  readonly #topic: TableTopic<V>;
  readonly #producer: Producer;
  readonly #rows = new Map<string, V>();
  readonly #seen = new Map<number, number>();
  readonly #stop = new AbortController();
  /** Own writes that have not come back yet. */
  #waiting: Waiting[] = [];
  #following: Promise<void> = Promise.resolve();

  /** Resolves once all that was in the topic when this was called is in the table. */
  static async open<V>(q: Q, topic: TableTopic<V>): Promise<Table<V>> {
    // The broker keeps the latest record of each key, at least, and drops older ones in the background.
    await q.admin.ensureTopic(topic.name, { config: { 'cleanup.policy': 'compact' } });
    const table = new Table(q, topic);
    const next = await table.#fill();
    table.#following = table.#follow(next);
    return table;
  }

  private constructor(q: Q, topic: TableTopic<V>) {
    this.#q = q;
    this.#topic = topic;
    this.#producer = q.producer();
  }

  /**
   * Settles when the table no longer follows its topic. Resolves after it was closed, rejects with what went wrong, as
   * for a record that does not match its schema. If nobody listens, that ends the process: no old table is served.
   */
  get closed(): Promise<void> {
    return this.#following;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): V | undefined {
    return this.#rows.get(key);
  }

  entries(): IterableIterator<[string, V]> {
    return this.#rows.entries();
  }

  /** Resolves when the row is stored, and can be read here. Others have it a moment later. */
  async set(key: string, value: V): Promise<void> {
    await this.#write(key, value);
  }

  /** Sends a tombstone. It stays in the topic for `delete.retention.ms` (a day), so that everybody hears of it. */
  async delete(key: string): Promise<void> {
    await this.#write(key, null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.close();
    this.#stop.abort();
    await this.#following;
  }

  /** Reads up to where the topic ends now. Gives the offset to go on with, by partition. */
  async #fill(): Promise<Record<number, number>> {
    const consumer = this.#q.consumer(this.#topic, { from: 'earliest', stopAtEnd: true });
    for await (const message of consumer) this.#apply(message);
    return Object.fromEntries(consumer.partitions.map((partition) => [partition, consumer.position(partition)]));
  }

  async #follow(next: Record<number, number>): Promise<void> {
    try {
      const consumer = this.#q.consumer(this.#topic, { from: { offset: next }, signal: this.#stop.signal });
      for await (const message of consumer) this.#apply(message);
    } finally {
      // Stored they are, but nobody reads them here any more.
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`The table "${this.#topic.name}" was closed`));
    }
  }

  #apply({ partition, offset, key, value }: Message<string, V | null>): void {
    if (value === null) this.#rows.delete(key);
    else this.#rows.set(key, value);
    this.#seen.set(partition, offset);
    if (this.#waiting.length === 0) return;
    const isBack = (wait: Waiting): boolean => wait.partition === partition && wait.offset <= offset;
    for (const wait of this.#waiting.filter(isBack)) wait.resolve();
    this.#waiting = this.#waiting.filter((wait) => !isBack(wait));
  }

  async #write(key: string, value: V | null): Promise<void> {
    const record = { key, value } as ProducerRecord<string, V | null>;
    const { partition, offset } = await this.#producer.send(this.#topic, record);
    if ((this.#seen.get(partition) ?? -1) >= offset) return;
    this.#stop.signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => void this.#waiting.push({ partition, offset, resolve, reject }));
  }
}
