import { TcpProxy } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { readAll, Scene } from './scene.ts';

const value = Buffer.alloc(1000, 'x');
const bufferBytes = 64 * 1024;

describe('back-pressure', () => {
  it('Z4 a producer whose broker does not answer stops at its budget, and delivers everything afterwards, in order', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('slow', { partitions: 1 });
    await using proxy = await TcpProxy.start({ host: '127.0.0.1', port: scene.broker.port });
    const q = await scene.connect(`q://${proxy.address}`);
    await using producer = q.producer({ maxBufferedBytes: bufferBytes });
    await producer.send('slow', { key: 'first', value });
    proxy.hold();
    let accepted = 0;
    // Whatever enqueue says on the way: false asks for a pause, it does not refuse.
    for (; producer.bufferedBytes < bufferBytes; accepted += 1) producer.enqueue('slow', { key: `${accepted}`, value });
    expect(producer.enqueue('slow', { key: `${accepted}`, value })).toBe(false);
    accepted += 1;
    expect(accepted * value.length).toBeLessThan(2 * bufferBytes);
    let isReady = false;
    const ready = producer.ready().then(() => (isReady = true));
    await scene.q.admin.ping();
    expect(isReady).toBe(false);
    proxy.release();
    await ready;
    await producer.flush();
    const keys = (await readAll(scene.q, 'slow')).map(({ key }) => key);
    expect(keys).toEqual(['first', ...Array.from({ length: accepted }, (_, index) => `${index}`)]);
  });

  it('Z4 a consumer that does not read holds no more than its budget, and misses nothing', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('piled-up', { partitions: 1 });
    await using producer = scene.q.producer();
    for (let index = 0; index < 100; index += 1)
      await producer.sendBatch(
        'piled-up',
        Array.from({ length: 50 }, () => ({ value })),
      );
    const consumer = scene.q.consumer('piled-up', { from: 'earliest', stopAtEnd: true, prefetchBytes: 256 * 1024 });
    const iterator = consumer[Symbol.asyncIterator]();
    await iterator.next();
    const bytesOut = async (): Promise<number> => (await scene.q.admin.stats()).bytesOut;
    // Standing still: two looks, each after a round trip, that see the same number.
    await expect.poll(async () => (await bytesOut()) - (await bytesOut())).toBe(0);
    expect(await bytesOut()).toBeLessThan(2_000_000);
    let records = 1;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) records += 1;
    expect(records).toBe(5000);
  });

  it('Z4 a client that stops reading does not keep others from being served', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('large', { partitions: 1 });
    await using producer = scene.q.producer();
    for (let index = 0; index < 40; index += 1) await producer.send('large', { value: Buffer.alloc(900_000, index) });
    await using proxy = await TcpProxy.start({ host: '127.0.0.1', port: scene.broker.port });
    const stuck = await scene.connect(`q://${proxy.address}`);
    const consumer = stuck.consumer('large', { from: 'earliest', prefetchBytes: 4 << 20 });
    const pending = consumer[Symbol.asyncIterator]().next();
    pending.catch(() => undefined);
    proxy.hold();
    expect(await readAll(scene.q, 'large')).toHaveLength(40);
    await producer.send('large', { value: 'still served' });
    await consumer.close();
  });
});
