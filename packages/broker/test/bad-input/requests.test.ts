/**
 * Requests that are wrong: each gets a clear error, and another connection is still served.
 */
import {
  AddPartitions,
  CreateTopic,
  DeleteRecords,
  DeleteTopic,
  DescribeTopic,
  Fetch,
  Hello,
  InitProducer,
  ListOffsets,
  Metadata,
  Ping,
  Produce,
  decodeErrorBody,
  encodeRequest,
  errorCode,
  helloMagic,
} from '@q/protocol';
import type { CreateTopicRequest, ErrorName } from '@q/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startBroker } from '../../src/index.ts';
import type { Broker } from '../../src/index.ts';
import { batchOf, errorOf, valuesOf } from '../harness.ts';
import { RawClient } from '../raw-client.ts';

let broker: Broker;
/** Does the wrong thing. */
let rude: RawClient;
/** Was there before, and must not notice. */
let honest: RawClient;
let topicId: string;

beforeEach(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false, limits: { partitionsPerTopicMax: 100 } });
  honest = await RawClient.connect(broker);
  rude = await RawClient.connect(broker);
  ({ topicId } = await honest.createTopic('orders', { partitions: 2 }));
  await honest.produce(topicId, batchOf('first'));
});

afterEach(async () => {
  // Whatever the test did: the other connection, and the same data, are served as before.
  expect(valuesOf((await honest.fetch(topicId, 0)).records)).toEqual(['first']);
  expect(await honest.produce(topicId, batchOf('next'))).toMatchObject({ errorCode: 0, baseOffset: 1 });
  await Promise.all([honest.close(), rude.close()]);
  await broker.close();
});

const unknownId = '00000000-0000-4000-8000-00000000dead';

function named(code: ErrorName): { errorCode: number } {
  return { errorCode: errorCode(code) };
}

describe('unknown topics and partitions', () => {
  it('T3 PRODUCE and FETCH name the partition that does not exist', async () => {
    const produced = await rude.produce(topicId, batchOf('x'), { partition: 7 });
    expect(produced).toMatchObject({ ...named('UNKNOWN_PARTITION'), baseOffset: -1 });
    expect(produced.errorMessage).toBe('topic orders has the partitions 0 to 1, not 7');
    expect(await rude.fetch(topicId, 0, { partition: -1 })).toMatchObject(named('UNKNOWN_PARTITION'));
  });

  it('T3 an id that is not known asks for new metadata', async () => {
    expect(await rude.produce(unknownId, batchOf('x'))).toMatchObject(named('UNKNOWN_TOPIC_ID'));
    expect(await rude.fetch(unknownId, 0, { maxWaitMs: 10_000 })).toMatchObject(named('UNKNOWN_TOPIC_ID'));
    const offsets = await rude.request(ListOffsets, {
      topics: [{ topicId: unknownId, partitions: [{ partition: 0, leaderEpoch: -1, timestampMs: -1 }] }],
    });
    expect(offsets.topics[0]!.partitions[0]).toMatchObject(named('UNKNOWN_TOPIC_ID'));
  });

  it('T1 a name that is not known', async () => {
    expect(await rude.topic('nope')).toMatchObject({ ...named('UNKNOWN_TOPIC'), name: 'nope', partitions: [] });
    expect(await errorOf(rude.request(DescribeTopic, { name: 'nope' }))).toMatchObject({
      code: 'UNKNOWN_TOPIC',
      details: { topic: 'nope' },
    });
    expect(await errorOf(rude.request(DeleteTopic, { name: 'nope' }))).toMatchObject({ code: 'UNKNOWN_TOPIC' });
    expect(await errorOf(rude.request(DeleteRecords, { name: 'nope', partitions: [] }))).toMatchObject({
      code: 'UNKNOWN_TOPIC',
    });
  });

  it('P2 one bad partition in a request does not spoil the others', async () => {
    const { topicId: other } = await honest.createTopic('other', { partitions: 2 });
    const partitions = [0, 9, 1].map((partition) => ({
      partition,
      leaderEpoch: -1,
      records: batchOf(`p${partition}`),
    }));
    const answer = await rude.request(Produce, {
      timeoutMs: 5000,
      traceContexts: [],
      topics: [
        { topicId: other, partitions },
        { topicId: unknownId, partitions: partitions.slice(0, 1) },
      ],
    });
    expect(answer.topics[0]!.partitions.map((part) => [part.partition, part.errorCode])).toEqual([
      [0, 0],
      [9, errorCode('UNKNOWN_PARTITION')],
      [1, 0],
    ]);
    expect(answer.topics[1]!.partitions[0]).toMatchObject(named('UNKNOWN_TOPIC_ID'));
    expect(valuesOf((await rude.fetch(other, 0, { partition: 1 })).records)).toEqual(['p1']);
  });
});

