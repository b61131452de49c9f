import type { Q } from '@q/client';
import { formatLog, formatValue } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { idHeader, idOf } from './record-identity.ts';
import { connectClient, expectQError } from './simulated-client.ts';
import { anewName } from './simulated-topics.ts';
import type { World } from './world.ts';

/**
 * Makes a topic, writes to it, reads it, deletes it, and makes it again, as its only user. What was deleted must not
 * come back, and what is said to be there must be.
 */
export class TopicActor {
  readonly #world: World;
  readonly #random: SeededRandom;
  #incarnation = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork();
  }

  async run(): Promise<void> {
    const q = await connectClient(this.#world);
    while (!this.#world.isHealed) {
      await this.#make(q);
      await this.#use(q);
      await this.#remove(q);
    }
    await q.close({ timeoutMs: 1_000 });
  }

  async #make(q: Q): Promise<void> {
    this.#incarnation += 1;
    await this.#until(q, async () => {
      if (!(await this.#exists(q)))
        await q.admin.createTopic(anewName, { config: { 'segment.bytes': this.#world.plan.segmentBytes } });
      return true;
    });
    this.#world.trace.add(`${anewName}@${this.#incarnation} is there`);
  }

  async #use(q: Q): Promise<void> {
    const log = formatLog(anewName, 0, this.#incarnation);
    this.#world.deletedLogs.add(log);
    const producer = q.producer({ deliveryTimeoutMs: 3_000 });
    const count = this.#random.between(0, 6);
    for (let sequence = 0; sequence < count; sequence += 1) {
      const id = formatValue(`${anewName}@${this.#incarnation}`, sequence);
      this.#world.history.sending(id);
      try {
        const { offset } = await producer.send(anewName, { value: id, headers: { [idHeader]: id } });
        this.#world.history.acknowledged(id, { log, offset });
      } catch (error) {
        const { code } = expectQError(this.#world, error, `${id} failed`);
        if (code === 'UNKNOWN_TOPIC')
          this.#world.problem(`${anewName}@${this.#incarnation} was made, and is not there`);
      }
    }
    await producer.close({ timeoutMs: 100 });
    await this.#until(q, () => this.#readAll(q, log));
  }

  /** Everything that was acknowledged, and nothing of an earlier topic of the name. */
  async #readAll(q: Q, log: string): Promise<boolean> {
    const found = new Map<string, number>();
    await using consumer = q.consumer(anewName, { from: 'earliest', stopAtEnd: true });
    for await (const { offset, headers } of consumer) found.set(idOf(headers), offset);
    for (const id of found.keys()) {
      if (!id.startsWith(`${anewName}@${this.#incarnation}/`))
        this.#world.problem(`${id} is in a topic that was made after it was deleted`);
    }
    for (const [id, position] of this.#world.history.acknowledgements()) {
      if (position.log === log && found.get(id) !== position.offset)
        this.#world.problem(`${id} is not at offset ${position.offset} of ${log}`);
    }
    return true;
  }

  async #remove(q: Q): Promise<void> {
    await this.#until(q, async () => {
      if (await this.#exists(q)) await q.admin.deleteTopic(anewName);
      return true;
    });
    this.#world.trace.add(`${anewName}@${this.#incarnation} is gone`);
  }

  async #exists(q: Q): Promise<boolean> {
    return (await q.admin.listTopics()).some(({ name }) => name === anewName);
  }

  /** Tries again whatever fails for want of a broker; what else can fail is for the next look to tell. */
  async #until(q: Q, attempt: () => Promise<boolean>): Promise<void> {
    for (;;) {
      try {
        if (await attempt()) return;
      } catch (error) {
        const { code } = expectQError(this.#world, error, anewName);
        // Its data could not be removed: the name is free after another deletion.
        if (code === 'TOPIC_EXISTS')
          await q.admin.deleteTopic(anewName).catch((again: unknown) => expectQError(this.#world, again, anewName));
        if (code === 'CORRUPT_BATCH' || code === 'CORRUPT_LOG') this.#world.problem(`${anewName}: ${code}`);
      }
      await this.#world.sleep(this.#random.next() * 100);
    }
  }
}
