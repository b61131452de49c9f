import { describe, expect, it } from 'vitest';

import { GroupScene, valuesOf } from '../fake/group-scene.ts';

function expected(partition: number, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${partition}:${from + index}`);
}

describe('a group consumer', () => {
  it('G1 joins, reads what it is assigned, commits what is acknowledged, and leaves', async () => {
    const scene = await GroupScene.start({ partitions: 2 });
    const consumer = scene.consumer();
    const messages = consumer[Symbol.asyncIterator]();
    const taken = await scene.take(messages, 24);
    expect(new Set(valuesOf(taken))).toEqual(new Set([...expected(0, 0, 12), ...expected(1, 0, 12)]));
    expect(consumer.partitions).toEqual([0, 1]);
    expect(scene.group.only).toBe(consumer.memberId);
    for (const message of taken) message.ack();
    await scene.leave(messages);
    expect([scene.group.committedOffset(0), scene.group.committedOffset(1)]).toEqual([12, 12]);
    expect(scene.group.left).toEqual([{ id: consumer.memberId, epoch: -1 }]);
    expect(await scene.settle(consumer.closed)).toEqual({ drained: 0, abandoned: 0 });
    await scene.settle(scene.q.close());
    await scene.clock.advance(1_000);
    expect(scene.clock.pending).toBe(0);
  });

  it('C4 commits the acknowledged part without a gap, every second', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const messages = consumer[Symbol.asyncIterator]();
    const taken = await scene.take(messages, 6);
    for (const index of [5, 0, 1, 3]) taken[index]?.ack();
    await scene.clock.advance(1_100);
    expect(scene.group.commits).toEqual([{ partition: 0, offset: 2, metadata: null }]);
    await scene.clock.advance(5_000);
    expect(scene.group.commits).toHaveLength(1);
    taken[2]?.ack();
    taken[2]?.ack();
    await scene.clock.advance(1_100);
    expect(scene.group.committedOffset(0)).toBe(4);
    taken[4]?.ack();
    expect(await scene.settle(scene.q.close())).toEqual({ drained: 0, abandoned: 0 });
    expect(scene.group.committedOffset(0)).toBe(6);
  });

  it('C4 counts a message as handled when the next is asked for, with autoAck', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ autoAck: true });
    const messages = consumer[Symbol.asyncIterator]();
    await scene.take(messages, 5);
    await scene.clock.advance(1_100);
    expect(scene.group.committedOffset(0)).toBe(4);
    await scene.leave(messages);
    expect(await consumer.closed).toEqual({ drained: 0, abandoned: 1 });
    expect(scene.group.committedOffset(0)).toBe(4);
    await scene.settle(scene.q.close());
  });

  it('C4 G2 hands out whole batches, acknowledged as a whole', async () => {
    const scene = await GroupScene.start();
    scene.group.offsets.set(0, { partition: 0, offset: 4, metadata: null });
    const consumer = scene.consumer();
    const batches = consumer.batches();
    const first = (await scene.settle(batches.next())).value;
    const second = (await scene.settle(batches.next())).value;
    expect([...(first?.records ?? [])].map(({ offset }) => offset)).toEqual([4, 5]);
    expect([second?.baseOffset, second?.lastOffset, second?.recordsCount]).toEqual([6, 8, 3]);
    second?.ack();
    await scene.clock.advance(1_100);
    expect(scene.group.commits).toEqual([]);
    first?.ack();
    await scene.settle(consumer.commit());
    expect(scene.group.committedOffset(0)).toBe(9);
    await scene.settle(scene.q.close());
  });

  it('bounds what is handed out and not acknowledged', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ maxUnacked: 3 });
    const messages = consumer[Symbol.asyncIterator]();
    const taken = await scene.take(messages, 3);
    let fourth: number | undefined;
    const waiting = messages.next().then(({ value }) => (fourth = value?.offset));
    await scene.clock.advance(10_000);
    expect(fourth).toBeUndefined();
    taken[1]?.ack();
    await scene.settle(waiting);
    expect(fourth).toBe(3);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('C1 seeks, and forgets what was handed out before', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const messages = consumer[Symbol.asyncIterator]();
    const before = await scene.take(messages, 6);
    before[0]?.ack();
    await scene.settle(consumer.seek({ partition: 0, offset: 9 }));
    for (const message of before) message.ack();
    expect(consumer.position(0)).toBe(9);
    const after = await scene.take(messages, 2);
    expect(valuesOf(after)).toEqual(expected(0, 9, 11));
    await scene.settle(consumer.commit());
    expect(scene.group.committedOffset(0)).toBe(9);
    await expect(consumer.seek({ partition: 3, offset: 0 })).rejects.toMatchObject({ code: 'PARTITION_NOT_OWNED' });
    await expect(consumer.seek({ partition: 0, offset: 0.5 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('pauses partitions, also those that are assigned later', async () => {
    const scene = await GroupScene.start({ partitions: 2, records: 3 });
    const consumer = scene.consumer();
    consumer.pause([1]);
    const messages = consumer[Symbol.asyncIterator]();
    expect((await scene.take(messages, 3)).map(({ partition }) => partition)).toEqual([0, 0, 0]);
    const next = messages.next();
    await scene.clock.advance(5_000);
    consumer.resume([1]);
    expect((await scene.settle(next)).value?.partition).toBe(1);
    consumer.pause();
    scene.fill(0, 3);
    await scene.take(messages, 2);
    const paused = messages.next();
    await scene.clock.advance(5_000);
    consumer.resume();
    expect((await scene.settle(paused)).value?.partition).toBe(0);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('allows one loop, and throws the error of a failed one after it has left', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const messages = consumer[Symbol.asyncIterator]();
    expect(() => consumer.batches()).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    await scene.take(messages, 12);
    scene.broker.topics.delete('t');
    await expect(scene.settle(messages.next())).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    await scene.settle(scene.q.close());
  });

  it('G1 fails on a topic that is not there, without having joined', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.q.consumer('missing', { group: 'g' });
    await expect(scene.settle(consumer.ready())).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    await expect(scene.settle(consumer[Symbol.asyncIterator]().next())).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC',
    });
    expect(await consumer.closed).toEqual({ drained: 0, abandoned: 0 });
    expect(scene.broker.requestsOf('GROUP_HEARTBEAT')).toEqual([]);
    await scene.settle(scene.q.close());
  });

  it('goes on when a listener throws, and forgets those that were taken away', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const heard: string[] = [];
    const uncaught: string[] = [];
    const listen = (error: Error): void => void uncaught.push(error.message);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', listen);
    try {
      consumer.on('assigned', () => {
        throw new Error('listener');
      });
      consumer.on('assigned', () => heard.push('second'));
      consumer.on('assigned', () => heard.push('third'))();
      await scene.settle(consumer.ready());
      await scene.clock.advance(10);
    } finally {
      process.removeListener('uncaughtException', listen);
      for (const other of others) process.on('uncaughtException', other);
    }
    expect([heard, uncaught]).toEqual([['second'], ['listener']]);
    await scene.settle(scene.q.close());
  });
});
