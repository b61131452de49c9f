import { describe, expect, it } from 'vitest';
import { readAll, readValues, Scene } from './scene.ts';

describe('a broker that is restarted', () => {
  it('S2 B2 has every record at its offset, and says that an acknowledgement meant fsync', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 4 });
    await using producer = scene.q.producer();
    const results = await producer.sendBatch(
      'orders',
      Array.from({ length: 1000 }, (_, index) => ({ key: `key ${index % 50}`, value: `${index}` })),
    );
    expect(new Set(results.map(({ durability }) => durability))).toEqual(new Set(['fsync']));
    const before = await readAll(scene.q, 'orders');
    await scene.restart();
    const after = await readAll(scene.q, 'orders');
    const place = ({ partition, offset }: { partition: number; offset: number }): string => `${partition}:${offset}`;
    expect(new Map(after.map((record) => [place(record), record]))).toEqual(
      new Map(before.map((record) => [place(record), record])),
    );
    for (const [index, result] of results.entries()) {
      expect(after.find((record) => place(record) === place(result))?.value).toBe(`${index}`);
    }
  });

  it('W3 P4 S2 loses, repeats and reorders nothing of a producer that goes on meanwhile', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 1 });
    await using producer = scene.q.producer();
    const sends: Promise<{ offset: number }>[] = [];
    const sendSome = async (count: number): Promise<void> => {
      for (let left = count; left > 0; left -= 1) {
        const index = sends.length;
        sends.push(producer.send('orders', { value: `${index}` }));
        if (index % 20 === 0) await Promise.race([sends[index], new Promise((resolve) => setImmediate(resolve))]);
      }
    };
    for (let round = 0; round < 3; round += 1) {
      await sendSome(500);
      await Promise.all([scene.restart(), sendSome(500)]);
    }
    const results = await Promise.all(sends);
    expect(results.map(({ offset }) => offset)).toEqual(results.map((_, index) => index));
    expect(await readValues(scene.q, 'orders')).toEqual(results.map((_, index) => `${index}`));
  }, 60_000);

  it('C1 W3 serves a consumer that was waiting at the end before', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 1 });
    await using producer = scene.q.producer();
    const consumer = scene.q.consumer('orders', { from: 'earliest' });
    const iterator = consumer[Symbol.asyncIterator]();
    await producer.send('orders', { value: 'before' });
    expect((await iterator.next()).value).toMatchObject({ offset: 0 });
    const next = iterator.next();
    await scene.restart();
    await producer.send('orders', { value: 'after' });
    expect((await next).value).toMatchObject({ offset: 1 });
    await consumer.close();
  });

  it('T1 has its topics and their settings', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 3, config: { 'retention.ms': '3600000' } });
    await scene.q.admin.alterTopic('orders', { set: { 'max.message.bytes': '2000' } });
    await scene.q.admin.addPartitions('orders', 5);
    await scene.q.admin.createTopic('gone', { partitions: 1 });
    await scene.q.admin.deleteTopic('gone');
    const before = await scene.q.admin.describeTopic('orders');
    await scene.restart();
    expect(await scene.q.admin.describeTopic('orders')).toEqual(before);
    expect((await scene.q.admin.listTopics()).map(({ name }) => name)).toEqual(['orders']);
    expect(before.partitions).toHaveLength(5);
  });
});
