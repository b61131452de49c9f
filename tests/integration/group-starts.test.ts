import type { GroupConsumer, Q } from '@q/client';
import { describe, expect, it } from 'vitest';
import { Scene } from './scene.ts';

const topic = 'grows';

async function send(q: Q, partition: number, values: readonly string[]): Promise<void> {
  await using producer = q.producer();
  await producer.sendBatch(
    topic,
    values.map((value) => ({ partition, value })),
  );
}

/** Takes and acknowledges so many, and leaves the group. */
async function take(consumer: GroupConsumer, count: number): Promise<string[]> {
  const values: string[] = [];
  for await (const message of consumer) {
    values.push(String(message.value));
    message.ack();
    if (values.length === count) void consumer.close();
  }
  return values;
}

describe('where a group begins, with a real broker', () => {
  it("C4 `from: 'latest'` leaves out what was there before the group, and nothing of partitions that came later", async () => {
    await using scene = await Scene.start();
    const { q } = scene;
    await q.admin.createTopic(topic, { partitions: 2 });
    await send(q, 0, ['history']);
    await send(q, 1, ['more history']);
    const first = q.consumer(topic, { group: 'g', from: 'latest' });
    await first.ready();
    await send(q, 0, ['news']);
    expect(await take(first, 1)).toEqual(['news']);
    // Nobody of the group is there.
    await q.admin.addPartitions(topic, 3);
    const fresh = await scene.connect();
    await send(fresh, 2, ['first', 'second']);
    const second = fresh.consumer(topic, { group: 'g', from: 'latest' });
    expect(await take(second, 2)).toEqual(['first', 'second']);
    const offsets = await second.closed.then(() => fresh.admin.groupOffsets('g'));
    expect(
      offsets.toSorted((a, b) => a.partition - b.partition).map(({ partition, offset }) => [partition, offset]),
    ).toEqual([
      [0, 2],
      [1, 1],
      [2, 2],
    ]);
  });

  it('C4 all of its first members find the same beginning, however close they come', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic(topic, { partitions: 12 });
    for (let partition = 0; partition < 12; partition += 1) await send(scene.q, partition, ['history']);
    const clients = await Promise.all(Array.from({ length: 4 }, () => scene.connect()));
    const members = clients.map((q) => q.consumer(topic, { group: 'g', from: 'latest' }));
    const owned = (): number => members.reduce((sum, { partitions }) => sum + partitions.length, 0);
    const isShared = (): boolean => owned() === 12 && members.every(({ partitions }) => partitions.length === 3);
    await new Promise<void>((resolve) => {
      for (const member of members) {
        member.on('assigned', () => setImmediate(() => isShared() && resolve()));
        void member.ready();
      }
    });
    const positions = members.flatMap((member) => member.partitions.map((partition) => member.position(partition)));
    expect(positions).toEqual(Array.from({ length: 12 }, () => 1));
  });
});
