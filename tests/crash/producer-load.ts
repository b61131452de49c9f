import { QError } from '@q/protocol';
import { formatLog, formatValue } from '@q/testkit';
import type { History, SeededRandom } from '@q/testkit';
import type { Producer } from '@q/client';
import type { CrashTopic } from './crash-topics.ts';

export interface ProducerLoadOptions {
  readonly producer: Producer;
  /** Unique over the whole run. */
  readonly name: string;
  readonly topics: readonly CrashTopic[];
  readonly history: History;
  readonly random: SeededRandom;
}

const inFlightMax = 64;
const paddingBytesMax = 1500;
/** One in so many records is larger than the topic allows, and must be refused for certain. */
const tooLargeEvery = 400;
const tooLargeBytes = 2 << 20;
const keys = 50;

/**
 * One producer that always has some sends under way, in a known order, and writes down what becomes of each before
 * anything else can happen.
 *
 * Invariants: a value is in the history before it is sent; sequences rise by one with each send.
 */
export class ProducerLoad {
  readonly #options: ProducerLoadOptions;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #unexpected: unknown[] = [];
  readonly #ended: Promise<void>;
  #sequence = 0;
  #stopping = false;

  private constructor(options: ProducerLoadOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  static start(options: ProducerLoadOptions): ProducerLoad {
    return new ProducerLoad(options);
  }

  /** Errors that a crash does not explain. */
  get unexpected(): readonly unknown[] {
    return this.#unexpected;
  }

  /** Sends nothing more, and resolves when every send has its answer or its error. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      if (this.#inFlight.size < inFlightMax) this.#sendNext();
      else await Promise.race(this.#inFlight);
    }
    await Promise.all(this.#inFlight);
  }

  #sendNext(): void {
    const sending = this.#send(formatValue(this.#options.name, this.#sequence++)).finally(() =>
      this.#inFlight.delete(sending),
    );
    this.#inFlight.add(sending);
  }

  async #send(value: string): Promise<void> {
    const { producer, topics, history, random } = this.#options;
    const topic = random.pick(topics);
    const isTooLarge = random.below(tooLargeEvery) === 0;
    const padding = random.bytes(isTooLarge ? tooLargeBytes : random.below(paddingBytesMax));
    const key = topic.isCompacted ? `k${random.below(keys)}` : null;
    history.sending(value, key);
    try {
      const record = { key, value, headers: { padding }, partition: random.below(topic.partitions) };
      const { partition, offset } = await producer.send(topic.name, record);
      history.acknowledged(value, { log: formatLog(topic.name, partition), offset });
      if (isTooLarge) this.#unexpected.push(new Error(`${value} is larger than the topic allows and was taken`));
    } catch (error) {
      this.#failed(value, { error, isTooLarge });
    }
  }

  #failed(value: string, { error, isTooLarge }: { error: unknown; isTooLarge: boolean }): void {
    if (isTooLarge && QError.is(error) && error.code === 'RECORD_TOO_LARGE') this.#options.history.failed(value);
    // A client that is closed while its broker is dead does not know what became of its sends.
    else if (!(this.#stopping && QError.is(error))) this.#unexpected.push(error);
  }
}
