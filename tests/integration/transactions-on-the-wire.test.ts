import {
  CommitOffset,
  encodeBatch,
  EndTransaction,
  errorCode,
  Fetch,
  FetchOffset,
  InitProducer,
  isolationCode,
  StageOffsets,
  transactionOutcomeCode,
} from '@q/protocol';
import type { EndTransactionResponse } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { QError } from '@q/client';
import { WireConnection } from '../wire-connection.ts';
import type { WirePartition } from '../wire-connection.ts';
import { readValues, Scene } from './scene.ts';

type Identity = EndTransactionResponse;

/** What no client of ours would do. */
class Wire implements AsyncDisposable {
  readonly wire: WireConnection;
  readonly transactionalId: string = 'by-hand';

  private constructor(wire: WireConnection) {
    this.wire = wire;
  }

  static async open(scene: Scene): Promise<Wire> {
    return new Wire(await WireConnection.open(scene.broker.url));
  }

  begin(expected: Identity = { producerId: -1, producerEpoch: -1 }): Promise<Identity> {
    const { transactionalId } = this;
    return this.wire.call(InitProducer, { ...expected, transactionalId, transactionTimeoutMs: 60_000 }, 1);
  }

  end(producer: Identity, outcome: 'commit' | 'abort'): Promise<Identity> {
    const { transactionalId } = this;
    return this.wire.call(EndTransaction, { transactionalId, ...producer, outcome: transactionOutcomeCode[outcome] });
  }

  /** The code of the answer. */
  async write(to: WirePartition, producer: Identity, value: string, baseSequence = 0): Promise<number> {
    const batch = encodeBatch([{ value, timestampMs: 1 }], { ...producer, baseSequence, isTransactional: true });
    return (await this.wire.produce(to, batch)).errorCode;
  }

  async stage(producer: Identity, { topicId }: WirePartition, offset: number): Promise<number> {
    const commits = { groupId: 'g', memberId: '', memberEpoch: -1, topics: [place(topicId, offset)] };
    const { topics } = await this.wire.call(StageOffsets, {
      transactionalId: this.transactionalId,
      ...producer,
      ...commits,
    });
    return topics[0]!.partitions[0]!.errorCode;
  }

  async commit({ topicId }: WirePartition, offset: number): Promise<void> {
    const topics = [place(topicId, offset)];
    await this.wire.call(CommitOffset, { groupId: 'g', memberId: '', memberEpoch: -1, topics });
  }

  /** The offset, or the name of the error. */
  async committed({ topicId }: WirePartition, o: { mustBeStable: boolean }): Promise<number | 'unstable'> {
    const question = { groupId: 'g', memberId: '', memberEpoch: -1, topics: [{ topicId, partitions: [0] }] };
    const { topics } = await this.wire.call(FetchOffset, { ...question, requireStable: o.mustBeStable }, 1);
    const [answer] = topics[0]!.partitions;
    return answer!.errorCode === errorCode('UNSTABLE_OFFSETS') ? 'unstable' : answer!.offset;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wire[Symbol.asyncDispose]();
  }
}

function place(topicId: string, offset: number) {
  return { topicId, partitions: [{ partition: 0, offset, leaderEpoch: -1, metadata: null }] };
}

async function refusalOf(failing: Promise<unknown>): Promise<string> {
  return failing.then(
    () => 'none',
    (thrown: unknown) => (QError.is(thrown) ? thrown.code : String(thrown)),
  );
}

const fenced = errorCode('PRODUCER_FENCED');

