import { describe, expect, it } from 'vitest';
import { readAll, readValues, Scene } from './scene.ts';

describe('a client whose topic changes under it', () => {
  it('P5 learns of a lower max.message.bytes, and delivers batches that were too large in pieces', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 1 });
    await using producer = scene.q.producer();
    await producer.send('orders', { value: 'first' });
    await scene.q.admin.alterTopic('orders', { set: { 'max.message.bytes': 2_000 } });
    const values = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(90)}`);
    const results = await producer.sendBatch(
      'orders',
      values.map((value) => ({ value })),
    );
    expect(results.map(({ offset }) => offset)).toEqual(values.map((_, index) => index + 1));
    expect(await readValues(scene.q, 'orders')).toEqual(['first', ...values]);
    await expect(producer.send('orders', { value: 'x'.repeat(3_000) })).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
      details: { maxMessageBytes: 2_000 },
    });
  });

  it('T1 goes on when the topic is deleted and created again', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 1 });
    await using producer = scene.q.producer();
    await producer.send('orders', { value: 'old' });
    await scene.q.admin.deleteTopic('orders');
    await expect(producer.send('orders', { value: 'lost' })).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    await scene.q.admin.createTopic('orders', { partitions: 1 });
    expect(await producer.send('orders', { value: 'new' })).toMatchObject({ offset: 0 });
    expect(await readValues(scene.q, 'orders')).toEqual(['new']);
  });

  it('T1 reads partitions that are added while it runs, and sends to them', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 1 });
    const q = await scene.connect(scene.broker.url, { metadataMaxAgeMs: 50 });
    await using producer = q.producer();
    await producer.send('orders', { value: 'first' });
    const consumer = q.consumer('orders', { partitionRefreshMs: 50 });
    const iterator = consumer[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ partition: 0 });
    await scene.q.admin.addPartitions('orders', 3);
    // The producer hears of it by itself, as the partition can be named from then on.
    await expect
      .poll(() =>
        producer.send('orders', { value: 'added', partition: 2 }).then(
          ({ partition }) => partition,
          () => -1,
        ),
      )
      .toBe(2);
    expect((await iterator.next()).value).toMatchObject({ partition: 2, offset: 0 });
    await consumer.close();
  });

  it('P1 keeps keys in their partitions, whoever sends them', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 8 });
    const other = await scene.connect();
    for (const q of [scene.q, other]) {
      await using producer = q.producer();
      await producer.sendBatch(
        'orders',
        Array.from({ length: 200 }, (_, index) => ({ key: `customer-${index % 20}`, value: `${index}` })),
      );
    }
    const partitionOfKey = new Map<string, number>();
    for (const { key, partition } of await readAll(scene.q, 'orders')) {
      expect(partitionOfKey.get(key ?? '') ?? partition).toBe(partition);
      partitionOfKey.set(key ?? '', partition);
    }
    expect(new Set(partitionOfKey.values()).size).toBeGreaterThan(4);
  });
});
