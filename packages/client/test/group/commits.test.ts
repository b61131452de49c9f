import type { CommitOffsetRequest, ErrorName } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import type { GroupConsumer } from '../../src/group/group-consumer.ts';
import { GroupScene } from '../fake/group-scene.ts';

/** Acknowledges so many messages of a fresh consumer. */
async function handled(scene: GroupScene, consumer: GroupConsumer, count: number): Promise<void> {
  for (const message of await scene.take(consumer[Symbol.asyncIterator](), count)) message.ack();
}

describe('commits', () => {
  it('C4 G3 go by hand, with metadata, and can be asked for', async () => {
    const scene = await GroupScene.start({ partitions: 2 });
    const consumer = scene.consumer({ autoCommit: false });
    await handled(scene, consumer, 24);
    await scene.clock.advance(10_000);
    expect(scene.group.commits).toEqual([]);
    await scene.settle(consumer.commit([{ partition: 1, offset: 4, metadata: 'so far' }]));
    expect(await scene.settle(consumer.committed())).toEqual([{ partition: 1, offset: 4, metadata: 'so far', committedAtMs: expect.any(Number) as number }]);
    await scene.settle(consumer.commit());
    expect([scene.group.committedOffset(0), scene.group.committedOffset(1)]).toEqual([12, 12]);
    await scene.settle(consumer.commit());
    expect(scene.group.commits).toHaveLength(3);
    await scene.settle(scene.q.close());
  });

  it('C4 by hand stay by hand when the consumer closes', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ autoCommit: false });
    const [first, second] = await scene.take(consumer[Symbol.asyncIterator](), 2);
    first?.ack();
    const closing = consumer.close();
    second?.ack();
    // While it drains a handler may still commit what it has done.
    const committing = consumer.commit([{ partition: 0, offset: 1 }]);
    expect(await scene.settle(closing)).toEqual({ drained: 1, abandoned: 0 });
    await committing;
    expect(scene.group.commits).toEqual([{ partition: 0, offset: 1, metadata: null }]);
    await expect(consumer.commit()).rejects.toMatchObject({ code: 'CLOSED' });
    await scene.settle(scene.q.close());
  });

  it('C4 refuse what makes no sense', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    await scene.settle(consumer.ready());
    await expect(consumer.commit([{ partition: 0, offset: -1 }])).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(consumer.commit([{ partition: 0, offset: 1, metadata: 'x'.repeat(5_000) }])).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(consumer.commit([{ partition: 7, offset: 1 }])).rejects.toMatchObject({ code: 'PARTITION_NOT_OWNED' });
    await scene.settle(scene.q.close());
  });

  it('W3 are sent again while the partition is owned, whatever happened to the answer', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    scene.broker.faults = ({ api, request, point }) => {
      if (api !== 'COMMIT_OFFSET') return 'none';
      if (request === 0 && point === 'after') return 'cut';
      if (request === 1 && point === 'before') return 'silence';
      return request === 2 && point === 'before' ? 'BROKER_BUSY' : 'none';
    };
    await handled(scene, consumer, 3);
    await scene.settle(consumer.commit());
    expect(scene.group.committedOffset(0)).toBe(3);
    expect(scene.broker.requestsOf('COMMIT_OFFSET')).toHaveLength(4);
    await scene.settle(scene.q.close());
  });

  it('W3 go with the new epoch when the old one was refused', async () => {
    const scene = await GroupScene.start({ partitions: 2 });
    const consumer = scene.consumer();
    await handled(scene, consumer, 24);
    await scene.clock.advance(100);
    scene.group.assign(consumer.memberId, [0, 1]);
    // The epoch has risen, and the member has not heard of it.
    const member = scene.group.members.get(consumer.memberId);
    if (member !== undefined) member.epoch = scene.group.epoch;
    await scene.settle(consumer.commit());
    const epochs = scene.broker.requestsOf<CommitOffsetRequest>('COMMIT_OFFSET').map(({ memberEpoch }) => memberEpoch);
    expect(epochs).toEqual([1, 2]);
    await scene.settle(scene.q.close());
  });

  it('C4 never go back: one is under way at a time, and the newest goes next', async () => {
    const scene = await GroupScene.start();
    scene.broker.answerDelayMs = 300;
    const consumer = scene.consumer({ autoCommit: { intervalMs: 10 } });
    const messages = consumer[Symbol.asyncIterator]();
    let underWay = 0;
    scene.broker.faults = ({ api, point, request }) => {
      if (api !== 'COMMIT_OFFSET') return 'none';
      underWay += point === 'before' ? 1 : -1;
      expect(underWay).toBeLessThanOrEqual(1);
      return request % 3 === 1 && point === 'after' ? 'BROKER_BUSY' : 'none';
    };
    for (let count = 0; count < 12; count += 1) {
      const [message] = await scene.take(messages, 1);
      message?.ack();
      await scene.clock.advance(50);
    }
    await scene.clock.advance(3_000);
    const offsets = scene.group.commits.map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(offsets.at(-1)).toBe(12);
    expect(offsets.length).toBeLessThan(8);
    await scene.settle(scene.q.close());
  });

  it.each<[ErrorName]>([['OFFSET_OUT_OF_RANGE'], ['PARTITION_NOT_OWNED'], ['INVALID_REQUEST']])('C4 that are refused with %s fail by hand, and are told of otherwise', async (code) => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const errors: string[] = [];
    consumer.on('error', (error) => errors.push(error.code));
    scene.group.commitFault = () => code;
    await handled(scene, consumer, 3);
    await scene.clock.advance(1_500);
    expect(errors).toEqual([code]);
    await expect(scene.settle(consumer.commit([{ partition: 0, offset: 2 }]))).rejects.toMatchObject({ code, details: { topic: 't', partition: 0 } });
    scene.group.commitFault = () => 'none';
    await scene.settle(scene.q.close());
  });

  it('C4 under way fail when the partition is lost', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    await handled(scene, consumer, 3);
    scene.broker.faults = ({ api, point }) => (api === 'COMMIT_OFFSET' && point === 'before' ? 'BROKER_BUSY' : 'none');
    const committing = consumer.commit().catch((error: unknown) => error);
    await scene.clock.advance(100);
    scene.group.expel(consumer.memberId);
    await scene.clock.advance(1_000);
    expect(await committing).toMatchObject({ code: 'PARTITION_NOT_OWNED' });
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });
});
