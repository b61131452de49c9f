/**
 * Producing and fetching over a real socket.
 */
import { Fetch, ListOffsets, Produce, encodeBatch, iterateBatches, offsetQuery, readBatchHeader } from '@q/protocol';
import type { CodecName, ListOffsetsResponsePartition } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { batchOf, testBroker, testClient, testDirectory, valuesOf } from './harness.ts';
import type { RawClient } from './raw-client.ts';

async function setUp(options: Parameters<typeof testBroker>[0] = {}) {
  const broker = await testBroker(options);
  return { broker, client: await testClient(broker) };
}

async function listOffset(
  client: RawClient,
  topicId: string,
  timestampMs: number,
): Promise<ListOffsetsResponsePartition> {
  const answer = await client.request(ListOffsets, {
    topics: [{ topicId, partitions: [{ partition: 0, leaderEpoch: -1, timestampMs }] }],
  });
  return answer.topics[0]!.partitions[0]!;
}

describe('produce and fetch', () => {
  it.each<CodecName>(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'P3 S3 Z1 stores %s as it came, apart from the offsets',
    async (codec) => {
      const { client } = await setUp();
      const { topicId } = await client.createTopic('orders');
      const batch = encodeBatch(
        ['a', 'b', 'c'].map((value) => ({ value: Buffer.from(value.repeat(500)), timestampMs: Date.now() })),
        { codec },
      );
      await client.produce(topicId, batchOf('first'));
      expect(await client.produce(topicId, batch)).toMatchObject({ errorCode: 0, baseOffset: 1 });
      const stored = [...iterateBatches((await client.fetch(topicId, 1)).records)];
      expect(stored).toHaveLength(1);
      expect(readBatchHeader(stored[0]!)).toMatchObject({ baseOffset: 1, lastOffset: 3, codec });
      // Base offset and leader epoch lie before byte 16; everything from the magic on is the producer's.
      expect(stored[0]!.subarray(16)).toEqual(batch.subarray(16));
    },
  );

  it('S3 compresses for a topic that forces a codec', async () => {
    const { client } = await setUp();
    const { topicId } = await client.createTopic('logs', { configs: { 'compression.type': 'zstd' } });
    await client.produce(topicId, batchOf('plain', 'text'));
    const [stored] = [...iterateBatches((await client.fetch(topicId, 0)).records)];
    expect(readBatchHeader(stored!)).toMatchObject({ codec: 'zstd', recordsCount: 2 });
    expect(valuesOf(stored!)).toEqual(['plain', 'text']);
  });

  it('P1 stamps records with the broker’s time where the topic says so', async () => {
    const { client } = await setUp();
    const { topicId } = await client.createTopic('events', { configs: { 'message.timestamp.type': 'LogAppendTime' } });
    const before = Date.now();
    const old = encodeBatch([{ value: Buffer.from('x'), timestampMs: 1000 }]);
    const produced = await client.produce(topicId, old);
    expect(produced.logAppendTimeMs).toBeGreaterThanOrEqual(before);
    const [stored] = [...iterateBatches((await client.fetch(topicId, 0)).records)];
    expect(readBatchHeader(stored!)).toMatchObject({
      timestampType: 'LogAppendTime',
      maxTimestamp: produced.logAppendTimeMs,
    });
  });

  it('P4 drops a record whose message id was seen within the window', async () => {
    const { client } = await setUp();
    const { topicId } = await client.createTopic('payments', { configs: { 'dedup.window.ms': '60000' } });
    const payment = (): Buffer =>
      encodeBatch([
        {
          value: Buffer.from('100'),
          headers: [{ key: 'q-message-id', value: Buffer.from('p-1') }],
          timestampMs: Date.now(),
        },
      ]);
    expect(await client.produce(topicId, payment())).toMatchObject({ baseOffset: 0, duplicate: false });
    expect(await client.produce(topicId, payment())).toMatchObject({ errorCode: 0, baseOffset: 0, duplicate: true });
    expect(valuesOf((await client.fetch(topicId, 0)).records)).toEqual(['100']);
  });

  it('B2 says what an acknowledgement stands for', async () => {
    const { client } = await setUp({ storage: 'file', dataDir: await testDirectory() });
    const durabilities: number[] = [];
    for (const durability of ['fsync', 'interval', 'os']) {
      const { topicId } = await client.createTopic(durability, { configs: { durability } });
      durabilities.push((await client.produce(topicId, batchOf('x'))).durability);
    }
    expect(durabilities).toEqual([0, 1, 2]);
  });

  it('P2 T3 takes batches for many partitions in one request, each with its own offsets', async () => {
    const { client } = await setUp();
    const { topicId } = await client.createTopic('wide', { partitions: 12 });
    const partitions = Array.from({ length: 12 }, (_, partition) => ({
      partition,
      leaderEpoch: 0,
      records: batchOf(...Array.from({ length: partition + 1 }, () => `p${partition}`)),
    }));
    const answer = await client.request(Produce, {
      timeoutMs: 5000,
      topics: [{ topicId, partitions }],
      traceContexts: [],
    });
    expect(answer.topics[0]!.partitions.map((part) => [part.errorCode, part.baseOffset])).toEqual(
      partitions.map(() => [0, 0]),
    );

    const wanted = partitions.map(({ partition }) => ({
      partition,
      leaderEpoch: 0,
      fetchOffset: 0,
      maxBytes: 1 << 20,
    }));
    const fetched = await client.request(Fetch, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1 << 20,
      isolation: 0,
      throttleWaitMs: -1,
      topics: [{ topicId, partitions: wanted }],
    });
    expect(fetched.topics[0]!.partitions.map((part) => part.highWatermark)).toEqual(
      partitions.map(({ partition }) => partition + 1),
    );
    expect(valuesOf(fetched.topics[0]!.partitions[11]!.records)).toEqual(Array.from({ length: 12 }, () => 'p11'));
  });

  it('C2 bounds an answer by bytes, but always gives one batch', async () => {
    const { client } = await setUp();
    const { topicId } = await client.createTopic('orders');
    for (let batch = 0; batch < 5; batch += 1) await client.produce(topicId, batchOf(`${batch}`.repeat(1000)));
    expect([...iterateBatches((await client.fetch(topicId, 0, { maxBytes: 1 })).records)]).toHaveLength(1);
    expect([...iterateBatches((await client.fetch(topicId, 1, { maxBytes: 2500 })).records)]).toHaveLength(2);
    expect([...iterateBatches((await client.fetch(topicId, 0)).records)]).toHaveLength(5);
  });

  it('C1 begins with the batch that holds the offset', async () => {
    const { client } = await setUp();
    const { topicId } = await client.createTopic('orders');
    await client.produce(topicId, batchOf('a', 'b', 'c'));
    await client.produce(topicId, batchOf('d'));
    expect(valuesOf((await client.fetch(topicId, 1)).records)).toEqual(['a', 'b', 'c', 'd']);
    expect(valuesOf((await client.fetch(topicId, 3)).records)).toEqual(['d']);
  });
});

