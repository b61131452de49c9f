import type { FetchRequest, FetchResponse } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import type { ConsumerOptions } from '../../src/consumer/consumer-options.ts';
import { FakeLog } from '../fake/fake-log.ts';
import type { FakeScene } from '../fake/fake-scene.ts';
import { setUp, fill, read, expected } from './consumer-scene.ts';

describe('a consumer', () => {
  it('C1 C3 gives messages with everything that was sent', async () => {
    const { scene, q } = await setUp();
    const consumer = q.consumer('t', { stopAtEnd: true });
    const iterator = consumer[Symbol.asyncIterator]();
    const { value: message } = await scene.settle(iterator.next());
    expect(message).toMatchObject({ topic: 't', partition: 0, offset: 0 });
    expect([message?.timestampMs, message?.key, message?.value, message?.headers]).toEqual([
      0,
      Buffer.from('k0'),
      Buffer.from('0:0'),
      [{ key: 'h', value: Buffer.from('1') }],
    ]);
    await scene.settle(q.close());
  });

  it.each<[string, ConsumerOptions['from'], string[]]>([
    ['the beginning', 'earliest', expected(0, 0, 12)],
    ['the end', 'latest', []],
    ['an offset in the middle of a batch', { offset: 4 }, expected(0, 4, 12)],
    ['an offset by partition', { offset: { 0: 7 } }, expected(0, 7, 12)],
    ['the earliest where no offset is named', { offset: { 5: 7 } }, expected(0, 0, 12)],
    ['a time', { timestampMs: 5_500 }, expected(0, 6, 12)],
    ['a time that no record has', { timestampMs: 99_000 }, []],
    ['the last few', { last: 5 }, expected(0, 7, 12)],
    ['more than there are', { last: 500 }, expected(0, 0, 12)],
  ])('C1 starts at %s', async (_what, from, values) => {
    const { scene, q } = await setUp();
    expect(await read(scene, q.consumer('t', { stopAtEnd: true, ...(from === undefined ? {} : { from }) }))).toEqual(
      values,
    );
    await scene.settle(q.close());
  });

  it('C2 reads all partitions in turn, and those it was given', async () => {
    const { scene, q } = await setUp({ partitions: 3 });
    const seen = await read(scene, q.consumer('t', { stopAtEnd: true }));
    for (const partition of [0, 1, 2])
      expect(seen.filter((value) => value.startsWith(`${partition}:`))).toEqual(expected(partition, 0, 12));
    expect(new Set(seen.slice(0, 9).map((value) => value[0])).size).toBe(3);
    expect(await read(scene, q.consumer('t', { stopAtEnd: true, partitions: [1, 1] }))).toEqual(expected(1, 0, 12));
    await expect(read(scene, q.consumer('t', { partitions: [7] }))).rejects.toMatchObject({
      code: 'UNKNOWN_PARTITION',
    });
    await expect(read(scene, q.consumer('missing'))).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    await scene.settle(q.close());
  });

  it('C2 waits for what comes, and gets it at once', async () => {
    const { scene, q } = await setUp({ batches: 0 });
    const consumer = q.consumer('t', { maxWaitMs: 20_000 });
    const next = consumer[Symbol.asyncIterator]().next();
    scene.clock.schedule(5_000, () => fill(scene, { partition: 0, batches: 1 }));
    expect((await scene.settle(next)).value).toMatchObject({ offset: 0 });
    expect(scene.clock.monotonic()).toBeLessThan(5_100);
    expect(scene.broker.requestsOf('FETCH')).toHaveLength(1);
    await scene.settle(q.close());
  });

  it('C2 stops at the end that there was when it started', async () => {
    const { scene, q } = await setUp();
    const consumer = q.consumer('t', { stopAtEnd: true });
    await scene.settle(consumer.ready());
    fill(scene, { partition: 0, batches: 2 });
    expect(await read(scene, consumer)).toEqual(expected(0, 0, 12));
    expect(consumer.position(0)).toBe(12);
    await scene.settle(q.close());
  });

  it('goes on where the loop was left, in the middle of a batch', async () => {
    const { scene, q } = await setUp();
    const consumer = q.consumer('t', { stopAtEnd: true });
    expect(await read(scene, consumer, 4)).toEqual(expected(0, 0, 4));
    expect(consumer.position(0)).toBe(4);
    await scene.clock.advance(10_000);
    const fetches = scene.broker.requestsOf('FETCH').length;
    await scene.clock.advance(10_000);
    expect(scene.broker.requestsOf('FETCH')).toHaveLength(fetches);
    expect(await read(scene, consumer)).toEqual(expected(0, 4, 12));
    await scene.settle(q.close());
  });

  it('allows one loop at a time, and overlapping calls of next', async () => {
    const { scene, q } = await setUp({ batches: 1 });
    const consumer = q.consumer('t', { stopAtEnd: true });
    const iterator = consumer[Symbol.asyncIterator]();
    expect(() => consumer.batches()).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    const results = await scene.settle(
      Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next(), iterator.next()]),
    );
    expect(results.map(({ done, value }) => (done === true ? 'done' : value.offset))).toEqual([
      0,
      1,
      2,
      'done',
      'done',
    ]);
    await scene.settle(q.close());
  });

  it('B6 ends its loop, and leaves nothing behind, when it is closed or aborted', async () => {
    for (const how of ['close', 'abort', 'q.close'] as const) {
      const { scene, q } = await setUp();
      const controller = new AbortController();
      const consumer = q.consumer('t', { signal: controller.signal });
      const reading = read(scene, consumer);
      scene.clock.schedule(500, () => {
        if (how === 'close') void consumer.close();
        else if (how === 'abort') controller.abort();
        else void q.close();
      });
      expect(await reading).toEqual(expected(0, 0, 12));
      await expect(consumer.ready()).rejects.toMatchObject({ code: 'CLOSED' });
      await scene.settle(q.close());
      await scene.clock.advance(60_000);
      expect([how, scene.clock.pending]).toEqual([how, 0]);
    }
  });

  it('seeks, pauses and resumes', async () => {
    const { scene, q } = await setUp({ partitions: 2 });
    const consumer = q.consumer('t', { stopAtEnd: true });
    await scene.settle(consumer.ready());
    expect([...consumer.partitions]).toEqual([0, 1]);
    expect(await scene.settle(consumer.endOffsets())).toEqual(
      new Map([
        [0, 12],
        [1, 12],
      ]),
    );
    consumer.pause([1]);
    await scene.settle(consumer.seek({ partition: 0, offset: 10 }));
    expect(await read(scene, consumer, 2)).toEqual(['0:10', '0:11']);
    await scene.settle(consumer.seek({ partition: 0, offset: 11 }));
    consumer.resume();
    expect((await read(scene, consumer)).sort()).toEqual(['0:11', ...expected(1, 0, 12)].sort());
    await expect(consumer.seek({ partition: 0, offset: -1 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(() => consumer.position(9)).toThrow(expect.objectContaining({ code: 'UNKNOWN_PARTITION' }));
    await scene.settle(q.close());
  });

  it('seeks to the place as it was given, whatever the caller makes of it meanwhile', async () => {
    const { scene, q } = await setUp();
    const consumer = q.consumer('t', { stopAtEnd: true });
    const place = { partition: 0, offset: 10 };
    const seeking = consumer.seek(place);
    place.offset = -5;
    await scene.settle(seeking);
    expect(await read(scene, consumer)).toEqual(['0:10', '0:11']);
    await scene.settle(q.close());
  });

  it('seeks in the middle of its loop, even while a long poll is under way', async () => {
    const { scene, q } = await setUp();
    const consumer = q.consumer('t', { maxWaitMs: 20_000 });
    const iterator = consumer[Symbol.asyncIterator]();
    for (let index = 0; index < 12; index += 1) await scene.settle(iterator.next());
    await scene.clock.advance(100);
    const startMs = scene.clock.monotonic();
    const next = iterator.next();
    await scene.settle(consumer.seek({ partition: 0, offset: 2 }));
    expect((await scene.settle(next)).value).toMatchObject({ offset: 2 });
    expect(scene.clock.monotonic() - startMs).toBeLessThan(100);
    await scene.settle(q.close());
  });

  it('picks up partitions that are added later, from their beginning', async () => {
    const { scene, q } = await setUp({ batches: 1 });
    const consumer = q.consumer('t', { from: 'latest', partitionRefreshMs: 1_000 });
    const next = consumer[Symbol.asyncIterator]().next();
    await scene.clock.advance(500);
    const topic = scene.broker.topics.get('t');
    topic?.logs.push(new FakeLog());
    topic?.leaders.push({ leaderId: 1, leaderEpoch: 0 });
    fill(scene, { partition: 1, batches: 1 });
    expect((await scene.settle(next)).value).toMatchObject({ partition: 1, offset: 0 });
    await scene.settle(q.close());
  });
});

describe('batches', () => {
  it('C1 C3 ends at its end also when the records before it are deleted while it reads', async () => {
    const { scene, q } = await setUp();
    const consumer = q.consumer('t', { stopAtEnd: true, onOffsetOutOfRange: 'earliest' });
    await scene.settle(consumer.ready());
    fill(scene, { partition: 0, batches: 1 });
    const log = scene.broker.topics.get('t')!.logs[0]!;
    log.startOffset = 13;
    expect(await read(scene, consumer)).toEqual([]);
  });

  it('C2 come whole, with what is known of them, and their records from the position on', async () => {
    const { scene, q } = await setUp();
    const consumer = q.consumer('t', { from: { offset: 4 }, stopAtEnd: true });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const batch of consumer.batches()) {
        const { records, ...facts } = batch;
        seen.push([
          facts.baseOffset,
          facts.lastOffset,
          facts.recordsCount,
          facts.highWatermark,
          facts.maxTimestampMs,
          [...records].map(({ offset }) => offset),
        ]);
        // A second look gives the same again.
        expect([...records]).toHaveLength([...records].length);
      }
    })();
    await scene.settle(reading);
    expect(seen).toEqual([
      [3, 5, 3, 12, 5_000, [4, 5]],
      [6, 8, 3, 12, 8_000, [6, 7, 8]],
      [9, 11, 3, 12, 11_000, [9, 10, 11]],
    ]);
    await scene.settle(q.close());
  });
});

