import { DescribeTopic, encodeBatch } from '@q/protocol';
import type { AlterTopicRequest, CreateTopicRequest, DeleteRecordsRequest } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import type { Q } from '../../src/q.ts';
import { FakeScene } from '../fake/fake-scene.ts';

describe('admin', () => {
  it('T1 writes settings as text, and leaves defaults to the broker', async () => {
    const scene = new FakeScene();
    const q = await scene.connect();
    await scene.settle(
      q.admin.createTopic('t', { partitions: 3, config: { 'retention.ms': 3_600_000, 'cleanup.policy': 'compact' } }),
    );
    await scene.settle(q.admin.createTopic('u', { validateOnly: true }));
    expect(scene.broker.requestsOf<CreateTopicRequest>('CREATE_TOPIC')).toEqual([
      {
        name: 't',
        partitions: 3,
        replicas: -1,
        configs: [
          { key: 'retention.ms', value: '3600000' },
          { key: 'cleanup.policy', value: 'compact' },
        ],
        validateOnly: false,
      },
      { name: 'u', partitions: -1, replicas: -1, configs: [], validateOnly: true },
    ]);
    await expect(scene.settle(q.admin.createTopic('t'))).rejects.toMatchObject({ code: 'TOPIC_EXISTS' });
    scene.broker.handlers.set('ALTER_TOPIC', () => ({ configs: [] }));
    await scene.settle(q.admin.alterTopic('t', { set: { 'min.cleanable.dirty.ratio': 0.5 }, unset: ['retention.ms'] }));
    expect(scene.broker.requestsOf<AlterTopicRequest>('ALTER_TOPIC')).toEqual([
      {
        name: 't',
        set: [{ key: 'min.cleanable.dirty.ratio', value: '0.5' }],
        unset: ['retention.ms'],
        validateOnly: false,
      },
    ]);
    await scene.settle(q.close());
  });

  it('T1 does not create twice when the answer is lost, and says that the outcome is unknown', async () => {
    const scene = new FakeScene();
    const q = await scene.connect();
    scene.broker.faults = ({ api, point }) => (api === 'CREATE_TOPIC' && point === 'after' ? 'cut' : 'none');
    await expect(scene.settle(q.admin.createTopic('t'))).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      details: { outcome: 'unknown' },
      message: expect.stringContaining('creating topic "t"') as string,
    });
    expect(scene.broker.requestsOf('CREATE_TOPIC')).toHaveLength(1);
    await scene.settle(q.close());
  });

  it('T1 W3 ensures a topic whose creation was done but not answered', async () => {
    const scene = new FakeScene();
    const q = await scene.connect();
    const there = {
      name: 't',
      topicId: '00000000-0000-4000-8000-000000000001',
      internal: false,
      replicas: 1,
      messages: 0,
      messagesExact: true,
      bytes: 0,
      configs: [],
      partitions: [],
    };
    scene.broker.handlers.set('DESCRIBE_TOPIC', () => there);
    scene.broker.handlers.set('ALTER_TOPIC', () => ({ configs: [] }));
    scene.broker.faults = ({ api, request, point }) =>
      api === 'CREATE_TOPIC' && request === 0 && point === 'after' ? 'cut' : 'none';
    expect(await scene.settle(q.admin.ensureTopic('t'))).toEqual({
      topicId: there.topicId,
      partitions: 0,
      replicas: 1,
      configs: [],
      created: false,
    });
    await scene.settle(q.close());
  });

  it.each<[string, (admin: Q['admin']) => Promise<unknown>, object]>([
    [
      'partition in createTopic',
      (admin) => admin.createTopic('t', { partition: 3 } as never),
      { code: 'INVALID_CONFIG', details: { option: 'partition' } },
    ],
    [
      '-1 partitions, which is the default on the wire',
      (admin) => admin.createTopic('t', { partitions: -1 }),
      { code: 'INVALID_PARTITIONS' },
    ],
    [
      'an object for a setting',
      (admin) => admin.createTopic('t', { config: { 'retention.ms': {} } as never }),
      { code: 'INVALID_CONFIG', message: expect.stringContaining('retention.ms') as string },
    ],
    [
      'a setting that is undefined',
      (admin) => admin.alterTopic('t', { set: { 'retention.ms': undefined } as never }),
      { code: 'INVALID_CONFIG' },
    ],
    [
      'no options where some are needed',
      (admin) => admin.alterTopic('t', undefined as never),
      { code: 'INVALID_CONFIG' },
    ],
    [
      'null for options',
      (admin) => admin.stats(null as never),
      { code: 'INVALID_CONFIG', message: expect.stringContaining('stats') as string },
    ],
    [
      '-1 for an offset, which is the end on the wire',
      (admin) => admin.deleteRecords('t', { 0: -1 }),
      { code: 'INVALID_REQUEST', details: { argument: 'before[0]' } },
    ],
    ['a name for a partition', (admin) => admin.deleteRecords('t', { first: 0 } as never), { code: 'INVALID_REQUEST' }],
    ['a symbol for a topic', (admin) => admin.describeTopic(Symbol('t') as never), { code: 'INVALID_TOPIC_NAME' }],
    ['a number for a group', (admin) => admin.deleteGroup(5 as never), { code: 'INVALID_GROUP_ID' }],
    [
      'another place than start or end',
      (admin) => admin.listOffsets('t', 'middle' as never),
      { code: 'INVALID_REQUEST', details: { argument: 'at' } },
    ],
    [
      'an offset that is none',
      (admin) => admin.resetGroupOffsets('g', { t: { 0: 0.5 } }),
      { code: 'INVALID_REQUEST', details: { argument: 'offsets["t"][0]' } },
    ],
    ['a text for topics', (admin) => admin.metadata('t' as never), { code: 'INVALID_TOPIC_NAME' }],
  ])('Q3 refuses %s before it asks anyone', async (_what, call, refusal) => {
    const scene = new FakeScene();
    const q = await scene.connect();
    const before = scene.broker.requests.length;
    await expect(call(q.admin)).rejects.toMatchObject(refusal);
    expect(scene.broker.requests).toHaveLength(before);
    await scene.settle(q.close());
  });

  it('T1 W3 sends again what the broker has not done', async () => {
    const scene = new FakeScene();
    const q = await scene.connect();
    scene.broker.faults = ({ api, request, point }) =>
      api === 'CREATE_TOPIC' && request < 2 && point === 'before' ? 'BROKER_BUSY' : 'none';
    expect(await scene.settle(q.admin.createTopic('t', { partitions: 2 }))).toMatchObject({ partitions: 2 });
    await scene.settle(q.close());
  });

  it('T2 W3 asks again when a question got lost', async () => {
    const scene = new FakeScene();
    const q = await scene.connect();
    const description = {
      name: 't',
      topicId: '00000000-0000-4000-8000-000000000001',
      internal: false,
      replicas: 1,
      messages: 5,
      messagesExact: true,
      bytes: 6,
      configs: [],
      partitions: [],
    };
    scene.broker.handlers.set('DESCRIBE_TOPIC', () => description);
    scene.broker.faults = ({ api, request }) => (api === DescribeTopic.name && request === 0 ? 'cut' : 'none');
    expect(await scene.settle(q.admin.describeTopic('t'))).toEqual(description);
    await scene.settle(q.close());
  });

  it('T2 asks every leader for offsets, by place and by time', async () => {
    const scene = new FakeScene();
    const topic = scene.broker.topic('t', { partitions: 2 });
    for (const timestampMs of [1_000, 2_000, 3_000]) topic.logs[0]?.append(encodeBatch([{ value: 'v', timestampMs }]));
    const q = await scene.connect();
    expect(await scene.settle(q.admin.listOffsets('t', 'end'))).toEqual({ 0: 3, 1: 0 });
    expect(await scene.settle(q.admin.listOffsets('t', 'start'))).toEqual({ 0: 0, 1: 0 });
    expect(await scene.settle(q.admin.offsetsForTimestamp('t', 1_500))).toEqual({ 0: 1, 1: null });
    await expect(q.admin.offsetsForTimestamp('t', -1)).rejects.toMatchObject({ code: 'INVALID_TIMESTAMP' });
    await expect(scene.settle(q.admin.listOffsets('missing', 'end'))).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    await scene.settle(q.close());
  });

  it('T1 deletes records before an offset, or all of them, and names the partition that failed', async () => {
    const scene = new FakeScene();
    const q = await scene.connect();
    scene.broker.handlers.set('DELETE_RECORDS', ({ partitions }: DeleteRecordsRequest) => ({
      partitions: partitions.map(({ partition, beforeOffset }) => ({
        partition,
        errorCode: beforeOffset > 100 ? 50 : 0,
        errorMessage: null,
        logStartOffset: beforeOffset === -1 ? 77 : beforeOffset,
      })),
    }));
    expect(await scene.settle(q.admin.deleteRecords('t', { 0: 5, 1: 'end' }))).toEqual({ 0: 5, 1: 77 });
    await expect(scene.settle(q.admin.deleteRecords('t', { 0: 5, 3: 500 }))).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      details: { topic: 't', partition: 3 },
    });
    await scene.settle(q.close());
  });

  it('S2 opens partitions again, and says what is wrong with them all the same', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t', { partitions: 2 });
    const q = await scene.connect();
    scene.broker.handlers.set('REOPEN_PARTITIONS', () => ({
      partitions: [
        { partition: 0, errorCode: 0, errorMessage: null },
        { partition: 1, errorCode: 58, errorMessage: 'rot' },
      ],
    }));
    expect(await scene.settle(q.admin.reopenPartitions('t'))).toEqual([
      { partition: 0, error: null },
      {
        partition: 1,
        error: expect.objectContaining({ code: 'CORRUPT_LOG', message: 'rot', details: { topic: 't', partition: 1 } }),
      },
    ]);
    await scene.settle(q.admin.reopenPartitions('t', { partitions: [1] }));
    expect(scene.broker.requestsOf('REOPEN_PARTITIONS')).toEqual([
      { name: 't', partitions: [] },
      { name: 't', partitions: [1] },
    ]);
    await expect(scene.settle(q.admin.reopenPartitions('t', { partitions: [-1] }))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    await scene.settle(q.close());
  });

  it('H1 tells brokers and topics', async () => {
    const scene = new FakeScene();
    scene.broker.topic('t', { partitions: 2 });
    const q = await scene.connect();
    const metadata = await scene.settle(q.admin.metadata());
    expect(metadata).toMatchObject({
      clusterId: 'fake-cluster',
      brokers: [{ id: 1, host: '', port: 0 }],
      topics: [{ name: 't', partitions: [{ leaderId: 1 }, { leaderId: 1 }] }],
    });
    await expect(scene.settle(q.admin.metadata(['missing']))).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    await scene.settle(q.close());
  });

  it('measures a round trip, and ends when it is aborted', async () => {
    const scene = new FakeScene({ delayMs: 7 });
    const q = await scene.connect();
    expect(await scene.settle(q.admin.ping())).toBeCloseTo(14, 3);
    scene.broker.faults = () => 'silence';
    const controller = new AbortController();
    scene.clock.schedule(50, () => controller.abort());
    await expect(scene.settle(q.admin.ping({ signal: controller.signal }))).rejects.toMatchObject({ code: 'ABORTED' });
    await scene.settle(q.close());
  });

  it('W3 fails when no broker can be reached in time', async () => {
    const scene = new FakeScene();
    const q = await scene.connect({ requestTimeoutMs: 3_000 });
    scene.network.isRefusing = true;
    scene.broker.cutAll();
    await scene.clock.advance(10);
    await expect(scene.settle(q.admin.ping())).rejects.toMatchObject({
      code: 'NO_BROKER',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(scene.clock.monotonic()).toBeLessThan(4_000);
    await scene.settle(q.close());
  });
});
