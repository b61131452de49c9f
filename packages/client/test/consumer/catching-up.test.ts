import { encodeBatch } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import { GroupScene } from '../fake/group-scene.ts';
import { fill, setUp } from './consumer-scene.ts';

describe('a consumer that follows', () => {
  it('C2 says when it has been given what was there, and has come back for more', async () => {
    const { scene, q } = await setUp({ partitions: 2 });
    const consumer = q.consumer('t');
    const seen: string[] = [];
    let isCaughtUp = false;
    const caughtUp = consumer.caughtUp().then(() => {
      isCaughtUp = true;
      return seen.length;
    });
    const messages = consumer[Symbol.asyncIterator]();
    for (let count = 0; count < 24; count += 1) {
      const { value } = await scene.settle(messages.next());
      seen.push(String(value?.value));
      // It has the last record in hand, and may be at work on it.
      expect(isCaughtUp).toBe(false);
    }
    const next = messages.next();
    expect(await scene.settle(caughtUp)).toBe(24);
    // What came since is not a matter of this call.
    fill(scene, { partition: 1, batches: 1 });
    expect(String((await scene.settle(next)).value?.value)).toBe('1:12');
    await scene.settle(q.close());
  });

  it('C2 says so at once where nothing is there', async () => {
    const { scene, q } = await setUp({ partitions: 3, batches: 0 });
    const consumer = q.consumer('t', { from: 'latest' });
    const next = consumer[Symbol.asyncIterator]().next();
    await scene.settle(consumer.caughtUp());
    await scene.settle(q.close());
    expect((await next).done).toBe(true);
  });

  it('C2 is not kept from it by records that come all the time', async () => {
    const { scene, q } = await setUp({ batches: 4 });
    const consumer = q.consumer('t');
    let atCatchUp = -1;
    let seen = 0;
    void consumer.caughtUp().then(() => (atCatchUp = seen));
    const messages = consumer[Symbol.asyncIterator]();
    while (atCatchUp < 0 && seen < 200) {
      fill(scene, { partition: 0, batches: 1 });
      await scene.settle(messages.next());
      seen += 1;
    }
    expect(atCatchUp).toBeGreaterThanOrEqual(12);
    expect(atCatchUp).toBeLessThan(40);
    await scene.settle(q.close());
  });

  it('C2 says so between two batches to a loop that never has to wait', async () => {
    const { scene, q } = await setUp({ batches: 10 });
    const consumer = q.consumer('t');
    await scene.settle(consumer.ready());
    let atCatchUp = -1;
    let seen = 0;
    void consumer.caughtUp().then(() => (atCatchUp = seen));
    await scene.clock.advance(100);
    // Fetched together with what was there.
    fill(scene, { partition: 0, batches: 30 });
    const messages = consumer[Symbol.asyncIterator]();
    for (; seen < 100; seen += 1) await scene.settle(messages.next());
    expect(atCatchUp).toBe(30);
    await scene.settle(q.close());
  });

  it('C2 counts offsets that hold no record any more', async () => {
    const { scene, q } = await setUp({ batches: 1 });
    const log = scene.broker.topics.get('t')?.logs[0];
    // As compaction leaves it, at the worst: the end is known, and nothing is there.
    if (log !== undefined) log.endOffset = 9;
    const consumer = q.consumer('t');
    const messages = consumer[Symbol.asyncIterator]();
    for (let count = 0; count < 3; count += 1) await scene.settle(messages.next());
    const next = messages.next();
    await scene.settle(consumer.caughtUp());
    await scene.settle(q.close());
    expect((await next).done).toBe(true);
  });

  it('C2 forgets of a seek what it knew', async () => {
    const { scene, q } = await setUp();
    const consumer = q.consumer('t', { from: 'latest' });
    const messages = consumer[Symbol.asyncIterator]();
    let next = messages.next();
    await scene.settle(consumer.caughtUp());
    // The broker has said that nothing is there.
    await scene.clock.advance(2_000);
    let isCaughtUp = false;
    // Asked first, so that it hears of the end before anything comes from where it was sent.
    const caughtUp = consumer.caughtUp().then(() => (isCaughtUp = true));
    await consumer.seek({ partition: 0, offset: 10 });
    expect(String((await scene.settle(next)).value?.value)).toBe('0:10');
    await scene.settle(messages.next());
    expect(isCaughtUp).toBe(false);
    next = messages.next();
    await scene.settle(caughtUp);
    await scene.settle(q.close());
    await next;
  });

  it('C2 says that it is closed to whoever waits', async () => {
    const { scene, q } = await setUp();
    const consumer = q.consumer('t');
    const waiting = consumer.caughtUp().catch((error: unknown) => error);
    await scene.settle(consumer.ready());
    await scene.settle(q.consumer('t').ready());
    await consumer.close();
    expect(await scene.settle(waiting)).toMatchObject({ code: 'CLOSED' });
    await expect(consumer.caughtUp()).rejects.toMatchObject({ code: 'CLOSED' });
    await scene.settle(q.close());
  });

  it('G1 says so of the partitions that a member of a group owns', async () => {
    const scene = await GroupScene.start({ partitions: 2, records: 6 });
    const consumer = scene.consumer();
    let seen = 0;
    const running = consumer.run(() => void (seen += 1));
    await scene.settle(consumer.caughtUp());
    expect(seen).toBe(12);
    scene.group.topic.logs[0]?.append(encodeBatch([{ key: null, value: 'later', timestampMs: 1 }]));
    await scene.until(() => seen === 13);
    await scene.settle(scene.q.close());
    await running;
    await expect(consumer.caughtUp()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
