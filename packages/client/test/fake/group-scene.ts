import { encodeBatch } from '@q/protocol';

import type { GroupConsumer } from '../../src/group/group-consumer.ts';
import type { GroupConsumerOptions } from '../../src/group/group-options.ts';
import type { GroupMessage } from '../../src/group/group-message.ts';
import type { Q } from '../../src/q.ts';
import { FakeGroup } from './fake-group.ts';
import { FakeScene } from './fake-scene.ts';

/** A fake scene with the topic `t` and a group over it. */
export class GroupScene extends FakeScene {
  readonly group: FakeGroup;
  #q: Q | null = null;

  private constructor(o: { partitions: number }) {
    super();
    this.broker.topic('t', { partitions: o.partitions });
    this.group = new FakeGroup({ broker: this.broker, clock: this.clock, topic: 't' });
  }

  /** Every partition has that many records; record n of partition p has the value `<p>:<n>`. */
  static async start(
    o: { partitions?: number; records?: number; keys?: (index: number) => string | null } = {},
  ): Promise<GroupScene> {
    const scene = new GroupScene({ partitions: o.partitions ?? 1 });
    for (const partition of scene.group.topic.logs.keys()) scene.fill(partition, o.records ?? 12, o.keys);
    scene.#q = await scene.connect();
    return scene;
  }

  get q(): Q {
    return this.#q as Q;
  }

  consumer(options: Partial<GroupConsumerOptions> = {}): GroupConsumer {
    return this.q.consumer('t', { group: 'g', ...options });
  }

  /** In batches of three. */
  fill(partition: number, records: number, keyOf: (index: number) => string | null = (index) => `k${index}`): void {
    const log = this.group.topic.logs[partition];
    for (let left = records; left > 0; left -= 3) {
      const first = log?.endOffset ?? 0;
      const batch = Array.from({ length: Math.min(3, left) }, (_, index) => ({
        key: keyOf(first + index),
        value: `${partition}:${first + index}`,
        timestampMs: 1_000 * (first + index),
      }));
      log?.append(encodeBatch(batch));
    }
  }

  /** Takes that many messages; stays in the loop. */
  async take(messages: AsyncIterator<GroupMessage, undefined>, count: number): Promise<GroupMessage[]> {
    const taken: GroupMessage[] = [];
    while (taken.length < count) {
      const { value } = await this.settle(messages.next());
      if (value === undefined) break;
      taken.push(value);
    }
    return taken;
  }

  /** Leaves the loop, as `break` does. */
  async leave(messages: AsyncIterator<unknown, undefined>): Promise<void> {
    await this.settle(Promise.resolve(messages.return?.()));
  }
}

export function valuesOf(messages: readonly GroupMessage[]): string[] {
  return messages.map(({ value }) => String(value));
}
