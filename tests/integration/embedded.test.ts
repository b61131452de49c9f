import { readdir } from 'node:fs/promises';
import { startBroker } from '@q/broker';
import { connect } from '@q/client';
import { describe, expect, it } from 'vitest';
import { readValues } from './scene.ts';

describe('embedded brokers', () => {
  it('B3 runs in memory on a free port, and leaves nothing behind', async () => {
    const before = await readdir('.');
    let address = '';
    {
      await using broker = await startBroker({ port: 0, admin: false, storage: 'memory' });
      await using q = await connect(broker.url);
      await q.admin.createTopic('greetings', { partitions: 1 });
      await using producer = q.producer();
      expect(await producer.send('greetings', { value: 'hello' })).toMatchObject({ offset: 0, durability: 'memory' });
      expect(await readValues(q, 'greetings')).toEqual(['hello']);
      address = broker.address;
    }
    await expect(connect(address, { connectTimeoutMs: 200 })).rejects.toMatchObject({ code: 'NO_BROKER' });
    expect(await readdir('.')).toEqual(before);
  });

  it('B3 runs many at once in one process, apart from each other', async () => {
    const brokers = await Promise.all(
      Array.from({ length: 5 }, () => startBroker({ port: 0, admin: false, storage: 'memory' })),
    );
    await Promise.all(
      brokers.map(async (broker, index) => {
        await using q = await connect(broker.url);
        await q.admin.createTopic('same-name', { partitions: 1 });
        await using producer = q.producer();
        await producer.send('same-name', { value: `broker ${index}` });
        expect(await readValues(q, 'same-name')).toEqual([`broker ${index}`]);
      }),
    );
    await Promise.all(brokers.map((broker) => broker.close()));
    expect(new Set(brokers.map(({ clusterId }) => clusterId)).size).toBe(5);
  });

  it('B3 answers what is under way when it is closed, then lets go', async () => {
    const broker = await startBroker({ port: 0, admin: false, storage: 'memory' });
    const q = await connect(broker.url);
    await q.admin.createTopic('last-words', { partitions: 1 });
    const producer = q.producer({ deliveryTimeoutMs: 5000 });
    const sends = Array.from({ length: 200 }, (_, index) => producer.send('last-words', { value: `${index}` }));
    await sends[0];
    const outcomes = Promise.allSettled(sends);
    await broker.close();
    await q.close({ timeoutMs: 0 });
    const acknowledged = (await outcomes)
      .filter((outcome) => outcome.status === 'fulfilled')
      .map(({ value }) => value.offset);
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged).toEqual(acknowledged.map((_, index) => index));
  });
});
