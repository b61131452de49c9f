/**
 * Topics over a real socket.
 */
import {
  AddPartitions,
  AlterTopic,
  CreateTopic,
  DeleteRecords,
  DescribeTopic,
  ListTopics,
  Metadata,
  Stats,
  errorCode,
} from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { batchOf, testBroker, testClient, valuesOf } from './harness.ts';

describe('topics', () => {
  it('T1 creates, lists, alters, grows, trims and deletes', async () => {
    const client = await testClient(await testBroker());
    const created = await client.request(CreateTopic, {
      name: 'orders',
      partitions: -1,
      replicas: -1,
      configs: [{ key: 'retention.ms', value: '3600000' }],
      validateOnly: false,
    });
    expect(created).toMatchObject({ partitions: 1, replicas: 1 });
    expect(await client.request(AddPartitions, { name: 'orders', partitions: 8, validateOnly: false })).toEqual({
      partitions: 8,
    });
    const { configs } = await client.request(AlterTopic, {
      name: 'orders',
      set: [{ key: 'segment.bytes', value: '1048576' }],
      unset: ['retention.ms'],
      validateOnly: false,
    });
    expect(configs).toContainEqual({ key: 'segment.bytes', value: '1048576', source: 2 });
    expect(configs).toContainEqual({ key: 'retention.ms', value: '604800000', source: 0 });

    for (const value of ['a', 'b', 'c']) await client.produce(created.topicId, batchOf(value), { partition: 7 });
    const { partitions } = await client.request(DeleteRecords, {
      name: 'orders',
      partitions: [
        { partition: 7, beforeOffset: 2 },
        { partition: 0, beforeOffset: -1 },
      ],
    });
    expect(partitions).toMatchObject([
      { errorCode: 0, logStartOffset: 2 },
      { errorCode: 0, logStartOffset: 0 },
    ]);
    expect(valuesOf((await client.fetch(created.topicId, 2, { partition: 7 })).records)).toEqual(['c']);
    expect((await client.fetch(created.topicId, 1, { partition: 7 })).errorCode).toBe(errorCode('OFFSET_OUT_OF_RANGE'));

    const { topics } = await client.request(ListTopics, { includeInternal: true });
    expect(topics).toMatchObject([
      { name: '__metadata', internal: true },
      { name: 'orders', topicId: created.topicId, internal: false, partitions: 8, replicas: 1, messages: 1 },
    ]);
    expect(await client.deleteTopic('orders')).toEqual({ topicId: created.topicId });
    expect((await client.request(ListTopics, { includeInternal: false })).topics).toEqual([]);
    expect((await client.produce(created.topicId, batchOf('late'))).errorCode).toBe(errorCode('UNKNOWN_TOPIC_ID'));
  });

  it('T2 tells everything about a topic and its partitions', async () => {
    const client = await testClient(await testBroker({ brokerId: 9 }));
    const { topicId } = await client.createTopic('orders', { partitions: 2, configs: { 'cleanup.policy': 'delete' } });
    await client.produce(topicId, batchOf('a', 'b'), { partition: 1 });
    const topic = await client.request(DescribeTopic, { name: 'orders' });
    expect(topic).toMatchObject({ name: 'orders', topicId, internal: false, replicas: 1, messages: 2 });
    expect(topic.bytes).toBe(batchOf('a', 'b').length);
    expect(topic.partitions).toEqual([
      {
        partition: 0,
        leaderId: 9,
        leaderEpoch: 0,
        replicas: [9],
        logStartOffset: 0,
        highWatermark: 0,
        logEndOffset: 0,
        segments: 1,
        bytes: 0,
        errorCode: 0,
        messages: 0,
        messagesExact: true,
      },
      {
        partition: 1,
        leaderId: 9,
        leaderEpoch: 0,
        replicas: [9],
        logStartOffset: 0,
        highWatermark: 2,
        logEndOffset: 2,
        segments: 1,
        bytes: topic.bytes,
        errorCode: 0,
        messages: 2,
        messagesExact: true,
      },
    ]);
    expect(topic.configs.find((config) => config.key === 'cleanup.policy')).toEqual({
      key: 'cleanup.policy',
      value: 'delete',
      source: 2,
    });
  });

  it('T3 metadata names the leaders, and the address that the client dialled', async () => {
    const broker = await testBroker();
    const client = await testClient(broker);
    await client.createTopic('orders', {
      partitions: 3,
      configs: { 'cleanup.policy': 'compact', 'max.message.bytes': '5000' },
    });
    const answer = await client.request(Metadata, { topics: ['orders', 'nope', 'bad/name'] });
    expect(answer).toMatchObject({ clusterId: broker.clusterId, brokers: [{ id: 1, host: '', port: broker.port }] });
    expect(answer.topics.map((topic) => [topic.name, topic.errorCode])).toEqual([
      ['orders', 0],
      ['nope', errorCode('UNKNOWN_TOPIC')],
      ['bad/name', errorCode('UNKNOWN_TOPIC')],
    ]);
    expect(answer.topics[0]).toMatchObject({ cleanupPolicy: 'compact', maxMessageBytes: 5000, internal: false });
    expect(answer.topics[0]!.partitions[2]).toEqual({
      partition: 2,
      errorCode: 0,
      leaderId: 1,
      leaderEpoch: 0,
      replicas: [1],
      inSyncReplicas: [1],
    });

    const advertising = await testClient(await testBroker({ advertised: { host: 'q.example', port: 1234 } }));
    expect((await advertising.request(Metadata, { topics: [] })).brokers).toEqual([
      { id: 1, host: 'q.example', port: 1234 },
    ]);
  });

  it('T3 metadata tells once of a topic that is named again and again', async () => {
    const broker = await testBroker();
    const client = await testClient(broker);
    await client.createTopic('orders');
    const { topics } = await client.request(Metadata, { topics: ['orders', 'nowhere', 'orders', 'nowhere'] });
    expect(topics.map(({ name }) => name)).toEqual(['orders', 'nowhere']);
  });

  it('T1 makes topics on demand where that is wanted', async () => {
    const client = await testClient(await testBroker({ autoCreateTopics: true }));
    const [first, second] = await Promise.all([client.topic('made'), client.topic('made')]);
    expect(first).toMatchObject({ errorCode: 0, name: 'made' });
    expect(second.topicId).toBe(first.topicId);
    expect((await client.topic('not/allowed')).errorCode).toBe(errorCode('INVALID_TOPIC_NAME'));
  });

  it('T1 settings take effect on the open logs', async () => {
    const client = await testClient(await testBroker());
    const { topicId } = await client.createTopic('orders');
    expect((await client.produce(topicId, batchOf('x'.repeat(2000)))).errorCode).toBe(0);
    await client.request(AlterTopic, {
      name: 'orders',
      set: [{ key: 'max.message.bytes', value: '1000' }],
      unset: [],
      validateOnly: false,
    });
    expect((await client.produce(topicId, batchOf('x'.repeat(2000)))).errorCode).toBe(errorCode('RECORD_TOO_LARGE'));
  });

  it('S4 old segments go in the background', async () => {
    const clock = new ManualClock({ startMs: Date.now() });
    const client = await testClient(await testBroker({ clock }));
    const { topicId } = await client.createTopic('short', {
      configs: { 'retention.ms': '60000', 'segment.bytes': '1024' },
    });
    for (let batch = 0; batch < 5; batch += 1) await client.produce(topicId, batchOf(`${batch}`.repeat(900)));
    expect((await client.fetch(topicId, 0)).errorCode).toBe(0);
    await clock.advance(120_000);
    await client.produce(topicId, batchOf('wakes the queue'));
    const described = await client.request(DescribeTopic, { name: 'short' });
    expect(described.partitions[0]!.logStartOffset).toBeGreaterThan(0);
    expect((await client.fetch(topicId, 0)).errorCode).toBe(errorCode('OFFSET_OUT_OF_RANGE'));
  });
});

