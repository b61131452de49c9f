import type { GroupConsumer, Q } from '@q/client';
import { formatLog } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { idOf } from './record-identity.ts';
import { connectClient, expectQError } from './simulated-client.ts';
import type { World } from './world.ts';

const groupName = 'g';
const topic = 'kept';
const lifeMsMax = 8_000;

/**
 * A member of a group that comes and goes. What it commits by hand is written down, and must never be seen lower; what lies below a
 * committed offset must have been handed to some member.
 */
export class GroupActor {
  readonly #world: World;
  readonly #name: string;
  readonly #random: SeededRandom;

  constructor(o: { world: World; name: string }) {
    this.#world = o.world;
    this.#name = o.name;
    this.#random = o.world.random.fork();
  }

  async run(): Promise<void> {
    const q = await connectClient(this.#world);
    while (!this.#world.isHealed) {
      await this.#live(q);
      await checkCommitted(this.#world, q).catch((error: unknown) => expectQError(this.#world, error, `${this.#name} asks in vain`));
    }
    await q.close({ timeoutMs: 1_000 });
  }

  async #live(q: Q): Promise<void> {
    const consumer = q.consumer(topic, { group: groupName, autoCommit: false, sessionTimeoutMs: 6_000, drainTimeoutMs: 500, maxWaitMs: 50 });
    const timer = this.#world.clock.schedule(this.#random.next() * lifeMsMax, () => void consumer.close());
    try {
      for await (const message of consumer) {
        this.#world.delivered.add(`${formatLog(topic, message.partition)} ${message.offset}`);
        if (idOf(message.headers) === '') this.#world.problem(`${this.#name} got a record without an id`);
        message.ack();
        if (this.#random.chance(0.2)) await this.#commit(consumer, message.partition, message.offset + 1);
      }
    } catch (error) {
      expectQError(this.#world, error, `${this.#name} leaves the group`);
      await this.#world.sleep(this.#random.next() * 100);
    }
    timer.cancel();
    await consumer.close({ timeoutMs: 100 });
  }

  async #commit(consumer: GroupConsumer, partition: number, offset: number): Promise<void> {
    try {
      await consumer.commit([{ partition, offset }]);
      this.#world.trace.add(`${this.#name} commits ${partition}:${offset}`);
      this.#world.history.committed(groupName, { log: formatLog(topic, partition), offset });
    } catch (error) {
      expectQError(this.#world, error, `${this.#name} cannot commit`);
    }
  }
}

/** What the group has committed is no lower than it was told, and nothing below it was passed by. */
export async function checkCommitted(world: World, q: Q): Promise<void> {
  const { history, plan, delivered } = world;
  const logs = Array.from({ length: plan.partitions }, (_, partition) => formatLog(topic, partition));
  const asked = logs.map((log) => history.askCommitted(groupName, log));
  await using consumer = q.consumer(topic, { group: groupName, autoCommit: false });
  const committed = new Map((await consumer.committed()).map(({ partition, offset }) => [partition, offset]));
  for (const [partition, log] of logs.entries()) {
    const offset = committed.get(partition) ?? 0;
    history.fetchedCommitted(groupName, { log, offset }, asked[partition]!);
    const passed = Array.from({ length: offset }, (_, below) => below).find((below) => !delivered.has(`${log} ${below}`));
    if (passed !== undefined) world.problem(`${log} is committed to ${offset}, and nobody of the group got ${passed}`);
  }
}
