import { BatchMemory, iterateRecords, messageIdHeader } from '@q/protocol';
import type { ProduceRequest, QError } from '@q/protocol';
import { describe, expect, it, vi } from 'vitest';

import { clientLimits } from '../../src/limits.ts';
import type { ProducerRecord } from '../../src/producer/record.ts';
import { setUp } from './producer-scene.ts';

describe('send', () => {
  it('P1 resolves with the place, the time and the promise behind it', async () => {
    const { scene, q, producer } = await setUp();
    const sending = producer.send('t', { key: 'k', value: 'v', timestampMs: 1_234 });
    expect(await scene.settle(sending)).toEqual({
      partition: 0,
      offset: 0,
      timestampMs: 1_234,
      duplicate: false,
      durability: 'memory',
    });
    await scene.settle(q.close());
  });

  it('P1 goes where the record says, else where its key belongs, else anywhere', async () => {
    const { scene, q, producer, values } = await setUp({ partitions: 3 });
    const sends = [
      producer.send('t', { partition: 2, key: 'foobar', value: 'chosen' }),
      // murmur2('foobar') & 0x7fffffff is 1357151166, which is 0 modulo 3.
      producer.send('t', { key: 'foobar', value: 'by key' }),
      producer.send('t', { key: Buffer.from('foobar'), value: 'by key, as bytes' }),
    ];
    await scene.settle(Promise.all(sends));
    expect([values(0), values(1), values(2)]).toEqual([['by key', 'by key, as bytes'], [], ['chosen']]);
    await expect(scene.settle(producer.send('t', { partition: 3, value: 'x' }))).rejects.toMatchObject({
      code: 'UNKNOWN_PARTITION',
    });
    await scene.settle(q.close());
  });

  it('P1 asks the given partitioner', async () => {
    const seen: unknown[] = [];
    const { scene, q, producer, values } = await setUp(
      { partitions: 3 },
      {
        partitioner: ({ topic: name, key, partitions }) => {
          seen.push([name, key?.toString(), partitions]);
          return partitions - 1;
        },
      },
    );
    await scene.settle(producer.send('t', { key: 'k', value: 'v' }));
    expect(values(2)).toEqual(['v']);
    expect(seen).toEqual([['t', Buffer.from('k').toString(), 3]]);
    await scene.settle(q.close());
  });

  it('P1 spreads records without a key evenly, a batch at a time', async () => {
    const { scene, q, producer, values } = await setUp({ partitions: 4 });
    for (let index = 0; index < 400; index += 1) await scene.settle(producer.send('t', { value: `${index}` }));
    const counts = [0, 1, 2, 3].map((partition) => values(partition).length);
    for (const count of counts) expect(count).toBeGreaterThan(70);
    const sends = Array.from({ length: 50 }, (_, index) => producer.send('t', { value: `together ${index}` }));
    const results = await scene.settle(Promise.all(sends));
    expect(new Set(results.map(({ partition }) => partition)).size).toBe(1);
    await scene.settle(q.close());
  });

  it('P5 refuses a record that the topic would not take, before it is sent', async () => {
    const { scene, q, producer } = await setUp({ maxMessageBytes: 1_000 });
    await expect(scene.settle(producer.send('t', { value: 'x'.repeat(1_000) }))).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
      details: { maxMessageBytes: 1_000 },
    });
    expect(scene.broker.requestsOf('PRODUCE')).toEqual([]);
    await scene.settle(q.close());
  });

  it.each<[string, ProducerRecord, string]>([
    ['a value that is neither bytes nor text', { value: 5 as never }, 'INVALID_RECORD'],
    ['a time before 1970', { value: 'v', timestampMs: -5 }, 'INVALID_TIMESTAMP'],
    ['a time that is no whole number', { value: 'v', timestampMs: 0.5 }, 'INVALID_TIMESTAMP'],
    ['an empty message id', { value: 'v', messageId: '' }, 'INVALID_RECORD'],
  ])('refuses %s', async (_what, record, code) => {
    const { scene, q, producer } = await setUp();
    await scene.settle(producer.send('t', { value: 'first' }));
    await expect(scene.settle(producer.send('t', record))).rejects.toMatchObject({ code });
    await scene.settle(q.close());
  });

  it('refuses a record without a key on a compacted topic, which would spoil its whole batch', async () => {
    const { scene, q, producer, values } = await setUp({ cleanupPolicy: 'compact,delete' });
    const good = producer.send('t', { key: 'k', value: 'v' });
    await expect(scene.settle(producer.send('t', { value: 'v' }))).rejects.toMatchObject({ code: 'KEY_REQUIRED' });
    await scene.settle(good);
    expect(values()).toEqual(['v']);
    await scene.settle(q.close());
  });

  it('says that a topic does not exist, or cannot', async () => {
    const { scene, q, producer } = await setUp();
    await expect(scene.settle(producer.send('missing', { value: 'v' }))).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC',
      details: { topic: 'missing' },
    });
    await expect(producer.send('a/b', { value: 'v' })).rejects.toMatchObject({ code: 'INVALID_TOPIC_NAME' });
    await scene.settle(q.close());
  });

  it('P4 sends a record with a message id in a batch of its own, and tells of a repeat', async () => {
    const { scene, q, producer, batches } = await setUp();
    const sends = ['a', 'b', 'c'].map((value) =>
      producer.send('t', { value, messageId: `id-${value}`, headers: { other: 'x' } }),
    );
    await scene.settle(Promise.all([...sends, producer.send('t', { value: 'd' })]));
    expect(batches().flat()).toEqual([1, 1, 1, 1]);
    const [first] = scene.broker.requestsOf<ProduceRequest>('PRODUCE');
    const [record] = [...iterateRecords(first?.topics[0]?.partitions[0]?.records as Buffer)];
    expect(record?.headers).toEqual([
      { key: 'other', value: Buffer.from('x') },
      { key: messageIdHeader, value: Buffer.from('id-a') },
    ]);
    scene.broker.handlers.set('PRODUCE', ({ topics }: ProduceRequest) => ({
      retryAfterMs: 0,
      throttleTimeMs: 0,
      topics: topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partition }) => ({
          partition,
          errorCode: 0,
          errorMessage: null,
          baseOffset: 0,
          logAppendTimeMs: 99,
          logStartOffset: 0,
          duplicate: true,
          durability: 0,
        })),
      })),
    }));
    expect(await scene.settle(producer.send('t', { value: 'again', messageId: 'id-a' }))).toEqual({
      partition: 0,
      offset: 0,
      timestampMs: 99,
      duplicate: true,
      durability: 'fsync',
    });
    await scene.settle(q.close());
  });
});

