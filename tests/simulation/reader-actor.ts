import type { Consumer, Message, Q } from '@q/client';
import { formatLog } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { idOf } from './record-identity.ts';
import { connectClient, expectQError } from './simulated-client.ts';
import type { SimulatedTopic } from './simulated-topics.ts';
import type { World } from './world.ts';

/** How long one reader goes on before it leaves and another begins at the start. */
const lifeMsMax = 15_000;

/**
 * Reads one topic from its start, again and again, with a new name each time. Once the world is healed the last reader
 * goes to the end, which it must reach.
 */
export class ReaderActor {
  readonly #world: World;
  readonly #name: string;
  readonly #topic: SimulatedTopic;
  readonly #random: SeededRandom;

  constructor(o: { world: World; name: string; topic: SimulatedTopic }) {
    this.#world = o.world;
    this.#name = o.name;
    this.#topic = o.topic;
    this.#random = o.world.random.fork();
  }

  async run(): Promise<void> {
    const q = await connectClient(this.#world);
    for (let life = 1; !this.#world.isHealed; life += 1) await this.#live(q, `${this.#name}.${life}`);
    await this.#toTheEnd(q);
    await q.close({ timeoutMs: 1_000 });
  }

  async #live(q: Q, reader: string): Promise<void> {
    await using consumer = this.#consumer(q, { stopAtEnd: false });
    this.#world.trace.add(`${reader} begins`);
    const timer = this.#world.clock.schedule(this.#random.next() * lifeMsMax, () => void consumer.close());
    await this.#read(consumer, reader);
    timer.cancel();
  }

  async #toTheEnd(q: Q): Promise<void> {
    const reader = `${this.#name}.end`;
    await using consumer = this.#consumer(q, { stopAtEnd: true });
    await this.#read(consumer, reader);
    this.#world.trace.add(`${reader} is at the end`);
  }

  #consumer(q: Q, o: { stopAtEnd: boolean }): Consumer {
    const onOffsetOutOfRange = this.#topic.kind === 'trimmed' ? 'earliest' : 'fail';
    return q.consumer(this.#topic.name, {
      ...o,
      onOffsetOutOfRange,
      from: 'earliest',
      maxWaitMs: this.#random.pick([10, 300]),
      prefetchBytes: this.#random.pick([1 << 16, 1 << 20]),
      partitionRefreshMs: 1_000,
    });
  }

  /** Loop after loop: each goes on where the last one was left. */
  async #read(consumer: Consumer, reader: string): Promise<void> {
    try {
      while (await this.#loop(consumer, reader));
    } catch (error) {
      const { code } = expectQError(this.#world, error, `${reader} stops`);
      // A partition that could not be opened, because the disk failed, is out of service until somebody sees to it.
      const { diskFaults, fullDisks } = this.#world.plan;
      const isExplained =
        (code === 'STORAGE_FAILED' || code === 'STORAGE_FULL') && diskFaults + fullDisks > 0 && !this.#world.isHealed;
      if (!isExplained) this.#world.problem(`${reader} cannot go on: ${code}`);
      await this.#world.sleep(this.#random.next() * 100);
    }
  }

  /** Returns whether it was left, perhaps while it waited, and did not come to its end. */
  async #loop(consumer: Consumer, reader: string): Promise<boolean> {
    const messages = consumer[Symbol.asyncIterator]();
    for (;;) {
      const next = messages.next();
      const isLeft = this.#random.chance(0.02);
      if (isLeft) {
        if (this.#random.chance(0.5)) await this.#world.sleep(this.#random.next() * 20);
        await messages.return?.();
      }
      const { done, value } = await next;
      if (done !== true) this.#polled(reader, value);
      if (isLeft || done === true) return isLeft;
      if (this.#random.chance(0.05)) await this.#world.sleep(this.#random.next() * 50);
    }
  }

  #polled(reader: string, { partition, offset, key, headers }: Message): void {
    this.#world.history.polled(reader, {
      log: formatLog(this.#topic.name, partition),
      offset,
      value: idOf(headers),
      key: key?.toString() ?? null,
    });
  }
}
