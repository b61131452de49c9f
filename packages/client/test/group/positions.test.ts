import { describe, expect, it } from 'vitest';

import type { GroupStart } from '../../src/group/group-options.ts';
import { FakeLog } from '../fake/fake-log.ts';
import { GroupScene } from '../fake/group-scene.ts';

function addPartition(scene: GroupScene, records: number): void {
  scene.group.topic.logs.push(new FakeLog());
  scene.group.topic.leaders.push({ leaderId: 1, leaderEpoch: 0 });
  scene.fill(scene.group.topic.logs.length - 1, records);
}

describe('where a group begins', () => {
  it.each<[string, GroupStart | undefined, number]>([
    ['the beginning, unless told otherwise', undefined, 0],
    ['the beginning', 'earliest', 0],
    ['the end', 'latest', 12],
    ['a time', { timestampMs: 5_500 }, 6],
    ['the end, when nothing is that young', { timestampMs: 99_000 }, 12],
  ])('C4 is %s', async (_what, from, offset) => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer(from === undefined ? {} : { from });
    await scene.settle(consumer.ready());
    expect(consumer.position(0)).toBe(offset);
    // What a later start would find elsewhere is committed before anything is handed out.
    expect(scene.group.committedOffset(0)).toBe(from === undefined || from === 'earliest' ? -1 : offset);
    await scene.settle(scene.q.close());
  });

  it.each<GroupStart>(['earliest', 'latest', 'fail', { timestampMs: 0 }])(
    'C4 is what was committed, whatever `from` says: %j',
    async (from) => {
      const scene = await GroupScene.start();
      scene.group.offsets.set(0, { partition: 0, offset: 7, metadata: null });
      const consumer = scene.consumer({ from });
      const [first] = await scene.take(consumer[Symbol.asyncIterator](), 1);
      expect(first?.offset).toBe(7);
      await scene.settle(scene.q.close({ timeoutMs: 0 }));
      expect(scene.group.commits).toEqual([]);
    },
  );

  it('C4 is nowhere when nothing was committed and the consumer is not to choose', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ from: 'fail' });
    await expect(scene.settle(consumer[Symbol.asyncIterator]().next())).rejects.toMatchObject({
      code: 'NO_COMMITTED_OFFSET',
      details: { topic: 't', partition: 0 },
    });
    expect(scene.group.left).toHaveLength(1);
    const other = scene.consumer({ from: 'fail' });
    const errors: string[] = [];
    other.on('error', ({ code }) => errors.push(code));
    await expect(scene.settle(other.ready())).rejects.toMatchObject({ code: 'NO_COMMITTED_OFFSET' });
    expect(errors).toEqual(['NO_COMMITTED_OFFSET']);
    await scene.settle(scene.q.close());
  });

  it('C4 is not lost in a crash before the first acknowledgement', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ from: 'latest' });
    await scene.settle(consumer.ready());
    scene.fill(0, 3);
    await scene.take(consumer[Symbol.asyncIterator](), 3);
    scene.group.expel(consumer.memberId);
    const next = scene.consumer({ from: 'latest' });
    const [first] = await scene.take(next[Symbol.asyncIterator](), 1);
    expect(first?.offset).toBe(12);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('C4 is the beginning of partitions that the topic gets later, also with `latest`', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ from: 'latest' });
    await scene.settle(consumer.ready());
    addPartition(scene, 3);
    scene.group.assign(consumer.memberId, [0, 1]);
    const taken = await scene.take(consumer[Symbol.asyncIterator](), 3);
    expect(taken.map(({ partition, offset }) => [partition, offset])).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
    expect([scene.group.committedOffset(0), scene.group.committedOffset(1)]).toEqual([12, 0]);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it.each<GroupStart>(['latest', { timestampMs: 99_000 }])(
    'C4 is the beginning of partitions that the topic got while no member ran: %j',
    async (from) => {
      const scene = await GroupScene.start();
      const first = scene.consumer({ from });
      await scene.settle(first.ready());
      await scene.settle(first.close());
      addPartition(scene, 3);
      // Another client, to which nothing of it is new.
      const other = await scene.connect();
      const consumer = other.consumer('t', { group: 'g', from });
      const taken = await scene.take(consumer[Symbol.asyncIterator](), 3);
      expect(taken.map(({ partition, offset }) => [partition, offset])).toEqual([
        [1, 0],
        [1, 1],
        [1, 2],
      ]);
      // From now on the group has begun there, too.
      expect([scene.group.committedOffset(0), scene.group.committedOffset(1)]).toEqual([12, 0]);
      await scene.settle(other.close({ timeoutMs: 0 }));
      await scene.settle(scene.q.close());
    },
  );

  it('C4 is nowhere in partitions that came later if the consumer is not to choose', async () => {
    const scene = await GroupScene.start();
    scene.group.offsets.set(0, { partition: 0, offset: 7, metadata: null });
    addPartition(scene, 3);
    const consumer = scene.consumer({ from: 'fail' });
    await expect(scene.settle(consumer.ready())).rejects.toMatchObject({
      code: 'NO_COMMITTED_OFFSET',
      details: { partition: 1 },
    });
    await scene.settle(scene.q.close());
  });

  it('C4 is the same for all members that come at once: who gives a partition up before it has begun says where it begins', async () => {
    const scene = await GroupScene.start({ partitions: 3 });
    scene.broker.answerDelayMs = 200;
    const [first, second] = [scene.consumer({ from: 'latest' }), scene.consumer({ from: 'latest' })];
    void first.ready().catch(() => null);
    await scene.until(() => scene.broker.requestsOf('FETCH_OFFSET').length > 0);
    // The first one does not know yet where anything begins.
    void second.ready().catch(() => null);
    await scene.until(() => scene.group.members.has(second.memberId));
    scene.group.assign(first.memberId, [0]);
    scene.group.assign(second.memberId, [1, 2]);
    await scene.until(() => second.partitions.length === 2);
    expect([second.position(1), second.position(2)]).toEqual([12, 12]);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('W3 is asked for until it is answered', async () => {
    const scene = await GroupScene.start();
    scene.group.offsets.set(0, { partition: 0, offset: 5, metadata: null });
    scene.broker.faults = ({ api, request, point }) => {
      if (api !== 'FETCH_OFFSET' || request > 3 || point !== 'before') return 'none';
      return (['cut', 'STALE_MEMBER_EPOCH', 'BROKER_BUSY', 'UNKNOWN_MEMBER'] as const)[request] ?? 'none';
    };
    const consumer = scene.consumer();
    await scene.settle(consumer.ready());
    expect(consumer.position(0)).toBe(5);
    await scene.settle(scene.q.close());
  });

  it('C4 is committed again when the group did not know yet that the partition is ours', async () => {
    const scene = await GroupScene.start();
    let refusals = 3;
    scene.group.commitFault = () => ((refusals -= 1) >= 0 ? 'PARTITION_NOT_OWNED' : 'none');
    const consumer = scene.consumer({ from: 'latest' });
    await scene.settle(consumer.ready());
    expect([consumer.position(0), scene.group.committedOffset(0), refusals]).toEqual([12, 12, -1]);
    await scene.settle(scene.q.close());
  });

  it('C4 follows the policy when what was committed is no longer in the log', async () => {
    const scene = await GroupScene.start();
    scene.group.topic.logs[0]!.startOffset = 6;
    scene.group.topic.logs[0]!.batches.splice(0, 2);
    scene.group.offsets.set(0, { partition: 0, offset: 2, metadata: null });
    const failing = scene.consumer();
    await expect(scene.settle(failing[Symbol.asyncIterator]().next())).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
    });
    const consumer = scene.consumer({ onOffsetOutOfRange: 'earliest' });
    const [first] = await scene.take(consumer[Symbol.asyncIterator](), 1);
    expect(first?.offset).toBe(6);
    first?.ack();
    await scene.settle(scene.q.close());
    expect(scene.group.committedOffset(0)).toBe(7);
  });

  it('T1 is anew when the topic was deleted and made again', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const lost: number[] = [];
    consumer.on('lost', ({ partitions }) => lost.push(...partitions));
    const messages = consumer[Symbol.asyncIterator]();
    const taken = await scene.take(messages, 12);
    for (const message of taken.slice(0, 9)) message.ack();
    await scene.clock.advance(1_500);
    scene.broker.topic('t');
    scene.group.offsets.clear();
    scene.fill(0, 3);
    const again = await scene.take(messages, 3);
    expect(again.map(({ offset }) => offset)).toEqual([0, 1, 2]);
    expect(lost).toEqual([0]);
    expect(() => taken[10]?.ack()).toThrow(expect.objectContaining({ code: 'PARTITION_NOT_OWNED' }));
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
    expect(scene.group.commits.map(({ offset }) => offset)).toEqual([9]);
  });
});
