import { encodeBatch } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { fetch } from '../../src/messages/fetch.ts';
import { fetchFrom, fetchRequest, partitionsOf, put, stage, valuesOf } from '../fetching.ts';
import { RawClient, requestFrame } from '../harness.ts';

const noTopic = '11111111-2222-3333-4444-555555555555';
const nothingKnown = { highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 };

describe('Fetch', () => {
  it('B1 reads in every version what the native client wrote, with the fields where they belong', async () => {
    const { q, client, topicId } = await stage();
    await put(q, ['a', 'b']);
    for (let version = 4; version <= 18; version += 1) {
      const answer = await fetchFrom(client, [{ topicId }], { version, rackId: 'r1' });
      expect(valuesOf(answer), `v${version}`).toEqual(['a', 'b']);
      expect(answer.responses[0]).toMatchObject(version < 13 ? { topic: 'orders' } : { topicId });
      expect(partitionsOf(answer)).toEqual([
        expect.objectContaining({
          partitionIndex: 0,
          errorCode: 0,
          highWatermark: 2,
          lastStableOffset: 2,
          logStartOffset: version < 5 ? -1 : 0,
          abortedTransactions: null,
          preferredReadReplica: -1,
          divergingEpoch: { epoch: -1, endOffset: -1 },
        }),
      ]);
    }
  });

  it('B1 tells a reader of committed records of the transactions that it has to leave out: none', async () => {
    const { q, client, topicId } = await stage();
    await put(q, ['a']);
    const answer = await fetchFrom(client, [{ topicId }], { isolationLevel: 1 });
    expect(partitionsOf(answer)[0]!.abortedTransactions).toEqual([]);
    expect(valuesOf(answer)).toEqual(['a']);
    const old = await fetchFrom(client, [{ topicId }], { isolationLevel: 2, version: 6 });
    expect(partitionsOf(old)).toMatchObject([{ errorCode: -1, ...nothingKnown }]);
    expect(await fetchFrom(client, [{ topicId }], { isolationLevel: 2 })).toMatchObject({
      errorCode: -1,
      responses: [],
    });
  });

  it('B1 answers with the whole batch that holds the offset', async () => {
    const { q, client, topicId } = await stage();
    await using producer = q.producer();
    await producer.sendBatch('orders', [{ value: 'a' }, { value: 'b' }, { value: 'c' }]);
    expect(valuesOf(await fetchFrom(client, [{ topicId, fetchOffset: 1 }]))).toEqual(['a', 'b', 'c']);
  });

  it('B1 answers with a batch whatever the bounds, and with no more than one where they are small', async () => {
    const { q, client, topicId } = await stage();
    await put(q, ['a', 'b']);
    for (const maxBytes of [0, 1, -1]) {
      expect(valuesOf(await fetchFrom(client, [{ topicId }], { maxBytes }))).toEqual(['a']);
      expect(valuesOf(await fetchFrom(client, [{ topicId, partitionMaxBytes: maxBytes }]))).toEqual(['a']);
    }
  });

  it('B1 says at once that an offset is beyond the end or negative, and nothing else', async () => {
    const { q, client, topicId } = await stage();
    await put(q, ['a']);
    for (const fetchOffset of [2, -1, -2, Number.MAX_SAFE_INTEGER]) {
      const answer = await fetchFrom(client, [{ topicId, fetchOffset }], { maxWaitMs: 60_000 });
      expect(partitionsOf(answer)).toEqual([
        expect.objectContaining({
          errorCode: 1,
          ...nothingKnown,
          abortedTransactions: null,
          records: [Buffer.alloc(0)],
        }),
      ]);
    }
  });

  it('B1 reads an offset of 64 bits that is beyond every log as one that is beyond the end', async () => {
    const { client } = await stage();
    const frame = requestFrame(fetch, { version: 4, correlationId: 1, body: fetchRequest([{ fetchOffset: 7 }]) });
    frame.writeBigInt64BE(2n ** 63n - 1n, frame.lastIndexOf(7) - 7);
    client.sendFrame(frame);
    const answer = await client.nextFrame();
    expect(fetch.response.decode(answer!, 4, 4).responses[0]!.partitions[0]!.errorCode).toBe(1);
  });

  it('B1 answers what it does not know by name with 3 and by id with 100, and mixes no topics', async () => {
    const { q, client, topicId } = await stage();
    await put(q, ['a']);
    const byName = await fetchFrom(client, [{ topic: 'other', topicId }, { topic: 'orders' }], { version: 12 });
    expect(partitionsOf(byName).map(({ errorCode }) => errorCode)).toEqual([3, 0]);
    const byId = await fetchFrom(client, [{ topic: 'orders', topicId: noTopic }, { topicId }, {}]);
    expect(byId.responses.map((topic) => [topic.topicId, topic.partitions[0]!.errorCode])).toEqual([
      [noTopic, 100],
      [topicId, 0],
      ['00000000-0000-0000-0000-000000000000', 100],
    ]);
    expect(valuesOf(byId)).toEqual(['a']);
    expect(partitionsOf(byId)[0]).toMatchObject(nothingKnown);
    expect(partitionsOf(await fetchFrom(client, [{ topicId, partition: 7 }]))[0]!.errorCode).toBe(3);
  });

  it('B1 finds a topic that was made anew by its name, and not by the id of the earlier one', async () => {
    const { q, client, topicId } = await stage();
    await put(q, ['a']);
    await q.admin.deleteTopic('orders');
    await q.admin.createTopic('orders');
    await put(q, ['b']);
    expect(valuesOf(await fetchFrom(client, [{}], { version: 12 }))).toEqual(['b']);
    expect(partitionsOf(await fetchFrom(client, [{ topicId }]))[0]).toMatchObject({ errorCode: 100 });
  });

  it('B1 compares the leader epoch that a reader believes in', async () => {
    const { client, topicId } = await stage();
    for (const [currentLeaderEpoch, errorCode] of [
      [-1, 0],
      [0, 0],
      [1, 75],
    ] as const) {
      const answer = await fetchFrom(client, [{ topicId, currentLeaderEpoch }]);
      expect(partitionsOf(answer)[0]).toMatchObject({ errorCode, currentLeader: { leaderId: -1, leaderEpoch: -1 } });
    }
  });

  it('B1 refuses who says that it is a replica, as there are none', async () => {
    const { q, client, topicId } = await stage();
    await put(q, ['a']);
    for (const [currentLeaderEpoch, errorCode] of [
      [-1, 6],
      [0, 75],
    ] as const) {
      const wishes = [{ topicId, currentLeaderEpoch }];
      const replicaState = { replicaId: 5, replicaEpoch: -1 };
      expect(partitionsOf(await fetchFrom(client, wishes, { version: 14, replicaId: 5 }))[0]!.errorCode).toBe(
        errorCode,
      );
      expect(partitionsOf(await fetchFrom(client, wishes, { replicaState }))[0]!.errorCode).toBe(errorCode);
    }
    // Kafka has used it for tools that look at a replica.
    expect(valuesOf(await fetchFrom(client, [{ topicId }], { version: 14, replicaId: -2 }))).toEqual(['a']);
  });

  it('B1 gives batches in zstd to readers of every version', async () => {
    const { q, client, topicId } = await stage();
    await using producer = q.producer({ compression: 'zstd' });
    await producer.sendBatch('orders', [{ value: 'a'.repeat(100) }, { value: 'b'.repeat(100) }]);
    for (const version of [4, 9, 10]) {
      const answer = await fetchFrom(client, [{ topicId }], { version });
      expect(partitionsOf(answer)[0]!.errorCode).toBe(0);
      expect(valuesOf(answer)).toHaveLength(2);
    }
  });

  it('B1 starts at another partition with each request, so that none starves behind one with plenty', async () => {
    const { q, client, topicId } = await stage({ partitions: 3 });
    for (const partition of [0, 1, 2]) await put(q, [`p${partition}`], { partition });
    const wishes = [0, 1, 2].map((partition) => ({ topicId, partition }));
    const seen = new Set<string>();
    for (let turn = 0; turn < 3; turn += 1) {
      for (const value of valuesOf(await fetchFrom(client, wishes, { maxBytes: 1 }))) seen.add(value);
    }
    expect([...seen].toSorted()).toEqual(['p0', 'p1', 'p2']);
  });

  it('B1 takes a request of many partitions, and closes the connection for an array beyond the limit', async () => {
    const { kafkaPort, client, topicId } = await stage();
    const wishes = Array.from({ length: 2000 }, (_, partition) => ({ topicId, partition }));
    expect(partitionsOf(await fetchFrom(client, wishes)).map(({ errorCode }) => errorCode)).toEqual([
      0,
      ...Array.from({ length: 1999 }, () => 3),
    ]);
    const other = await RawClient.connect(kafkaPort);
    const body = fetchRequest([], {
      forgottenTopicsData: [{ topic: '', topicId, partitions: Array.from({ length: 1_000_001 }, () => 0) }],
    });
    other.sendFrame(requestFrame(fetch, { version: 18, correlationId: 1, body }));
    expect(await other.nextFrame()).toBeNull();
  });

  it('B1 passes over ten thousand tagged fields that it does not know, and closes the connection for more', async () => {
    const { kafkaPort } = await stage();
    const frame = requestFrame(fetch, { version: 18, correlationId: 1, body: fetchRequest([]) });
    const withTags = (count: number): Buffer => {
      const tags = Array.from({ length: count }, (_, index) => Buffer.concat([varint(index + 10), varint(0)]));
      return Buffer.concat([frame.subarray(0, -1), varint(count), ...tags]);
    };
    for (const [count, isAnswered] of [
      [10_000, true],
      [10_001, false],
    ] as const) {
      const client = await RawClient.connect(kafkaPort);
      client.sendFrame(withTags(count));
      expect((await client.nextFrame()) !== null).toBe(isAnswered);
    }
  });

  it('B1 reads every codec, key, header and time byte for byte as the native client stored it', async () => {
    const { q, client, topicId } = await stage();
    const records = [
      { key: 'k', value: 'v', timestampMs: 1_700_000_000_001, headers: [{ key: 'h', value: Buffer.from([0, 255]) }] },
      { key: null, value: null, timestampMs: 1_700_000_000_000, headers: [{ key: 'e', value: null }] },
      { key: '', value: 'ü'.repeat(300), timestampMs: 1_700_000_000_002 },
    ];
    let offset = 0;
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      await using producer = q.producer({ compression, idempotent: false });
      await producer.sendBatch(
        'orders',
        records.map((record) => ({ ...record, partition: 0 })),
      );
      const answer = await fetchFrom(client, [{ topicId, fetchOffset: offset }]);
      const stored = Buffer.concat(partitionsOf(answer)[0]!.records!);
      const sent = encodeBatch(records, { codec: compression, baseOffset: offset, leaderEpoch: 0 });
      expect(stored.toString('hex'), compression).toBe(sent.toString('hex'));
      offset += records.length;
    }
  });
});

function varint(value: number): Buffer {
  return Buffer.from(value < 128 ? [value] : value < 1 << 14 ? [(value & 127) | 128, value >> 7] : []);
}
