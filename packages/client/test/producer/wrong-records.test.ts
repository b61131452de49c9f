import { describe, expect, it } from 'vitest';

import type { Producer } from '../../src/producer/producer.ts';
import type { ProducerRecord } from '../../src/producer/record.ts';
import { topic } from '../../src/topic/topic.ts';
import { FakeScene } from '../fake/fake-scene.ts';

async function setUp(): Promise<{ scene: FakeScene; producer: Producer; values: () => (string | null)[] }> {
  const scene = new FakeScene();
  scene.broker.topic('t');
  const q = await scene.connect();
  return { scene, producer: q.producer(), values: () => scene.broker.topics.get('t')?.logs[0]?.values() ?? [] };
}

/** Its bytes went to another thread. */
function transferred(): Uint8Array {
  const bytes = new Uint8Array([1, 2, 3]);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

/** Its buffer was made too short for it. */
function cutOff(): Uint8Array {
  const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
  const bytes = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return bytes;
}

function throwing(name: string): object {
  return Object.defineProperty({ value: 'v' }, name, {
    enumerable: true,
    get: (): never => {
      throw new Error('of a getter');
    },
  });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({ value: 'v' }, {});
  revoke();
  return proxy;
}

/** As plain JavaScript passes them, with what the error has to name. */
const wrong: readonly [what: string, record: unknown, field: string][] = [
  ['null', null, 'record'],
  ['undefined', undefined, 'record'],
  ['a text for itself', 'v', 'record'],
  ['a list for itself', [], 'record'],
  ['bytes for itself', Buffer.from('v'), 'record'],
  ['a promise for itself', Promise.resolve({ value: 'v' }), 'record'],
  ['a misspelt value', { valu: 'v' }, 'valu'],
  ['a field of another client', { value: 'v', timestamp: 5 }, 'timestamp'],
  ['a number for a header', { value: 'v', headers: { a: 5 } }, 'headers.a'],
  ['a boolean for a header', { value: 'v', headers: [{ key: 'a', value: true }] }, 'headers[0].value'],
  ['nothing for a header', { value: 'v', headers: { a: undefined } }, 'headers.a'],
  ['a header without a key', { value: 'v', headers: [{ value: 'b' }] }, 'headers[0]'],
  ['text for headers', { value: 'v', headers: 'ab' }, 'headers'],
  ['null for headers', { value: 'v', headers: null }, 'headers'],
  ['a map for headers, which would be lost', { value: 'v', headers: new Map([['a', 'b']]) }, 'headers'],
  ['a number for a key', { key: 5, value: 'v' }, 'key'],
  ['an object for a value', { value: {} }, 'value'],
  ['a number for a message id', { value: 'v', messageId: 5 }, 'messageId'],
  ['text for a partition, which an array would take', { value: 'v', partition: 'length' }, 'partition'],
  ['null for a partition', { value: 'v', partition: null }, 'partition'],
  [
    'an object without a prototype for a time',
    { value: 'v', timestampMs: Object.create(null) as unknown },
    'timestampMs',
  ],
  ['a value that was transferred', { value: transferred() }, 'value'],
  ['a value cut off', { value: cutOff() }, 'value'],
  ['a key that was transferred', { key: transferred(), value: 'v' }, 'key'],
  ['a key cut off', { key: cutOff(), value: 'v' }, 'key'],
  ['a header that was transferred', { value: 'v', headers: { a: transferred() } }, 'headers.a'],
  ['a header cut off, in a list', { value: 'v', headers: [{ key: 'a', value: cutOff() }] }, 'headers[0].value'],
  ...['key', 'value', 'headers', 'partition', 'messageId'].map((name): [string, unknown, string] => [
    `a getter that throws for ${name}`,
    throwing(name),
    name,
  ]),
  ['a getter that throws for a header', { value: 'v', headers: [throwing('value')] }, 'headers[0].value'],
  ['a proxy that was revoked, for a value', { value: revoked() }, 'value'],
];

const code = (field: string): string => (field === 'timestampMs' ? 'INVALID_TIMESTAMP' : 'INVALID_RECORD');

describe('a record that is none', () => {
  it.each(wrong)('P1 is refused alone, by name: %s', async (_what, given, field) => {
    const { scene, producer, values } = await setUp();
    const record = given as ProducerRecord;
    const refusal = { code: code(field), details: { field } };
    const before = producer.send('t', { value: 'before' });
    // Before the topic is known, and after.
    await expect(scene.settle(producer.send('t', record))).rejects.toMatchObject(refusal);
    await scene.settle(before);
    await expect(scene.settle(producer.send('t', record))).rejects.toMatchObject(refusal);
    await expect(scene.settle(producer.sendBatch('t', [{ value: 'with it' }, record]))).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining('records[1]') as string,
    });
    await expect(scene.settle(producer.send(topic('t'), record))).rejects.toMatchObject(refusal);
    await scene.settle(producer.send('t', { value: 'after' }));
    expect(values()).toEqual(['before', 'after']);
    await scene.settle(producer.close());
  });

  it.each(wrong.filter(([, , field]) => field !== 'timestamp'))(
    'P1 is refused by enqueue, at once: %s',
    async (_what, record, field) => {
      const { scene, producer, values } = await setUp();
      const refused = expect.objectContaining({
        code: code(field),
        details: expect.objectContaining({ field }) as unknown,
      }) as Error;
      expect(() => producer.enqueue('t', record as ProducerRecord)).toThrow(refused);
      await scene.settle(producer.send('t', { value: 'first' }));
      expect(() => producer.enqueue('t', record as ProducerRecord)).toThrow(refused);
      producer.enqueue('t', { value: 'after' });
      await scene.settle(producer.flush());
      expect(values()).toEqual(['first', 'after']);
      await scene.settle(producer.close());
    },
  );

  it.each<[string, (record: object) => object]>([
    ['key', (bytes) => ({ key: bytes, value: 'v' })],
    ['value', (bytes) => ({ value: bytes })],
    ['headers.a', (bytes) => ({ value: 'v', headers: { a: bytes } })],
  ])('P1 whose %s is transferred while it waits fails alone, by name', async (field, recordOf) => {
    const { scene, producer, values } = await setUp();
    const bytes = new Uint8Array([1, 2, 3]);
    const waiting = producer.send('t', recordOf(bytes));
    const other = producer.send('t', { value: 'other' });
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    await expect(scene.settle(waiting)).rejects.toMatchObject({ code: 'INVALID_RECORD', details: { field } });
    await scene.settle(other);
    expect(values()).toEqual(['other']);
    await scene.settle(producer.close());
  });

  it('P1 has its own bytes while its schema thinks, so that buffers may be used again after the call', async () => {
    const { scene, producer, values } = await setUp();
    const slow = topic('t', {
      value: { '~standard': { version: 1, vendor: 'x', validate: async (value: unknown) => ({ value }) } },
    });
    const bytes = new Uint8Array([1, 2, 3]);
    const key = new Uint8Array([4]);
    producer.enqueue(slow, { key, value: 1, headers: { a: bytes } });
    for (const { buffer } of [bytes, key]) structuredClone(buffer, { transfer: [buffer] });
    await scene.settle(producer.flush());
    expect(values()).toEqual(['1']);
    await scene.settle(producer.close());
  });

  it('P1 keeps what a getter threw as the cause', async () => {
    const { scene, producer } = await setUp();
    await expect(scene.settle(producer.send('t', throwing('key')))).rejects.toMatchObject({
      cause: { message: 'of a getter' },
    });
    await expect(scene.settle(producer.sendBatch('t', [throwing('key')]))).rejects.toMatchObject({
      cause: { message: 'of a getter' },
    });
    await scene.settle(producer.close());
  });

  it('P1 that is a proxy and was revoked is refused, as a list of them is', async () => {
    const { scene, producer } = await setUp();
    const refusal = { code: 'INVALID_RECORD' };
    await expect(scene.settle(producer.send('t', revoked()))).rejects.toMatchObject(refusal);
    expect(() => producer.enqueue('t', revoked())).toThrow(expect.objectContaining(refusal));
    await expect(scene.settle(producer.sendBatch('t', revoked() as never))).rejects.toMatchObject({
      ...refusal,
      details: { field: 'records' },
    });
    await scene.settle(producer.close());
  });

  it('P1 does not even ask for the topic, which would make it where topics are made so', async () => {
    const { scene, producer } = await setUp();
    await expect(scene.settle(producer.send('typing-error', null as never))).rejects.toMatchObject({
      code: 'INVALID_RECORD',
    });
    await scene.clock.advance(100);
    expect(scene.broker.requestsOf<{ topics: string[] }>('METADATA').flatMap(({ topics }) => topics)).not.toContain(
      'typing-error',
    );
    await scene.settle(producer.close());
  });

  it('P1 may be a message that is sent on', async () => {
    const { scene, producer, values } = await setUp();
    class Message {
      readonly offset = 7;
      readonly value = 'sent on';
    }
    await scene.settle(producer.send('t', new Message()));
    expect(values()).toEqual(['sent on']);
    await scene.settle(producer.close());
  });

  it.each<[string, unknown]>([
    ['a number', 5],
    ['nothing', undefined],
    ['an object that looks like one', { name: 't' }],
    ['a symbol', Symbol('t')],
    ['a proxy that was revoked', revoked()],
    ['a getter that throws', throwing('name')],
  ])('P1 a topic that is none is refused: %s', async (_what, given) => {
    const { scene, producer } = await setUp();
    await expect(scene.settle(producer.send(given as string, { value: 'v' }))).rejects.toMatchObject({
      code: 'INVALID_TOPIC_NAME',
    });
    expect(() => producer.enqueue(given as string, { value: 'v' })).toThrow(
      expect.objectContaining({ code: 'INVALID_TOPIC_NAME' }),
    );
    await scene.settle(producer.close());
  });

  it('P1 a schema that throws, or gives nothing, says no', async () => {
    const { scene, producer } = await setUp();
    for (const validate of [
      (): never => {
        throw new Error('of the schema');
      },
      async (): Promise<never> => {
        throw new Error('of the schema');
      },
      (): undefined => undefined,
    ]) {
      const broken = topic('t', { value: { '~standard': { version: 1, vendor: 'x', validate: validate as never } } });
      await expect(scene.settle(producer.send(broken, { value: 'v' }))).rejects.toMatchObject({
        code: 'SCHEMA_MISMATCH',
      });
    }
    await scene.settle(producer.close());
  });
});
