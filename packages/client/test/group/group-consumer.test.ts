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
    await scene.settle(messages.return?.() ?? Promise.resolve());
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
});