describe('stats', () => {
  it('M1 M2 T2 counts topics, records, requests and errors', async () => {
    const broker = await testBroker();
    const client = await testClient(broker);
    const { topicId } = await client.createTopic('orders', { partitions: 2 });
    await client.produce(topicId, batchOf('a', 'b', 'c'));
    await client.produce(topicId, batchOf('x'), { partition: 9 });
    await client.fetch(topicId, 0);
    const stats = await client.request(Stats, {});
    const bytes = batchOf('a', 'b', 'c').length;
    expect(stats).toMatchObject({
      brokerId: 1,
      topics: 1,
      partitions: 2,
      messages: 3,
      bytes,
      connections: 1,
      recordsIn: 3,
      recordsOut: 3,
      bytesIn: bytes,
      bytesOut: bytes,
      durability: 'memory',
    });
    expect(stats.memoryRssBytes).toBeGreaterThan(1 << 20);
    expect(stats.cpuUserMs).toBeGreaterThan(0);
    expect(stats.apis.find((api) => api.api === 'PRODUCE')).toMatchObject({ requests: 2, failed: 1 });
    expect(stats.apis.find((api) => api.api === 'FETCH')).toMatchObject({ requests: 1, failed: 0 });
    expect(stats.errors).toEqual([{ error: 'UNKNOWN_PARTITION', count: 1 }]);
  });

  it('M1 M2 version 2 tells of topics, times, clients, and of who is answered with errors', async () => {
    const broker = await testBroker();
    const client = await testClient(broker);
    const { topicId } = await client.createTopic('orders', { partitions: 2 });
    await client.createTopic('quiet');
    // The broker's own records are written in rounds, too.
    const before = await client.request(Stats, {});
    await client.produce(topicId, batchOf('a', 'b', 'c'));
    await client.produce(topicId, batchOf('x'), { partition: 9 });
    await client.fetch(topicId, 0);
    const stats = await client.request(Stats, {});
    const bytes = batchOf('a', 'b', 'c').length;
    const traffic = { recordsIn: 3, bytesIn: bytes, recordsOut: 3, bytesOut: bytes };
    const windows = [
      { windowMs: 60_000, ...traffic },
      { windowMs: 300_000, ...traffic },
    ];
    expect(stats).toMatchObject({
      adminUrl: null,
      segments: 3,
      windows,
      topicTraffic: [{ topic: 'orders', ...traffic, windows }],
      topicsLeftOut: 0,
      roundRecords: { count: before.roundRecords.count + 1, total: before.roundRecords.total + 3, max: 3 },
      roundBytes: { count: before.roundBytes.count + 1, total: before.roundBytes.total + bytes },
      readsFromMemory: 1,
      readsFromFiles: 0,
      rebalances: 0,
      connectionsRefused: 0,
      refusals: [],
    });
    expect(stats.clients).toMatchObject([{ door: 'native', connections: 1 }]);
    const error = { error: 'UNKNOWN_PARTITION', count: 1 };
    const produce = stats.apis.find(({ api }) => api === 'PRODUCE')!;
    expect(produce.errors).toEqual([error]);
    expect(produce.p50Micros).toBeGreaterThan(0);
    expect(produce.p50Micros).toBeLessThanOrEqual(produce.p99Micros);
    expect(stats.failingClients).toMatchObject([
      { door: 'native', address: '127.0.0.1', errors: 1, lastError: 'UNKNOWN_PARTITION' },
    ]);
  });

  it('M1 a client that asks in version 1 is answered as before', async () => {
    const client = await testClient(await testBroker());
    const stats = await client.request(Stats, {}, 1);
    expect(stats).toMatchObject({ brokerId: 1, adminUrl: null, connectionsRefused: -1, windows: [] });
  });
});
