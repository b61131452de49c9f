import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readAll, Scene } from './scene.ts';

describe('topics', () => {
  it('T1 T3 deletes a topic with its data, on disk too, and a new one of the same name is empty', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 2, config: { 'file.delete.delay.ms': '0' } });
    await using producer = scene.q.producer();
    await producer.send('orders', { value: 'old' });
    await scene.q.admin.deleteTopic('orders');
    await expect(readAll(scene.q, 'orders')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    await expect
      .poll(async () => (await readdir(scene.dataDir, { recursive: true })).filter((name) => name.includes('orders-')))
      .toEqual([]);
    await scene.q.admin.createTopic('orders', { partitions: 2 });
    expect(await readAll(scene.q, 'orders')).toEqual([]);
    // A producer that knew the old topic finds the new one.
    await producer.send('orders', { value: 'new' });
    expect(await readAll(scene.q, 'orders')).toMatchObject([{ offset: 0, value: 'new' }]);
  });

  it('T2 counts messages and bytes, for the topic and for each partition', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 2 });
    await using producer = scene.q.producer();
    for (let index = 0; index < 10; index += 1)
      await producer.send('orders', { value: 'x'.repeat(100), partition: index < 7 ? 0 : 1 });
    await scene.q.admin.deleteRecords('orders', { 0: 2 });
    const [listed] = await scene.q.admin.listTopics();
    expect(listed).toMatchObject({ name: 'orders', partitions: 2, messages: 8 });
    expect(listed!.bytes).toBeGreaterThan(800);
    const { partitions } = await scene.q.admin.describeTopic('orders');
    expect(partitions).toMatchObject([
      { partition: 0, logStartOffset: 2, highWatermark: 7 },
      { partition: 1, logStartOffset: 0, highWatermark: 3 },
    ]);
  });

  it('P1 P2 sends to a chosen partition, by key to the same one always, and spreads the rest', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 4 });
    await using producer = scene.q.producer();
    const chosen = await producer.sendBatch(
      'orders',
      Array.from({ length: 20 }, () => ({ value: 'chosen', partition: 3 })),
    );
    expect(new Set(chosen.map(({ partition }) => partition))).toEqual(new Set([3]));
    const keyed = await producer.sendBatch(
      'orders',
      Array.from({ length: 200 }, (_, index) => ({ key: `key ${index % 40}`, value: 'keyed' })),
    );
    for (let key = 0; key < 40; key += 1) {
      const partitions = keyed.filter((_, index) => index % 40 === key).map(({ partition }) => partition);
      expect(new Set(partitions).size).toBe(1);
    }
    expect(new Set(keyed.map(({ partition }) => partition)).size).toBe(4);
    const spread = new Set<number>();
    for (let index = 0; index < 200; index += 1)
      spread.add((await producer.send('orders', { value: 'spread' })).partition);
    expect(spread.size).toBe(4);
  });

  it('P5 takes a message of up to max.message.bytes, 1 MiB unless configured, and refuses a larger one', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('standard', { partitions: 1 });
    await scene.q.admin.createTopic('small', { partitions: 1, config: { 'max.message.bytes': '2000' } });
    await scene.q.admin.createTopic('big', { partitions: 1, config: { 'max.message.bytes': '4000000' } });
    await using producer = scene.q.producer();
    const send = (topic: string, bytes: number): Promise<unknown> =>
      producer.send(topic, { value: Buffer.alloc(bytes) });
    await send('standard', 1_000_000);
    await send('small', 1800);
    await send('big', 3_900_000);
    for (const [topic, bytes] of [
      ['standard', 1_100_000],
      ['small', 2100],
      ['big', 4_000_001],
    ] as const) {
      await expect(send(topic, bytes)).rejects.toMatchObject({
        code: expect.stringMatching(/^(RECORD|BATCH)_TOO_LARGE$/) as string,
      });
    }
    expect((await scene.q.admin.listTopics()).map(({ messages }) => messages)).toEqual([1, 1, 1]);
  });
});
