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
    expect(await scene.settle(consumer.committed())).toEqual([
      { partition: 1, offset: 4, metadata: 'so far', committedAtMs: expect.any(Number) as number },
    ]);
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
    await expect(consumer.commit([{ partition: 0, offset: 1, metadata: 'x'.repeat(5_000) }])).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
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

  it.each<[ErrorName]>([['OFFSET_OUT_OF_RANGE'], ['PARTITION_NOT_OWNED'], ['INVALID_REQUEST']])(
    'C4 that are refused with %s fail by hand, and are told of otherwise',
    async (code) => {
      const scene = await GroupScene.start();
      const consumer = scene.consumer();
      const errors: string[] = [];
      consumer.on('error', (error) => errors.push(error.code));
      scene.group.commitFault = () => code;
      await handled(scene, consumer, 3);
      await scene.clock.advance(1_500);
      expect(errors).toEqual([code]);
      await expect(scene.settle(consumer.commit([{ partition: 0, offset: 2 }]))).rejects.toMatchObject({
        code,
        details: { topic: 't', partition: 0 },
      });
      scene.group.commitFault = () => 'none';
      await scene.settle(scene.q.close());
    },
  );

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

  it('C4 answer each waiter for its own offset, also while others are under way', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ autoCommit: { intervalMs: 100 } });
    const messages = consumer[Symbol.asyncIterator]();
    const taken = await scene.take(messages, 6);
    scene.group.commitFault = (_partition, offset) => (offset > 12 ? 'OFFSET_OUT_OF_RANGE' : 'none');
    taken[0]?.ack();
    await scene.clock.advance(101);
    // What was acknowledged is under way, and the next time for it comes before that is answered.
    scene.broker.answerDelayMs = 250;
    taken[1]?.ack();
    await scene.clock.advance(110);
    const beyond = consumer.commit([{ partition: 0, offset: 99 }]).catch((error: unknown) => error);
    const within = consumer.commit([{ partition: 0, offset: 3, metadata: 'three' }]);
    const lower = consumer.commit([{ partition: 0, offset: 98 }]).catch((error: unknown) => error);
    taken[2]?.ack();
    taken[3]?.ack();
    await scene.clock.advance(3_000);
    await within;
    expect(await beyond).toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    expect(await lower).toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    expect(scene.group.commits).toEqual([
      { partition: 0, offset: 1, metadata: null },
      { partition: 0, offset: 2, metadata: null },
      { partition: 0, offset: 3, metadata: 'three' },
      { partition: 0, offset: 4, metadata: null },
    ]);
    scene.broker.answerDelayMs = 0;
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it('C4 keep the text of what was committed by hand: the same offset is not committed again without it', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ autoCommit: { intervalMs: 100 } });
    const taken = await scene.take(consumer[Symbol.asyncIterator](), 5);
    scene.broker.answerDelayMs = 150;
    taken[0]?.ack();
    await scene.clock.advance(101);
    const committing = consumer.commit([{ partition: 0, offset: 5, metadata: 'five' }]);
    for (const message of taken) message.ack();
    await scene.clock.advance(5_000);
    await committing;
    expect(scene.group.offsets.get(0)).toEqual({ partition: 0, offset: 5, metadata: 'five' });
    await scene.settle(scene.q.close());
    expect(scene.group.offsets.get(0)).toEqual({ partition: 0, offset: 5, metadata: 'five' });
  });

  it('C4 of many go in few requests: one that succeeds answers for lower ones before it', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ autoCommit: false });
    const taken = await scene.take(consumer[Symbol.asyncIterator](), 12);
    const committing = taken.map(({ offset }) => consumer.commit([{ partition: 0, offset: offset + 1 }]));
    committing.push(consumer.commit([{ partition: 0, offset: 4, metadata: 'back' }]));
    await scene.settle(Promise.all(committing));
    expect(scene.group.commits).toEqual([
      { partition: 0, offset: 12, metadata: null },
      { partition: 0, offset: 4, metadata: 'back' },
    ]);
    await scene.settle(scene.q.close());
  });

  it('C4 acknowledge by hand everything below them: the loop goes on without a single ack, and nothing is abandoned', async () => {
    const scene = await GroupScene.start({ records: 60 });
    const consumer = scene.consumer({ autoCommit: false, maxUnacked: 5, stallTimeoutMs: 500 });
    let stalls = 0;
    consumer.on('stalled', () => (stalls += 1));
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { partition, offset } of consumer) {
        seen.push(offset);
        // Not awaited, and not for each: the loop waits for room until it is answered.
        if (offset % 5 === 4) void consumer.commit([{ partition, offset: offset + 1 }]);
        if (offset === 59) void consumer.close();
      }
    })();
    const startMs = scene.clock.monotonic();
    await scene.settle(reading);
    expect([seen.length, stalls, scene.group.committedOffset(0)]).toEqual([60, 0, 60]);
    expect(await consumer.closed).toMatchObject({ abandoned: 0 });
    expect(scene.clock.monotonic() - startMs).toBeLessThan(1_000);
    await scene.settle(scene.q.close());
  });

  it('C4 by hand count for batches that they cover as a whole', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ autoCommit: false, maxUnacked: 3 });
    const batches = consumer.batches();
    const first = await scene.settle(batches.next());
    const second = batches.next();
    await scene.settle(consumer.commit([{ partition: 0, offset: 2 }]));
    await scene.clock.advance(100);
    expect([first.value?.lastOffset, scene.group.committedOffset(0)]).toEqual([2, 2]);
    await scene.settle(consumer.commit([{ partition: 0, offset: 3 }]));
    expect((await scene.settle(second)).value?.lastOffset).toBe(5);
    expect(await scene.settle(consumer.close({ timeoutMs: 0 }))).toEqual({ drained: 0, abandoned: 3 });
    await scene.settle(scene.q.close());
  });

  it('B5 C4 by hand free the lanes of keys', async () => {
    const scene = await GroupScene.start({ records: 9, keys: () => 'same' });
    const consumer = scene.consumer({ autoCommit: false, concurrency: { by: 'key', max: 2 } });
    const messages = consumer[Symbol.asyncIterator]();
    for (let offset = 0; offset < 3; offset += 1) {
      const [message] = await scene.take(messages, 1);
      expect(message?.offset).toBe(offset);
      await scene.settle(consumer.commit([{ partition: 0, offset: offset + 1 }]));
      // Once is enough.
      message?.ack();
    }
    // Further than it was handed out: what comes is there to see, and counts as handled.
    await scene.settle(consumer.commit([{ partition: 0, offset: 8 }]));
    expect((await scene.take(messages, 6)).map(({ offset }) => offset)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(await scene.settle(consumer.close({ timeoutMs: 0 }))).toEqual({ drained: 0, abandoned: 1 });
    expect(scene.group.committedOffset(0)).toBe(8);
    await scene.settle(scene.q.close());
  });

  it('C4 further than what was handed out are not taken back by acknowledgements', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ autoCommit: { intervalMs: 50 } });
    const messages = consumer[Symbol.asyncIterator]();
    await scene.take(messages, 2);
    await scene.settle(consumer.commit([{ partition: 0, offset: 10 }]));
    for (const message of await scene.take(messages, 6)) message.ack();
    await scene.clock.advance(500);
    expect(scene.group.committedOffset(0)).toBe(10);
    for (const message of await scene.take(messages, 4)) message.ack();
    await scene.clock.advance(500);
    expect(scene.group.committedOffset(0)).toBe(12);
    expect(scene.group.commits.map(({ offset }) => offset)).toEqual([10, 12]);
    await scene.settle(scene.q.close());
  });

  it('C4 under way when the partition is read from elsewhere acknowledge nothing of what is read then', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ autoCommit: false });
    const messages = consumer[Symbol.asyncIterator]();
    await scene.take(messages, 6);
    scene.broker.answerDelayMs = 200;
    const committing = consumer.commit([{ partition: 0, offset: 6 }]);
    await scene.clock.advance(50);
    await scene.settle(consumer.seek({ partition: 0, offset: 0 }));
    const [again] = await scene.take(messages, 1);
    await scene.settle(committing);
    expect(again?.offset).toBe(0);
    scene.broker.answerDelayMs = 0;
    expect(await scene.settle(consumer.close({ timeoutMs: 0 }))).toEqual({ drained: 0, abandoned: 1 });
    await scene.settle(scene.q.close());
  });

  it('C4 refused because the partition is not ours for a moment are tried again, without a new acknowledgement', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    const errors: string[] = [];
    consumer.on('error', (error) => errors.push(error.code));
    await handled(scene, consumer, 3);
    let refusals = 0;
    scene.group.commitFault = () => ((refusals += 1) <= 2 ? 'PARTITION_NOT_OWNED' : 'none');
    await scene.clock.advance(1_900);
    expect([scene.group.committedOffset(0), errors]).toEqual([3, ['PARTITION_NOT_OWNED']]);
    expect(await scene.settle(consumer.close())).toEqual({ drained: 0, abandoned: 0 });
    await scene.settle(scene.q.close());
  });

  it('C4 refused to the end are said to be abandoned, partition by partition', async () => {
    const scene = await GroupScene.start({ partitions: 2 });
    const consumer = scene.consumer();
    const errors: string[] = [];
    consumer.on('error', (error) => errors.push(error.code));
    const taken = await scene.take(consumer[Symbol.asyncIterator](), 24);
    scene.group.commitFault = (partition) => (partition === 1 ? 'OFFSET_OUT_OF_RANGE' : 'none');
    for (const message of taken) if (message.offset < 5) message.ack();
    await scene.clock.advance(5_500);
    // Told once, and tried every time.
    expect(errors).toEqual(['OFFSET_OUT_OF_RANGE']);
    expect(scene.broker.requestsOf('COMMIT_OFFSET').length).toBeGreaterThanOrEqual(5);
    const closing = consumer.close();
    for (const message of taken) if (message.offset >= 5 && message.offset < 11) message.ack();
    // 6 of partition 0 drained; 1 of it, and all 12 of partition 1, come again.
    expect(await scene.settle(closing)).toEqual({ drained: 6, abandoned: 13 });
    expect([scene.group.committedOffset(0), scene.group.committedOffset(1)]).toEqual([11, -1]);
    await scene.settle(scene.q.close());
  });

  it('C4 of one partition do not wait for another that is refused', async () => {
    const scene = await GroupScene.start({ partitions: 2 });
    const consumer = scene.consumer();
    for (const message of await scene.take(consumer[Symbol.asyncIterator](), 24)) message.ack();
    scene.group.commitFault = (partition) => (partition === 1 ? 'PARTITION_NOT_OWNED' : 'none');
    await scene.clock.advance(20_000);
    // By now the next try is a second or two away.
    const startMs = scene.clock.monotonic();
    await scene.settle(consumer.commit([{ partition: 0, offset: 7 }]));
    expect(scene.clock.monotonic() - startMs).toBeLessThan(10);
    scene.group.commitFault = () => 'none';
    await scene.settle(scene.q.close());
  });

  it('C4 name the leader epoch under which the last record was written', async () => {
    const scene = await GroupScene.start({ records: 6 });
    const log = scene.group.topic.logs[0]!;
    log.leaderEpoch = 4;
    scene.fill(0, 6);
    const consumer = scene.consumer({ autoCommit: false });
    const taken = await scene.take(consumer[Symbol.asyncIterator](), 12);
    for (const { offset } of taken) await scene.settle(consumer.commit([{ partition: 0, offset: offset + 1 }]));
    const epochs = (): number[] =>
      scene.broker
        .requestsOf<CommitOffsetRequest>('COMMIT_OFFSET')
        .map(({ topics }) => topics[0]?.partitions[0]?.leaderEpoch ?? -2);
    expect(epochs()).toEqual([0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4]);
    // Nothing is claimed of what was not read.
    await scene.settle(consumer.seek({ partition: 0, offset: 8 }));
    await scene.settle(consumer.commit([{ partition: 0, offset: 8 }]));
    await scene.settle(consumer.commit([{ partition: 0, offset: 2 }]));
    expect(epochs().slice(12)).toEqual([-1, -1]);
    await scene.settle(scene.q.close());
  });
});