describe('batching', () => {
  it('P2 gathers what is sent in one turn', async () => {
    const { scene, q, producer, batches } = await setUp();
    await scene.settle(
      Promise.all(Array.from({ length: 64 }, (_, index) => producer.send('t', { value: `${index}` }))),
    );
    expect(batches()).toEqual([[64]]);
    await scene.settle(q.close());
  });

  it('P2 lets many callers that await each send share batches, without a timer', async () => {
    const { scene, q, producer, batches, values } = await setUp();
    const callers = Array.from({ length: 64 }, async (_, caller) => {
      for (let index = 0; index < 20; index += 1) await producer.send('t', { value: `${caller}-${index}` });
    });
    await scene.settle(Promise.all(callers));
    expect(values()).toHaveLength(64 * 20);
    expect(batches().length).toBeLessThan(30);
    await scene.settle(q.close());
  });

  it('P2 gathers while the leader is busy, and sends a lone record at once', async () => {
    const { scene, q, producer, batches } = await setUp();
    await scene.settle(producer.send('t', { value: 'first' }));
    scene.broker.answerDelayMs = 100;
    const sends: Promise<unknown>[] = [];
    for (let index = 0; index < 50; index += 1) {
      sends.push(producer.send('t', { value: `${index}` }));
      await scene.clock.advance(1);
    }
    await scene.settle(Promise.all(sends));
    // The first two leave at once, the other 48 gather behind them.
    expect(batches().slice(1)).toEqual([[1], [1], [48]]);
    await scene.settle(q.close());
  });

  it('P2 waits for lingerMs when it is told to, not for flush', async () => {
    const { scene, q, producer, batches } = await setUp({}, { lingerMs: 50 });
    await scene.settle(producer.send('t', { value: 'first' }));
    expect(scene.clock.monotonic()).toBeGreaterThanOrEqual(50);
    const startMs = scene.clock.monotonic();
    for (let index = 0; index < 10; index += 1) {
      producer.enqueue('t', { value: `${index}` });
      await scene.clock.advance(2);
    }
    await scene.settle(producer.flush());
    expect(scene.clock.monotonic() - startMs).toBeLessThan(40);
    expect(batches()).toEqual([[1], [10]]);
    await scene.settle(q.close());
  });

  it('P2 closes a batch at its size and goes on in the next', async () => {
    const { scene, q, producer, batches } = await setUp({}, { batchBytesMax: 1_000 });
    await scene.settle(
      producer.sendBatch(
        't',
        Array.from({ length: 100 }, () => ({ value: 'x'.repeat(90), key: 'k' })),
      ),
    );
    for (const records of batches().flat()) expect(records).toBeLessThanOrEqual(9);
    expect(
      batches()
        .flat()
        .reduce((sum, records) => sum + records, 0),
    ).toBe(100);
    await scene.settle(q.close());
  });

  it('P2 carries the batches of several partitions and topics in one request', async () => {
    const { scene, q, producer } = await setUp({ partitions: 8 });
    scene.broker.topic('u', { partitions: 2 });
    await scene.settle(
      Promise.all([producer.send('t', { value: 'v', partition: 0 }), producer.send('u', { value: 'v', partition: 0 })]),
    );
    const before = scene.broker.requestsOf('PRODUCE').length;
    const places = [0, 1, 2, 3, 4, 5, 6, 7].map((partition) => ['t', partition] as const);
    // One topic amid the other: it appears once all the same.
    const mixed = [...places.slice(0, 3), ['u', 0] as const, ...places.slice(3), ['u', 1] as const];
    await scene.settle(Promise.all(mixed.map(([name, partition]) => producer.send(name, { value: 'v', partition }))));
    const requests = scene.broker.requestsOf<ProduceRequest>('PRODUCE').slice(before);
    expect(requests.map(({ topics }) => topics.map(({ partitions }) => partitions.length))).toEqual([[8, 2]]);
    await scene.settle(q.close());
  });

  it('P2 lets all partitions have their turn, where a request has no room for all of them', async () => {
    const { scene, q, producer } = await setUp({ partitions: 8, maxMessageBytes: 2 << 20 }, { maxInFlight: 1 });
    await scene.settle(producer.send('t', { value: 'first', partition: 0 }));
    // Three batches of a megabyte for each of eight partitions, and four of them at most fit into a request.
    const value = Buffer.alloc(1_000_000);
    const sends = Array.from({ length: 24 }, (_, index) => producer.send('t', { value, partition: index % 8 }));
    await scene.settle(Promise.all(sends));
    const partitions = scene.broker
      .requestsOf<ProduceRequest>('PRODUCE')
      .flatMap(({ topics }) => topics.flatMap((each) => each.partitions.map(({ partition }) => partition)));
    expect(new Set(partitions.slice(1, 9)).size).toBe(8);
    await scene.settle(q.close());
  });

  it('P3 compresses what it sends', async () => {
    const { scene, q, producer, values } = await setUp({}, { compression: 'zstd' });
    await scene.settle(producer.send('t', { value: 'z'.repeat(10_000) }));
    const [request] = scene.broker.requestsOf<ProduceRequest>('PRODUCE');
    expect(request?.topics[0]?.partitions[0]?.records.length).toBeLessThan(300);
    expect(values()).toEqual(['z'.repeat(10_000)]);
    await scene.settle(q.close());
  });

  it('P2 resolves a batch of records once, in their order, over partitions', async () => {
    const { scene, q, producer } = await setUp({ partitions: 3 });
    const records = Array.from({ length: 30 }, (_, index) => ({ value: `${index}`, partition: index % 3 }));
    const results = await scene.settle(producer.sendBatch('t', records));
    expect(results.map(({ partition, offset }) => [partition, offset])).toEqual(
      records.map((_, index) => [index % 3, Math.floor(index / 3)]),
    );
    expect(await producer.sendBatch('t', [])).toEqual([]);
    await scene.settle(q.close());
  });

  it('P2 says how many of a batch were stored when some were not', async () => {
    const { scene, q, producer } = await setUp({ partitions: 2 });
    scene.broker.produceFaults = ({ partition, point }) =>
      partition === 1 && point === 'before' ? 'INVALID_RECORD' : 'none';
    const records = Array.from({ length: 10 }, (_, index) => ({ value: `${index}`, partition: index < 3 ? 1 : 0 }));
    await expect(scene.settle(producer.sendBatch('t', records))).rejects.toMatchObject({
      code: 'INVALID_RECORD',
      details: { failed: 3, delivered: 7 },
    });
    await scene.settle(q.close());
  });
});