describe('offsets', () => {
  it('C1 an offset out of range is answered at once, with the range', async () => {
    for (const offset of [-1, 2, 1_000_000]) {
      const answer = await rude.fetch(topicId, offset, { maxWaitMs: 20_000 });
      expect(answer).toMatchObject({ ...named('OFFSET_OUT_OF_RANGE'), logStartOffset: 0 });
      expect(answer.errorMessage).toContain('0 to 1');
    }
    // The end itself is a valid place to wait.
    expect(await rude.fetch(topicId, 1)).toMatchObject({ errorCode: 0, highWatermark: 1 });
  });

  it('T1 cannot delete records that are not there', async () => {
    const answer = await rude.request(DeleteRecords, {
      name: 'orders',
      partitions: [
        { partition: 0, beforeOffset: 5 },
        { partition: 4, beforeOffset: 0 },
      ],
    });
    expect(answer.partitions[0]).toMatchObject({ ...named('OFFSET_OUT_OF_RANGE'), logStartOffset: 0 });
    expect(answer.partitions[0]!.errorMessage).toContain('up to 1');
    expect(answer.partitions[1]).toMatchObject(named('UNKNOWN_PARTITION'));
  });

  it('C1 a time that means nothing', async () => {
    const answer = await rude.request(ListOffsets, {
      topics: [{ topicId, partitions: [{ partition: 0, leaderEpoch: -1, timestampMs: -7 }] }],
    });
    expect(answer.topics[0]!.partitions[0]).toMatchObject(named('INVALID_REQUEST'));
  });
});

describe('topics', () => {
  const good: CreateTopicRequest = { name: 'fresh', partitions: 1, replicas: 1, configs: [], validateOnly: false };

  it.each<[string, Partial<CreateTopicRequest>, ErrorName]>([
    ['a topic that exists', { name: 'orders' }, 'TOPIC_EXISTS'],
    ['an empty name', { name: '' }, 'INVALID_TOPIC_NAME'],
    ['the name ..', { name: '..' }, 'INVALID_TOPIC_NAME'],
    ['a name with a slash', { name: '../../etc' }, 'INVALID_TOPIC_NAME'],
    ['a name of 250 characters', { name: 'n'.repeat(250) }, 'INVALID_TOPIC_NAME'],
    ['no partitions', { partitions: 0 }, 'INVALID_PARTITIONS'],
    ['absurdly many partitions', { partitions: 2_147_483_647 }, 'INVALID_PARTITIONS'],
    ['replicas that cannot be had', { replicas: 3 }, 'INVALID_REPLICAS'],
    ['an unknown setting', { configs: [{ key: '__proto__', value: '1' }] }, 'INVALID_CONFIG'],
    ['a setting with a bad value', { configs: [{ key: 'cleanup.policy', value: 'never' }] }, 'INVALID_CONFIG'],
  ])('T1 %s', async (_what, wrong, code) => {
    const error = await errorOf(rude.request(CreateTopic, { ...good, ...wrong }));
    expect(error.code).toBe(code);
    expect(error.message.length).toBeGreaterThan(10);
    expect((await honest.topic('fresh')).errorCode).toBe(errorCode('UNKNOWN_TOPIC'));
  });

  it('T1 fewer partitions than there are', async () => {
    const error = await errorOf(rude.request(AddPartitions, { name: 'orders', partitions: 1, validateOnly: false }));
    expect(error).toMatchObject({ code: 'INVALID_PARTITIONS', details: { current: 2 } });
  });

  it('the broker’s own topic is read, not written', async () => {
    const { topicId: metadataId } = await rude.topic('__metadata');
    const answer = await rude.produce(metadataId, batchOf('{}'));
    expect(answer).toMatchObject(named('INVALID_REQUEST'));
    expect(await rude.fetch(metadataId, 0)).toMatchObject({ errorCode: 0 });
  });
});

