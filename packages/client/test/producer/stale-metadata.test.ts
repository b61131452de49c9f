import { describe, expect, it } from 'vitest';

import { FakeScene } from '../fake/fake-scene.ts';
import { FakeLog } from '../fake/fake-log.ts';
import type { FakeTopic } from '../fake/fake-broker.ts';

function addPartition(topic: FakeTopic): void {
  topic.logs.push(new FakeLog());
  topic.leaders.push({ ...topic.leaders[0]! });
}

describe('what a client knew of a topic', () => {
  it('P1 C1 is no reason to refuse a partition that was added a moment ago', async () => {
    const scene = new FakeScene();
    const topic = scene.broker.topic('t');
    const [q, errors] = [await scene.connect(), [] as string[]];
    const producer = q.producer({ onError: ({ code }) => errors.push(code) });
    await scene.settle(producer.send('t', { value: 'known' }));
    addPartition(topic);
    expect(await scene.settle(producer.send('t', { partition: 1, value: 'added' }))).toMatchObject({
      partition: 1,
      offset: 0,
    });
    addPartition(topic);
    producer.enqueue('t', { partition: 2, value: 'enqueued' });
    producer.enqueue('t', { partition: 0, value: 'behind it' });
    await scene.settle(producer.flush());
    expect(topic.logs.map((log) => log.values())).toEqual([['known', 'behind it'], ['added'], ['enqueued']]);
    expect(errors).toEqual([]);
    await scene.settle(q.close());
  });

  it('P1 a partition that is not there is refused, each time by a new look, and alone', async () => {
    const scene = new FakeScene();
    const topic = scene.broker.topic('t');
    const q = await scene.connect();
    const producer = q.producer();
    await scene.settle(producer.send('t', { value: 'known' }));
    const looks = (): number =>
      scene.broker.requestsOf<{ topics: readonly string[] }>('METADATA').filter(({ topics }) => topics.includes('t'))
        .length;
    const before = looks();
    const sends = [
      producer.send('t', { partition: 1, value: 'x' }),
      producer.send('t', { partition: 0, value: 'good' }),
      producer.send('t', { partition: 9, value: 'x' }),
    ];
    const settled = await scene.settle(Promise.allSettled(sends));
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
    // One for the first, and one for what came while it was under way.
    expect(looks()).toBe(before + 2);
    await expect(scene.settle(producer.send('t', { partition: 1, value: 'x' }))).rejects.toMatchObject({
      code: 'UNKNOWN_PARTITION',
      details: { partition: 1, field: 'partition' },
    });
    expect(looks()).toBe(before + 3);
    expect(topic.logs[0]!.values()).toEqual(['known', 'good']);
    await scene.settle(q.close());
  });

  it('P3 is no reason to refuse a record that is not too large any more, or needs no key any more', async () => {
    const scene = new FakeScene();
    const topic = scene.broker.topic('t', { maxMessageBytes: 500, cleanupPolicy: 'compact' });
    const q = await scene.connect();
    const producer = q.producer();
    await scene.settle(producer.send('t', { key: 'k', value: 'known' }));
    await expect(scene.settle(producer.send('t', { key: 'k', value: 'x'.repeat(1_000) }))).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
    });
    topic.maxMessageBytes = 10_000;
    expect(await scene.settle(producer.send('t', { key: 'k', value: 'x'.repeat(1_000) }))).toMatchObject({ offset: 1 });
    await expect(scene.settle(producer.send('t', { value: 'v' }))).rejects.toMatchObject({ code: 'KEY_REQUIRED' });
    topic.cleanupPolicy = 'delete';
    expect(await scene.settle(producer.send('t', { value: 'v' }))).toMatchObject({ offset: 2 });
    await scene.settle(q.close());
  });

  it('C1 a consumer that names an added partition reads it, and one that stops at the end reads it too', async () => {
    const scene = new FakeScene();
    const topic = scene.broker.topic('t');
    const q = await scene.connect();
    const producer = q.producer();
    await scene.settle(producer.send('t', { value: 'known' }));
    addPartition(topic);
    const named = q.consumer('t', { partitions: [1] });
    await scene.settle(named.ready());
    expect(named.partitions).toEqual([1]);
    addPartition(topic);
    const all = q.consumer('t', { stopAtEnd: true });
    await scene.settle(all.ready());
    expect(all.partitions).toEqual([0, 1, 2]);
    await expect(scene.settle(q.consumer('t', { partitions: [3] }).ready())).rejects.toMatchObject({
      code: 'UNKNOWN_PARTITION',
    });
    await scene.settle(q.close());
  });
});
