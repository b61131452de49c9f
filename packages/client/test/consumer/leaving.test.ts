import { getEventListeners } from 'node:events';

import { describe, expect, it } from 'vitest';

import type { Consumer } from '../../src/consumer/consumer.ts';
import { FakeLog } from '../fake/fake-log.ts';
import type { FakeScene } from '../fake/fake-scene.ts';
import { GroupScene } from '../fake/group-scene.ts';

/** Reads until the loop ends, or leaves it when `count` messages came. */
async function read(scene: FakeScene, consumer: Consumer, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { value } of consumer) {
      seen.push(String(value));
      if (seen.length >= count) break;
    }
  })();
  await scene.settle(reading);
  return seen;
}

function expected(partition: number, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${partition}:${from + index}`);
}

describe('a consumer without a loop', () => {
  it.each(['messages', 'batches'] as const)(
    'wakes who waits for %s when the loop is left, and fetches no more',
    async (how) => {
      const scene = await GroupScene.start({ records: 3 });
      const { q } = scene;
      const consumer = q.consumer('t');
      const iterator: AsyncIterator<unknown, undefined> =
        how === 'messages' ? consumer[Symbol.asyncIterator]() : consumer.batches();
      for (let count = how === 'messages' ? 3 : 1; count > 0; count -= 1) await scene.settle(iterator.next());
      const waiting = iterator.next();
      await scene.clock.advance(100);
      expect(await scene.settle(Promise.resolve(iterator.return?.()))).toEqual({ done: true, value: undefined });
      expect(await scene.settle(waiting)).toEqual({ done: true, value: undefined });
      await scene.clock.advance(10_000);
      const fetches = scene.broker.requestsOf('FETCH').length;
      scene.fill(0, 3);
      await scene.clock.advance(10_000);
      expect(scene.broker.requestsOf('FETCH')).toHaveLength(fetches);
      expect(await read(scene, consumer, 3)).toEqual(expected(0, 3, 6));
      await scene.settle(q.close());
    },
  );

  it('wakes who waits while it has not even started, and the loop that was left does not start it', async () => {
    const scene = await GroupScene.start();
    const { q } = scene;
    scene.broker.faults = ({ api, point }) => (api === 'LIST_OFFSETS' && point === 'before' ? 'BROKER_BUSY' : 'none');
    const consumer = q.consumer('t');
    const iterator = consumer[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await scene.clock.advance(1_000);
    await iterator.return?.();
    expect(await scene.settle(waiting)).toEqual({ done: true, value: undefined });
    // Nor does it ask for ever.
    await scene.clock.advance(120_000);
    const asked = scene.broker.requestsOf('LIST_OFFSETS').length;
    await scene.clock.advance(120_000);
    expect(scene.broker.requestsOf('LIST_OFFSETS')).toHaveLength(asked);
    scene.broker.faults = () => 'none';
    await scene.clock.advance(60_000);
    expect(scene.broker.requestsOf('FETCH')).toEqual([]);
    expect(await read(scene, consumer, 12)).toEqual(expected(0, 0, 12));
    await scene.settle(q.close());
  });

  it('is known to nobody else while no loop runs: not to its signal, nor to the client, nor to a timer', async () => {
    const scene = await GroupScene.start();
    const { q } = scene;
    const { signal } = new AbortController();
    for (let round = 0; round < 20; round += 1) {
      const consumer = q.consumer('t', { signal });
      if (round % 2 === 0) await scene.settle(consumer.ready());
      else expect(await read(scene, consumer, 2)).toEqual(expected(0, 0, 2));
      q.consumer('t', { signal, group: 'g' });
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    // What is left is the client's one timer for metadata, of when somebody watched the topic.
    await scene.clock.advance(600_000);
    expect(scene.clock.pending).toBe(0);
    await scene.settle(q.close());
  });

  it('B6 notices what happened to its signal and to the client while no loop ran', async () => {
    const scene = await GroupScene.start();
    const { q } = scene;
    const controller = new AbortController();
    const [aborted, closed] = [q.consumer('t', { signal: controller.signal }), q.consumer('t')];
    expect(await read(scene, aborted, 2)).toEqual(expected(0, 0, 2));
    expect(await read(scene, closed, 2)).toEqual(expected(0, 0, 2));
    controller.abort();
    expect(await read(scene, aborted)).toEqual([]);
    await expect(aborted.ready()).rejects.toMatchObject({ code: 'CLOSED' });
    const closing = q.close();
    expect(await read(scene, closed)).toEqual([]);
    await scene.settle(closing);
    await expect(closed.ready()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    await scene.clock.advance(600_000);
    expect(scene.clock.pending).toBe(0);
  });

  it('finds partitions that were added while no loop ran, and a topic that was made anew', async () => {
    const scene = await GroupScene.start();
    const { q } = scene;
    const consumer = q.consumer('t', { onOffsetOutOfRange: 'earliest' });
    expect(await read(scene, consumer, 12)).toEqual(expected(0, 0, 12));
    const fake = scene.broker.topics.get('t');
    fake?.logs.push(new FakeLog());
    fake?.leaders.push({ leaderId: 1, leaderEpoch: 0 });
    scene.fill(1, 3);
    await scene.clock.advance(60_000);
    expect(await read(scene, consumer, 3)).toEqual(expected(1, 0, 3));
    scene.broker.topic('t', { partitions: 2 });
    scene.fill(0, 3);
    await scene.clock.advance(60_000);
    expect(await read(scene, consumer, 3)).toEqual(expected(0, 0, 3));
    await scene.settle(q.close());
  });

  it.each(['earliest', 'latest'] as const)(
    'reads on from %s where a topic was made anew with fewer partitions, while it waits for records of one that is gone',
    async (onOffsetOutOfRange) => {
      const scene = await GroupScene.start();
      const { q } = scene;
      scene.broker.topic('t', { partitions: 3 });
      for (const partition of [0, 1, 2]) scene.fill(partition, 3);
      const consumer = q.consumer('t', { onOffsetOutOfRange, partitionRefreshMs: 1_000 });
      const named = q.consumer('t', { onOffsetOutOfRange, partitions: [0, 2] });
      expect((await read(scene, consumer, 9)).length).toBe(9);
      expect((await read(scene, named, 6)).length).toBe(6);
      const waiting = read(scene, consumer, 3);
      await scene.clock.advance(100);
      scene.broker.topic('t', { partitions: 1 });
      scene.clock.schedule(10_000, () => scene.fill(0, 3));
      expect(await waiting).toEqual(expected(0, 0, 3));
      expect(consumer.partitions).toEqual([0]);
      // It was told to read that one.
      await expect(read(scene, named, 3)).rejects.toMatchObject({
        code: 'UNKNOWN_PARTITION',
        details: { partition: 2 },
      });
      await scene.settle(q.close());
    },
  );
});
