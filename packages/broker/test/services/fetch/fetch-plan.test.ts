import { describe, expect, it } from 'vitest';
import { FetchPlan, releaseReads } from '../../../src/services/fetch/fetch-plan.ts';
import type { FetchPartition, FetchTopic } from '../../../src/services/fetch/fetch-plan.ts';
import { silentLogger } from '../../../src/logger.ts';
import { everybodyMay } from '../../../src/services/access/access.ts';
import { FakeCaller } from '../../fakes/fake-caller.ts';
import { FakeLog } from '../../fakes/fake-log.ts';
import { emptyRegistry, partitionWith, topicOf } from '../../fakes/topics.ts';
import { batchOf } from '../../harness.ts';

const caller = new FakeCaller();
const batchBytes = batchOf('x').length;

function setUp(options: { partitions: number; batches: number }) {
  const topic = topicOf({ leaderEpoch: 2 });
  const logs = Array.from({ length: options.partitions }, () => new FakeLog());
  for (const log of logs) {
    partitionWith(log, topic);
    for (let batch = 0; batch < options.batches; batch += 1) log.append(batchOf('x'), { leaderEpoch: 0 });
  }
  const registry = emptyRegistry();
  registry.addInternal(topic);
  return { topic, logs, registry };
}

function request(topicId: string, partitions: Partial<FetchPartition>[]): FetchTopic[] {
  const wanted = partitions.map((part, partition) => ({
    partition,
    leaderEpoch: -1,
    fetchOffset: 0,
    maxBytes: 1 << 20,
    ...part,
  }));
  return [{ topicId, partitions: wanted }];
}