describe('X1 transactions on the wire', () => {
  it('X1 take nothing of a producer that was fenced, or whose transaction has ended: no zombie writes', async () => {
    await using scene = await Scene.start();
    await using by = await Wire.open(scene);
    const to = await by.wire.createTopic('orders');
    const first = await by.begin();
    expect(await by.write(to, first, 'aborted')).toBe(0);
    const second = await by.end(first, 'abort');
    expect(await by.write(to, first, 'zombie', 1)).toBe(fenced);
    expect(await by.write(to, second, 'committed')).toBe(0);
    const third = await by.begin();
    expect(await refusalOf(by.end(second, 'commit'))).toBe('PRODUCER_FENCED');
    expect(await by.write(to, second, 'zombie', 1)).toBe(fenced);
    expect(await by.write(to, third, 'third')).toBe(0);
    await by.end(third, 'commit');
    expect(await readValues(scene.q, 'orders')).toEqual(['third']);
  });

  it('X1 answer an end that is repeated alike, and let a late end do nothing to the next one', async () => {
    await using scene = await Scene.start();
    await using by = await Wire.open(scene);
    const to = await by.wire.createTopic('orders');
    const first = await by.begin();
    await by.write(to, first, 'first');
    const second = await by.end(first, 'commit');
    expect(await by.end(first, 'commit')).toEqual(second);
    expect(await refusalOf(by.end(first, 'abort'))).toBe('INVALID_TRANSACTION_STATE');
    await by.write(to, second, 'second');
    expect(await refusalOf(by.end(first, 'commit'))).toBe('PRODUCER_FENCED');
    expect(await readValues(scene.q, 'orders')).toEqual(['first']);
    await by.end(second, 'abort');
    expect(await readValues(scene.q, 'orders')).toEqual(['first']);
  });

  it('X1 know after a restart what was open, what was decided, and who was there', async () => {
    await using scene = await Scene.start();
    const to = await (async () => {
      await using by = await Wire.open(scene);
      const made = await by.wire.createTopic('orders');
      const first = await by.begin();
      await by.write(made, first, 'open');
      return { ...made, first };
    })();
    await scene.restart();
    await using by = await Wire.open(scene);
    expect(await by.write(to, to.first, 'more', 1)).toBe(0);
    const second = await by.end(to.first, 'commit');
    await scene.restart();
    await using later = await Wire.open(scene);
    expect(await later.end(to.first, 'commit')).toEqual(second);
    expect(await readValues(scene.q, 'orders')).toEqual(['open', 'more']);
  });

  it('X1 say what to leave out of what is fetched, and show older versions all of it', async () => {
    await using scene = await Scene.start();
    await using by = await Wire.open(scene);
    const { topicId, partition } = await by.wire.createTopic('orders');
    const producer = await by.begin();
    await by.write({ topicId, partition }, producer, 'aborted');
    await by.write({ topicId, partition }, await by.end(producer, 'abort'), 'open');
    const wanted = { partition, leaderEpoch: -1, fetchOffset: 0, maxBytes: 10_000 };
    const query = { maxWaitMs: 0, minBytes: 1, maxBytes: 10_000, throttleWaitMs: -1 };
    const fetched = async (isolation: number, version: number) => {
      const request = { ...query, isolation, topics: [{ topicId, partitions: [wanted] }] };
      const { highWatermark, lastStableOffset, aborted, records } = (await by.wire.call(Fetch, request, version))
        .topics[0]!.partitions[0]!;
      return { highWatermark, lastStableOffset, aborted, hasOpen: records.includes('open') };
    };
    const [ends, { producerId }] = [{ highWatermark: 3, lastStableOffset: 2 }, producer];
    const aborted = [{ producerId, firstOffset: 0 }];
    expect(await fetched(isolationCode.readCommitted, 2)).toEqual({ ...ends, aborted, hasOpen: false });
    for (const version of [0, 1, 2])
      expect(await fetched(isolationCode.readUncommitted, version)).toEqual({ ...ends, aborted: [], hasOpen: true });
    expect(await refusalOf(fetched(7, 2))).toBe('INVALID_REQUEST');
  });
});

describe('X2 offsets in transactions on the wire', () => {
  it('X2 win over a plain commit that raced them, and are unstable until they are there', async () => {
    await using scene = await Scene.start();
    await using by = await Wire.open(scene);
    const to = await by.wire.createTopic('orders');
    await using source = scene.q.producer();
    await source.sendBatch('orders', [{ value: 'a' }, { value: 'b' }, { value: 'c' }]);
    const producer = await by.begin();
    expect(await by.stage(producer, to, 3)).toBe(0);
    await by.commit(to, 1);
    expect(await by.committed(to, { mustBeStable: false })).toBe(1);
    expect(await by.committed(to, { mustBeStable: true })).toBe('unstable');
    const next = await by.end(producer, 'commit');
    expect(await by.committed(to, { mustBeStable: true })).toBe(3);
    expect(await by.stage(next, to, 2)).toBe(0);
    await by.end(next, 'abort');
    expect(await by.committed(to, { mustBeStable: true })).toBe(3);
  });

  it('X2 of a topic that was deleted and made again are not those of the new one', async () => {
    await using scene = await Scene.start();
    await using by = await Wire.open(scene);
    const old = await by.wire.createTopic('orders');
    await using source = scene.q.producer();
    await source.sendBatch('orders', [{ value: 'a' }, { value: 'b' }]);
    const producer = await by.begin();
    expect(await by.stage(producer, old, 2)).toBe(0);
    await scene.q.admin.deleteTopic('orders');
    const fresh = await by.wire.createTopic('orders');
    await by.end(producer, 'commit');
    expect(await by.committed(fresh, { mustBeStable: true })).toBe(-1);
  });

  it('X2 of a producer that was fenced are not taken', async () => {
    await using scene = await Scene.start();
    await using by = await Wire.open(scene);
    const to = await by.wire.createTopic('orders');
    const old = await by.begin();
    const young = await by.begin();
    expect(await refusalOf(by.stage(old, to, 0))).toBe('PRODUCER_FENCED');
    expect(await by.stage(young, to, 0)).toBe(0);
    await scene.restart();
    await using again = await Wire.open(scene);
    expect(await again.committed(to, { mustBeStable: true })).toBe('unstable');
    await again.end(young, 'commit');
    expect(await again.committed(to, { mustBeStable: true })).toBe(0);
  });

  it('X2 are waited for by whoever takes the partition over, and then begun behind', async () => {
    await using scene = await Scene.start();
    await using by = await Wire.open(scene);
    const to = await by.wire.createTopic('orders');
    await using source = scene.q.producer();
    await source.sendBatch('orders', [{ value: 'a' }, { value: 'b' }, { value: 'c' }]);
    await by.commit(to, 0);
    const producer = await by.begin();
    expect(await by.stage(producer, to, 2)).toBe(0);
    await using consumer = scene.q.consumer('orders', { group: 'g', autoCommit: false });
    const reading = consumer[Symbol.asyncIterator]().next();
    let isReading = false;
    void reading.then(() => (isReading = true));
    await expect.poll(async () => (await scene.q.admin.describeGroup('g')).members.length).toBe(1);
    expect([isReading, consumer.partitions]).toEqual([false, []]);
    await by.end(producer, 'commit');
    const { value: message } = await reading;
    expect([message!.offset, String(message!.value)]).toEqual([2, 'c']);
    message!.ack();
  });
});