describe('enqueue', () => {
  it('Z4 takes records until the buffer is full, says so, and refuses at twice as much', async () => {
    const { scene, q, producer, values } = await setUp({}, { maxBufferedBytes: 10_000 });
    await scene.settle(producer.send('t', { value: 'first' }));
    const value = 'x'.repeat(100);
    let accepted = 0;
    // Without the pauses that it asks for on the way: they are advice, fullness is not.
    for (; producer.bufferedBytes < 10_000; accepted += 1) producer.enqueue('t', { value, key: 'k' });
    let refusal: unknown = null;
    while (refusal === null) {
      try {
        expect(producer.enqueue('t', { value, key: 'k' })).toBe(false);
        accepted += 1;
      } catch (error) {
        refusal = error;
      }
    }
    expect(refusal).toMatchObject({ code: 'BUFFER_FULL', retriable: true });
    expect(producer.bufferedBytes).toBeGreaterThanOrEqual(20_000);
    await scene.settle(producer.ready());
    expect(producer.bufferedBytes).toBeLessThanOrEqual(5_000);
    expect(producer.enqueue('t', { value })).toBe(true);
    await scene.settle(producer.flush());
    expect(producer.bufferedBytes).toBe(0);
    expect(values()).toHaveLength(accepted + 2);
    await scene.settle(q.close());
  });

  it('Z4 copies bytes, also before it knows the topic, so they may be used again at once', async () => {
    const { scene, q, producer, values } = await setUp();
    const bytes = Buffer.from('0');
    for (let index = 0; index < 10; index += 1) {
      bytes.write(`${index}`);
      producer.enqueue('t', { key: bytes, value: bytes, headers: { h: bytes } });
      if (index === 5) await scene.settle(producer.flush());
    }
    await scene.settle(producer.flush());
    expect(values()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    await scene.settle(q.close());
  });

  it('tells of failures by flush and by event, and forgets them then', async () => {
    const events: [QError, unknown][] = [];
    const { scene, q, producer } = await setUp({}, { onError: (error, failure) => events.push([error, failure]) });
    scene.broker.produceFaults = ({ point }) => (point === 'before' ? 'INVALID_RECORD' : 'none');
    for (let index = 0; index < 5; index += 1) producer.enqueue('t', { value: 'v' });
    await expect(scene.settle(producer.flush())).rejects.toMatchObject({
      code: 'INVALID_RECORD',
      details: { failed: 5 },
    });
    expect(events).toMatchObject([[{ code: 'INVALID_RECORD' }, { topic: 't', partition: 0, records: 5 }]]);
    await expect(scene.settle(producer.flush())).resolves.toBeUndefined();
    await scene.settle(q.close());
  });

  it('gives up each batch once, also when it is closed by who hears of the first', async () => {
    const failures: unknown[] = [];
    const closing: Promise<unknown>[] = [];
    const { scene, q, producer } = await setUp(
      { partitions: 2 },
      {
        deliveryTimeoutMs: 1_000,
        onError: (_error, failure) => {
          failures.push(failure);
          if (closing.length === 0) closing.push(producer.close({ timeoutMs: 0 }));
        },
      },
    );
    await scene.settle(producer.send('t', { value: 'v', partition: 0 }));
    scene.broker.faults = ({ api }) => (api === 'PRODUCE' ? 'silence' : 'none');
    for (const partition of [0, 1]) producer.enqueue('t', { value: 'v', partition });
    await expect(scene.settle(producer.flush())).rejects.toMatchObject({ details: { failed: 2 } });
    expect(failures).toMatchObject([
      { partition: 0, records: 1 },
      { partition: 1, records: 1 },
    ]);
    await Promise.all(closing);
    await scene.settle(q.close());
  });

  it('fails what is awaited when it is closed without waiting, and keeps little memory for batches to come', async () => {
    const shrunk = vi.spyOn(BatchMemory.prototype, 'shrinkTo');
    const { scene, q, producer } = await setUp({ partitions: 2 });
    await scene.settle(producer.send('t', { value: 'v', partition: 0 }));
    scene.broker.faults = ({ api }) => (api === 'PRODUCE' ? 'silence' : 'none');
    const sends = [0, 1].map((partition) =>
      producer.send('t', { value: 'v', partition }).catch((error: QError) => error.code),
    );
    await scene.clock.advance(10);
    shrunk.mockClear();
    expect(await scene.settle(producer.close({ timeoutMs: 0 }))).toMatchObject({ abandoned: 2 });
    expect(await Promise.all(sends)).toEqual(['CLOSED', 'CLOSED']);
    expect(shrunk).toHaveBeenCalledWith(clientLimits.batchMemoryIdleBytesMax);
    shrunk.mockRestore();
    await scene.settle(q.close());
  });

  it('P1 X1 a topic that the client knows takes the first records of another producer at once', async () => {
    const { scene, q, producer } = await setUp();
    await scene.settle(producer.send('t', { value: 'v' }));
    const other = q.producer();
    // A record that waits for the topic counts as it is, one in a batch as a part of that.
    other.enqueue('t', { value: 'v' });
    const inBatches = other.bufferedBytes;
    await scene.settle(other.flush());
    other.enqueue('t', { value: 'v' });
    expect(other.bufferedBytes).toBe(inBatches);
    await scene.settle(q.close());
  });

  it('B6 disposing of a producer throws what nobody was told of', async () => {
    const { scene, q, producer } = await setUp();
    scene.broker.produceFaults = ({ point }) => (point === 'before' ? 'INVALID_RECORD' : 'none');
    producer.enqueue('t', { value: 'v' });
    await expect(scene.settle(Promise.resolve(producer[Symbol.asyncDispose]()))).rejects.toMatchObject({
      code: 'INVALID_RECORD',
      details: { failed: 1 },
    });
    await scene.settle(q.close());
  });

  it('a flush ends when it is aborted', async () => {
    const { scene, q, producer } = await setUp();
    scene.network.isRefusing = true;
    scene.broker.cutAll();
    producer.enqueue('t', { value: 'v' });
    const controller = new AbortController();
    scene.clock.schedule(50, () => controller.abort());
    await expect(scene.settle(producer.flush({ signal: controller.signal }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect((await scene.settle(q.close({ timeoutMs: 0 }))).abandoned).toBe(1);
  });
});