describe('FetchPlan', () => {
  it('C2 stays within the bytes of the request, and begins at another partition each time', async () => {
    const { topic, registry } = setUp({ partitions: 3, batches: 5 });
    const served: number[][] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const plan = new FetchPlan(request(topic.id, [{}, {}, {}]), {
        registry,
        access: everybodyMay,
        caller,
        logger: silentLogger,
        maxBytes: 5 * batchBytes,
        turn,
      });
      const { reads, bytes, isFull } = await plan.collect();
      expect(bytes).toBe(5 * batchBytes);
      expect(isFull).toBe(true);
      served.push(reads.map((read) => read.bytes / batchBytes));
    }
    expect(served).toEqual([
      [5, 0, 0],
      [0, 5, 0],
      [0, 0, 5],
    ]);
  });

  it('C2 gives a batch that is larger than the bound, but only as the first', async () => {
    const { topic, registry } = setUp({ partitions: 2, batches: 1 });
    const plan = new FetchPlan(request(topic.id, [{}, {}]), {
      registry,
      access: everybodyMay,
      caller,
      logger: silentLogger,
      maxBytes: 10,
      turn: 0,
    });
    const { reads, bytes } = await plan.collect();
    expect(bytes).toBe(batchBytes);
    expect(reads.map((read) => read.bytes)).toEqual([batchBytes, 0]);
  });

  it('C2 keeps the bound also when files answer late', async () => {
    const { topic, logs, registry } = setUp({ partitions: 3, batches: 4 });
    for (const log of logs) log.readsLate = true;
    const plan = new FetchPlan(request(topic.id, [{ maxBytes: 2 * batchBytes }, {}, {}]), {
      registry,
      access: everybodyMay,
      caller,
      logger: silentLogger,
      maxBytes: 5 * batchBytes,
      turn: 0,
    });
    const { reads, bytes } = await plan.collect();
    expect(reads.map((read) => read.bytes / batchBytes)).toEqual([2, 3, 0]);
    expect(bytes).toBe(5 * batchBytes);
  });

  it('gives back at once what did not fit', async () => {
    const { topic, logs, registry } = setUp({ partitions: 2, batches: 1 });
    for (const log of logs) log.readsLate = true;
    // Both are read for what they ask, and the second batch turns out to be too much.
    const parts = [{ maxBytes: 1 }, { maxBytes: 1 }];
    const plan = new FetchPlan(request(topic.id, parts), {
      registry,
      access: everybodyMay,
      caller,
      logger: silentLogger,
      maxBytes: 10,
      turn: 0,
    });
    const collection = await plan.collect();
    expect(collection.reads.map((read) => read.bytes)).toEqual([batchBytes, 0]);
    expect(logs.map(({ released }) => released)).toEqual([0, 1]);
    releaseReads(collection);
    expect(logs.map(({ released }) => released)).toEqual([1, 1]);
  });

  it('C1 gives nothing at or beyond the high watermark', async () => {
    const { topic, logs, registry } = setUp({ partitions: 1, batches: 2 });
    logs[0]!.holdsAppends = true;
    logs[0]!.append(batchOf('y'), { leaderEpoch: 0 });
    const plan = new FetchPlan(request(topic.id, [{ fetchOffset: 2 }]), {
      registry,
      access: everybodyMay,
      caller,
      logger: silentLogger,
      maxBytes: 1 << 20,
      turn: 0,
    });
    const collection = await plan.collect();
    expect(collection.reads[0]).toMatchObject({ error: null, bytes: 0, highWatermark: 2 });
    expect(plan.hasNews(collection)).toBe(false);
    logs[0]!.settle();
    expect(plan.hasNews(collection)).toBe(true);
  });

  it('C1 names the valid range when the offset is outside', async () => {
    const { topic, logs, registry } = setUp({ partitions: 1, batches: 3 });
    logs[0]!.logStartOffset = 1;
    for (const fetchOffset of [0, 4, -1]) {
      const plan = new FetchPlan(request(topic.id, [{ fetchOffset }]), {
        registry,
        access: everybodyMay,
        caller,
        logger: silentLogger,
        maxBytes: 1 << 20,
        turn: 0,
      });
      const { reads, hasError } = await plan.collect();
      expect(hasError).toBe(true);
      expect(reads[0]!.error).toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        details: { logStartOffset: 1, logEndOffset: 3 },
      });
      expect(reads[0]!.error!.message).toContain('1 to 3');
    }
  });

  it('T3 one partition in trouble does not keep the others from being read', async () => {
    const { topic, registry } = setUp({ partitions: 2, batches: 1 });
    const wanted = request(topic.id, [{ leaderEpoch: 1 }, {}, {}]);
    const plan = new FetchPlan(wanted, {
      registry,
      access: everybodyMay,
      caller,
      logger: silentLogger,
      maxBytes: 1 << 20,
      turn: 0,
    });
    const { reads, hasError } = await plan.collect();
    expect(hasError).toBe(true);
    expect(reads.map((read) => read.error?.code ?? read.bytes)).toEqual([
      'STALE_LEADER_EPOCH',
      batchBytes,
      'UNKNOWN_PARTITION',
    ]);
  });

  it('C2 a negative size from the wire makes no room', async () => {
    const { topic, registry } = setUp({ partitions: 3, batches: 3 });
    const plan = new FetchPlan(request(topic.id, [{ maxBytes: -(2 ** 31) }, {}, {}]), {
      registry,
      access: everybodyMay,
      caller,
      logger: silentLogger,
      maxBytes: 4 * batchBytes,
      turn: 0,
    });
    const { reads, bytes } = await plan.collect();
    expect(reads.map((read) => read.bytes / batchBytes)).toEqual([1, 3, 0]);
    expect(bytes).toBe(4 * batchBytes);
  });

  it('T1 a topic that was deleted while the request waited is an error', async () => {
    const { topic, registry } = setUp({ partitions: 1, batches: 0 });
    const plan = new FetchPlan(request(topic.id, [{}]), {
      registry,
      access: everybodyMay,
      caller,
      logger: silentLogger,
      maxBytes: 1000,
      turn: 0,
    });
    const before = await plan.collect();
    expect(plan.hasNews(before)).toBe(false);
    topic.isDeleted = true;
    expect(plan.hasNews(before)).toBe(true);
    expect((await plan.collect()).reads[0]!.error).toMatchObject({ code: 'UNKNOWN_TOPIC_ID' });
  });
});
