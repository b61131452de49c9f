import { connect } from '@q/client';
import type { GroupConsumer, Q } from '@q/client';
import { TcpProxy } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { Scene } from './scene.ts';

const topic = 'orders';

async function produce(q: Q, o: { partitions: number; each: number; from?: number }): Promise<void> {
  await using producer = q.producer();
  const from = o.from ?? 0;
  const records = Array.from({ length: o.partitions * o.each }, (_, index) => ({
    partition: index % o.partitions,
    key: `k${index % 7}`,
    value: `${from + index}`,
  }));
  await producer.sendBatch(topic, records);
}

/** Handles everything that comes, until it is closed. */
class Worker {
  readonly consumer: GroupConsumer;
  readonly handled: string[] = [];
  readonly done: Promise<unknown>;
  #waiting: (() => void)[] = [];

  constructor(consumer: GroupConsumer) {
    this.consumer = consumer;
    this.done = consumer.run(({ value }) => {
      this.handled.push(String(value));
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** Resolves when the consumer owns that many partitions. */
function owns(consumer: GroupConsumer, count: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (consumer.partitions.length === count) resolve();
    };
    // The partitions are those of after the event.
    const later = (): void => void setImmediate(look);
    consumer.on('assigned', later);
    consumer.on('revoked', later);
    consumer.on('lost', later);
    look();
  });
}

describe('group consumers of a real broker', () => {
  it('G1 G2 C4 share the partitions, take over from each other, and go on where the group stopped', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic(topic, { partitions: 6 });
    await produce(scene.q, { partitions: 6, each: 100 });
    const first = new Worker(scene.q.consumer(topic, { group: 'g' }));
    await first.until(() => first.handled.length === 600);
    const other = await scene.connect();
    const second = new Worker(other.consumer(topic, { group: 'g' }));
    await Promise.all([owns(first.consumer, 3), owns(second.consumer, 3)]);
    await produce(scene.q, { partitions: 6, each: 10, from: 600 });
    await Promise.all([
      first.until(() => first.handled.length === 630),
      second.until(() => second.handled.length === 30),
    ]);
    expect(await second.consumer.close()).toEqual({ drained: 0, abandoned: 0 });
    await owns(first.consumer, 6);
    await produce(scene.q, { partitions: 6, each: 10, from: 660 });
    await first.until(() => first.handled.length === 690);
    expect(new Set([...first.handled, ...second.handled]).size).toBe(720);
    await first.consumer.close();
    await Promise.all([first.done, second.done]);
    const next = scene.q.consumer(topic, { group: 'g', from: 'fail' });
    expect((await next.committed()).map(({ offset }) => offset)).toEqual([120, 120, 120, 120, 120, 120]);
    await next.close();
  });

  it('W3 keep their partitions over a restart of the broker, and commit after it', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic(topic, { partitions: 2 });
    const worker = new Worker(scene.q.consumer(topic, { group: 'g' }));
    const moved: string[] = [];
    for (const event of ['revoked', 'lost'] as const) worker.consumer.on(event, () => moved.push(event));
    await owns(worker.consumer, 2);
    await produce(scene.q, { partitions: 2, each: 10 });
    await worker.until(() => worker.handled.length === 20);
    await scene.restart();
    await produce(scene.q, { partitions: 2, each: 10, from: 20 });
    await worker.until(() => worker.handled.length === 40);
    await worker.consumer.commit();
    expect((await worker.consumer.committed()).map(({ offset }) => offset)).toEqual([20, 20]);
    expect(moved).toEqual([]);
    expect(new Set(worker.handled).size).toBe(40);
    await worker.consumer.close();
    await worker.done;
  });

  it('G1 W3 of which one is cut off: its partitions flow elsewhere after its session, and it knows', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic(topic, { partitions: 2 });
    await using proxy = await TcpProxy.start({ host: '127.0.0.1', port: scene.broker.port });
    await using cutOff = await connect(`q://${proxy.address}`, { retry: { initialMs: 5, maxMs: 100 } });
    const lonely = cutOff.consumer(topic, { group: 'g', sessionTimeoutMs: 1_000, drainTimeoutMs: 0 });
    await lonely.ready();
    const worker = new Worker(scene.q.consumer(topic, { group: 'g', sessionTimeoutMs: 1_000 }));
    await Promise.all([owns(lonely, 1), owns(worker.consumer, 1)]);
    const lost = new Promise<readonly number[]>((resolve) =>
      lonely.on('lost', ({ partitions }) => resolve(partitions)),
    );
    proxy.refuse();
    proxy.cut();
    await owns(worker.consumer, 2);
    expect(await lost).toHaveLength(1);
    expect(lonely.partitions).toEqual([]);
    await produce(scene.q, { partitions: 2, each: 5 });
    await worker.until(() => worker.handled.length === 10);
    proxy.accept();
    await Promise.all([owns(lonely, 1), owns(worker.consumer, 1)]);
    await lonely.close();
    await worker.consumer.close();
    await worker.done;
  });

  it('G1 that are static come back to their partitions, and nobody else may have their name', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic(topic, { partitions: 4 });
    const [one, two] = ['one', 'two'].map((instanceId) => scene.q.consumer(topic, { group: 'g', instanceId })) as [
      GroupConsumer,
      GroupConsumer,
    ];
    await Promise.all([one.ready(), two.ready()]);
    await Promise.all([owns(one, 2), owns(two, 2)]);
    const before = one.partitions;
    const twin = scene.q.consumer(topic, { group: 'g', instanceId: 'two' });
    await expect(twin[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'UNRELEASED_INSTANCE' });
    await one.close();
    const again = scene.q.consumer(topic, { group: 'g', instanceId: 'one' });
    await again.ready();
    await owns(again, 2);
    expect(again.partitions).toEqual(before);
    expect(two.partitions).toHaveLength(2);
  });

  it('B5 handle keys beside each other on topics that grow meanwhile', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic(topic, { partitions: 1 });
    const consumer = scene.q.consumer(topic, { group: 'g', from: 'latest', concurrency: { by: 'key', max: 8 } });
    const seen = new Map<string, number[]>();
    let handled = 0;
    const finished = new Promise<void>((resolve) => {
      void consumer.run(async ({ partition, key, offset }) => {
        await new Promise<void>((next) => void setImmediate(next));
        const lane = `${partition}/${String(key)}`;
        seen.set(lane, [...(seen.get(lane) ?? []), offset]);
        handled += 1;
        if (handled === 400) resolve();
      });
    });
    await consumer.ready();
    await produce(scene.q, { partitions: 1, each: 200 });
    await scene.q.admin.addPartitions(topic, 2);
    // A client that has not looked the topic up before it grew.
    await using producer = (await scene.connect()).producer();
    await producer.sendBatch(
      topic,
      Array.from({ length: 200 }, (_, index) => ({ partition: 1, key: `k${index % 7}`, value: `${index}` })),
    );
    await finished;
    expect(await consumer.close()).toMatchObject({ abandoned: 0 });
    for (const offsets of seen.values()) expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect([...seen.values()].flat()).toHaveLength(400);
  });
});