describe('versions and APIs', () => {
  it('W1 an unsupported version is told the supported ones, and the connection goes on', async () => {
    const error = await errorOf(rude.request(Metadata, { topics: null }, 99));
    expect(error).toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      details: { minVersion: 0, maxVersion: 0, version: 99 },
    });
    expect((await rude.request(Metadata, { topics: null })).topics.map((topic) => topic.name)).toContain('orders');
  });

  it('W1 a later HELLO may be answered with the versions too, before any other request', async () => {
    const newcomer = await RawClient.dial(broker);
    const error = await errorOf(
      newcomer.request(Hello, { magic: helloMagic, clientId: '', software: '', softwareVersion: '' }, 3),
    );
    expect(error.code).toBe('UNSUPPORTED_VERSION');
    const keys = (await newcomer.hello()).apis.map((api) => api.key);
    // It asks nobody who they are: AUTHENTICATE, 24, is not served.
    expect(keys.sort((a, b) => a - b)).toEqual([...Array.from({ length: 24 }, (_, key) => key), 25, 26]);
    await newcomer.close();
  });

  it('W1 an API that nobody knows', async () => {
    const error = await errorOf(rude.request({ ...Ping, key: 4242 }, { payload: Buffer.alloc(1) }));
    expect(error).toMatchObject({ code: 'UNKNOWN_API', details: { apiKey: 4242 } });
    expect(await rude.request(Ping, { payload: Buffer.from('still here') })).toEqual({
      payload: Buffer.from('still here'),
    });
  });

  it('W1 a fetch that asks for what there is not', async () => {
    const request = { maxWaitMs: 0, minBytes: 1, maxBytes: 1, isolation: 5, throttleWaitMs: -1, topics: [] };
    expect((await errorOf(rude.request(Fetch, request))).code).toBe('INVALID_REQUEST');
    expect((await errorOf(rude.request(Fetch, { ...request, isolation: 0, maxBytes: 0 }))).code).toBe(
      'INVALID_REQUEST',
    );
  });

  it('P4 a producer id that was never handed out', async () => {
    const error = await errorOf(
      rude.request(InitProducer, {
        producerId: 77_777_777,
        producerEpoch: 0,
        transactionalId: null,
        transactionTimeoutMs: -1,
      }),
    );
    expect(error).toMatchObject({ code: 'UNKNOWN_PRODUCER_ID', details: { producerId: 77_777_777 } });
  });
});

describe('frames', () => {
  it('W1 a frame larger than the limit is refused by its length alone', async () => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE((16 << 20) + 1);
    rude.write(length);
    expect(await rude.strayError()).toMatchObject({ code: 'FRAME_TOO_LARGE' });
    await rude.closed;
  });

  it('W1 more than 64 KiB before HELLO', async () => {
    const newcomer = await RawClient.dial(broker);
    const { buffers, frame } = newcomer.prepare(Hello, {
      magic: helloMagic,
      clientId: 'x'.repeat(30_000),
      software: 'x'.repeat(30_000),
      softwareVersion: 'x'.repeat(30_000),
    });
    newcomer.write(...buffers);
    expect(await newcomer.strayError()).toMatchObject({ code: 'FRAME_TOO_LARGE' });
    await expect(frame).rejects.toThrow('hung up');
  });

  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), 'FRAME_TOO_LARGE'],
    ['random bytes', Buffer.from('0000000affffffffffffffffffff', 'hex'), 'HELLO_REQUIRED'],
    ['a frame without room for a header', Buffer.from('0000000100', 'hex'), 'MALFORMED_FRAME'],
    ['an empty frame', Buffer.from('00000000', 'hex'), 'MALFORMED_FRAME'],
  ])('W1 garbage: %s', async (_what, garbage, code) => {
    const newcomer = await RawClient.dial(broker);
    newcomer.write(garbage);
    const answered =
      code === 'HELLO_REQUIRED'
        ? newcomer.answer(0xffffffff).then((frame) => decodeErrorBody(frame))
        : newcomer.strayError();
    expect((await answered).code).toBe(code);
    await newcomer.closed;
  });

  it('W1 any other request before HELLO', async () => {
    const newcomer = await RawClient.dial(broker);
    expect((await errorOf(newcomer.request(Ping, { payload: Buffer.alloc(0) }))).code).toBe('HELLO_REQUIRED');
    await newcomer.closed;
  });

  it('W1 a HELLO without the magic number', async () => {
    const newcomer = await RawClient.dial(broker);
    const error = await errorOf(newcomer.request(Hello, { magic: 1, clientId: '', software: '', softwareVersion: '' }));
    expect(error.code).toBe('MALFORMED_FRAME');
    await newcomer.closed;
  });

  it('W1 a body that ends too early, has too much, or counts more than there is', async () => {
    const whole = Buffer.concat(
      encodeRequest(Metadata, { version: 0, correlationId: 5, body: { topics: ['a', 'b'] } }),
    );
    const short = Buffer.from(whole.subarray(0, whole.length - 1));
    const long = Buffer.concat([whole, Buffer.alloc(3)]);
    const lying = Buffer.from(whole);
    // The count of the array is the first byte of the body.
    lying[12] = 0xff;
    lying[13] = 0xff;
    for (const frame of [short, long, lying]) {
      frame.writeUInt32BE(frame.length - 4, 0);
      const newcomer = await RawClient.connect(broker);
      const answer = newcomer.answer(5);
      newcomer.write(frame);
      const error = decodeErrorBody(await answer);
      expect(error.code).toBe('MALFORMED_FRAME');
      expect(error.message).toContain('Metadata');
      await newcomer.closed;
    }
  });
});