describe('faults', () => {
  it('W3 a connection that breaks at any point: the loop goes on at the exact position', async () => {
    for (let request = 0; request < 8; request += 1) {
      for (const point of ['before', 'after'] as const) {
        const { scene, q } = await setUp({ batches: 10, partitions: 2 });
        scene.broker.faults = (o) => (o.api === 'FETCH' && o.request === request && o.point === point ? 'cut' : 'none');
        const seen = await read(scene, q.consumer('t', { prefetchBytes: 1_024, stopAtEnd: true }));
        for (const partition of [0, 1])
          expect(seen.filter((value) => value.startsWith(`${partition}:`))).toEqual(expected(partition, 0, 30));
        await scene.settle(q.close());
      }
    }
  });

  it.each(['NOT_LEADER', 'STALE_LEADER_EPOCH', 'BROKER_BUSY', 'UNKNOWN_TOPIC_ID'] as const)(
    'W3 rides out %s',
    async (code) => {
      const { scene, q } = await setUp();
      scene.broker.faults = ({ api, request, point }) =>
        api === 'FETCH' && request < 3 && point === 'before' ? code : 'none';
      expect(await read(scene, q.consumer('t', { stopAtEnd: true }))).toEqual(expected(0, 0, 12));
      await scene.settle(q.close());
    },
  );

  it('C1 fails when its offset is not there, with the valid range; the position stays', async () => {
    const { scene, q } = await setUp();
    const log = scene.broker.topics.get('t')?.logs[0];
    if (log !== undefined) log.startOffset = 6;
    const consumer = q.consumer('t', { from: { offset: 2 } });
    await expect(read(scene, consumer)).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      details: { topic: 't', partition: 0, offset: 2, logStartOffset: 6, highWatermark: 12 },
    });
    expect(consumer.position(0)).toBe(2);
    await scene.settle(consumer.seek({ partition: 0, offset: 6 }));
    expect(await read(scene, consumer, 6)).toEqual(expected(0, 6, 12));
    await scene.settle(q.close());
  });

  it.each([
    ['earliest', ['0:6', '0:7', '0:8', '0:9', '0:10', '0:11', '0:12']],
    ['latest', ['0:12']],
  ] as const)('C1 goes to the %s instead when it is told to', async (onOffsetOutOfRange, values) => {
    const { scene, q } = await setUp();
    const log = scene.broker.topics.get('t')?.logs[0];
    if (log !== undefined) log.startOffset = 6;
    scene.clock.schedule(1_000, () => fill(scene, { partition: 0, batches: 1 }));
    expect(await read(scene, q.consumer('t', { from: { offset: 2 }, onOffsetOutOfRange }), values.length)).toEqual(
      values,
    );
    await scene.settle(q.close());
  });

  it('C1 fails when the topic was deleted and made again, and starts over when it is told to', async () => {
    for (const onOffsetOutOfRange of ['fail', 'earliest'] as const) {
      const { scene, q } = await setUp();
      const consumer = q.consumer('t', { onOffsetOutOfRange });
      await read(scene, consumer, 12);
      scene.broker.topic('t');
      fill(scene, { partition: 0, batches: 1 });
      const reading = read(scene, consumer, 1);
      if (onOffsetOutOfRange === 'fail') await expect(reading).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
      else expect(await reading).toEqual(['0:0']);
      await scene.settle(q.close());
    }
  });

  /** Serves the log with one of its bytes changed. */
  function serveDamaged(scene: FakeScene, damage: (records: Buffer) => Buffer): void {
    scene.broker.handlers.set('FETCH', ({ topics }: FetchRequest): FetchResponse => ({
      throttleTimeMs: 0,
      topics: topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partition, fetchOffset }) => {
          const log = scene.broker.topics.get('t')?.logs[partition];
          const records = damage(Buffer.from(log?.read(fetchOffset, 1 << 20) ?? []));
          return {
            partition,
            errorCode: 0,
            errorMessage: null,
            highWatermark: 12,
            lastStableOffset: 12,
            logStartOffset: 0,
            records,
            aborted: [],
          };
        }),
      })),
    }));
  }

  it.each<[string, (records: Buffer) => Buffer, number]>([
    ['a checksum that does not fit', (records) => (records.writeUInt8(0xff, records.length - 3), records), 9],
    ['a length that is too small', (records) => (records.writeInt32BE(3, 8), records), 0],
    ['another magic byte', (records) => (records.writeInt8(1, 16), records), 0],
    ['bytes that are no batch', () => Buffer.alloc(20), 0],
    ['batches that go back', (records) => Buffer.concat([records, records.subarray(0, records.length / 4)]), 12],
  ])('C3 fails on %s, naming topic, partition and offset', async (_what, damage, offset) => {
    const { scene, q } = await setUp();
    serveDamaged(scene, damage);
    const consumer = q.consumer('t');
    await expect(read(scene, consumer)).rejects.toMatchObject({
      code: 'CORRUPT_BATCH',
      message: expect.stringMatching(/"t", partition 0, offset/) as string,
      details: { topic: 't', partition: 0, offset },
    });
    expect(consumer.position(0)).toBeLessThanOrEqual(offset);
    await scene.settle(q.close());
  });

  it('fails with the code of the broker when stored data is damaged', async () => {
    const { scene, q } = await setUp();
    scene.broker.handlers.set('FETCH', ({ topics }: FetchRequest): FetchResponse => ({
      throttleTimeMs: 0,
      topics: topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partition }) => ({
          partition,
          errorCode: 58,
          errorMessage: 'rot',
          highWatermark: -1,
          lastStableOffset: -1,
          logStartOffset: -1,
          records: Buffer.alloc(0),
          aborted: [],
        })),
      })),
    }));
    await expect(read(scene, q.consumer('t'))).rejects.toMatchObject({
      code: 'CORRUPT_LOG',
      details: { topic: 't', partition: 0, offset: 0 },
    });
    await scene.settle(q.close());
  });
});