describe('long polls', () => {
  it('C2 waits for records, and is woken by them', async () => {
    const { broker, client } = await setUp();
    const producer = await testClient(broker);
    const { topicId } = await client.createTopic('orders');
    const polling = client.fetch(topicId, 0, { maxWaitMs: 15_000 });
    await producer.produce(topicId, batchOf('news'));
    expect(valuesOf((await polling).records)).toEqual(['news']);
  });

  it('C2 waits for enough bytes', async () => {
    const { client } = await setUp();
    const { topicId } = await client.createTopic('orders');
    const polling = client.fetch(topicId, 0, { maxWaitMs: 15_000, minBytes: 2 * batchOf('a').length });
    await client.produce(topicId, batchOf('a'));
    await client.produce(topicId, batchOf('b'));
    expect(valuesOf((await polling).records)).toEqual(['a', 'b']);
  });

  it('C2 gives what there is when the time is up', async () => {
    const { client } = await setUp();
    const { topicId } = await client.createTopic('orders');
    await client.produce(topicId, batchOf('a'));
    const answer = await client.fetch(topicId, 0, { maxWaitMs: 30, minBytes: 1 << 20 });
    expect(valuesOf(answer.records)).toEqual(['a']);
    expect(await client.fetch(topicId, 1, { maxWaitMs: 30 })).toMatchObject({ errorCode: 0, highWatermark: 1 });
  });

  it('C2 does not hold up other requests of the same connection', async () => {
    const { client } = await setUp();
    const { topicId } = await client.createTopic('orders');
    const polling = client.fetch(topicId, 0, { maxWaitMs: 15_000 });
    expect((await client.topic('orders')).errorCode).toBe(0);
    await client.produce(topicId, batchOf('a'));
    await polling;
  });

  it('C2 ends with an error when the topic is deleted', async () => {
    const { broker, client } = await setUp();
    const { topicId } = await client.createTopic('orders');
    const polling = client.fetch(topicId, 0, { maxWaitMs: 15_000 });
    const admin = await testClient(broker);
    await admin.deleteTopic('orders');
    expect((await polling).errorMessage).not.toBeNull();
  });
});

describe('offsets by time', () => {
  it('C1 finds the start, the end, and the first record at or after a time', async () => {
    const { client } = await setUp();
    const { topicId } = await client.createTopic('orders');
    const base = Date.now() - 10_000;
    for (const offset of [0, 1, 2])
      await client.produce(topicId, encodeBatch([{ value: null, timestampMs: base + offset * 1000 }]));
    expect(await listOffset(client, topicId, offsetQuery.start)).toMatchObject({ errorCode: 0, offset: 0 });
    expect(await listOffset(client, topicId, offsetQuery.end)).toMatchObject({ errorCode: 0, offset: 3 });
    expect(await listOffset(client, topicId, base + 500)).toMatchObject({
      errorCode: 0,
      offset: 1,
      timestampMs: base + 1000,
    });
    expect(await listOffset(client, topicId, base + 2000)).toMatchObject({ offset: 2 });
    expect(await listOffset(client, topicId, base + 2001)).toMatchObject({ errorCode: 0, offset: -1, timestampMs: -1 });
  });
});
