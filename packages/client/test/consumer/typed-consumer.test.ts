import { encodeBatch } from '@q/protocol';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { deadLetterHeaders } from '../../src/consumer/dead-letter.ts';
import type { SchemaIssues } from '../../src/topic/schema-issues.ts';
import { topic } from '../../src/topic/topic.ts';
import type { InvalidPolicy, Topic } from '../../src/topic/topic.ts';
import { FakeScene } from '../fake/fake-scene.ts';

const Even = z.number().refine((value) => value % 2 === 0, 'must be even');
const SlowEven = z.number().refine(async (value) => value % 2 === 0, 'must be even');

/** Offsets 0 to 5 hold 0, 1, 2, 3, `no json`, 4. */
async function setUp(): Promise<{ scene: FakeScene; q: Awaited<ReturnType<FakeScene['connect']>> }> {
  const scene = new FakeScene();
  const fake = scene.broker.topic('numbers');
  scene.broker.topic('dead');
  fake.logs[0]?.append(
    encodeBatch(
      ['0', '1', '2'].map((value) => ({
        key: `k${value}`,
        value,
        timestampMs: 7,
        headers: [
          { key: 'twice', value: null },
          { key: 'twice', value: Buffer.from('x') },
        ],
      })),
    ),
  );
  fake.logs[0]?.append(
    encodeBatch(['3', 'no json', '4'].map((value) => ({ key: `k${value}`, value, timestampMs: 7 }))),
  );
  return { scene, q: await scene.connect() };
}

async function read(
  scene: FakeScene,
  q: Awaited<ReturnType<FakeScene['connect']>>,
  Numbers: Topic<unknown, unknown, unknown, unknown>,
  how: 'messages' | 'batches',
): Promise<{ values: unknown[]; skipped: number; invalid: (SchemaIssues | undefined)[] }> {
  const values: unknown[] = [];
  const invalid: (SchemaIssues | undefined)[] = [];
  const consumer = q.consumer(Numbers, { stopAtEnd: true });
  const reading = (async () => {
    if (how === 'messages') {
      for await (const message of consumer) {
        values.push(message.value);
        invalid.push(message.invalid);
      }
    } else {
      for await (const batch of consumer.batches()) {
        for (const message of batch.records) {
          values.push(message.value);
          invalid.push(message.invalid);
        }
      }
    }
  })();
  await scene.settle(reading);
  return { values, skipped: consumer.skipped, invalid };
}

const ways = (['messages', 'batches'] as const).flatMap((how) =>
  [Even, SlowEven].map((schema) => ({ how, schema, kind: schema === Even ? 'a synchronous' : 'an asynchronous' })),
);
const numbers = (schema: typeof Even, onInvalid: InvalidPolicy): Topic<unknown, unknown, unknown, unknown> =>
  topic('numbers', { key: z.string(), value: schema, onInvalid });

describe.each(ways)('records that do not match $kind schema, read as $how', ({ how, schema }) => {
  it('B4 fail the loop, naming the place; the position stays there', async () => {
    const { scene, q } = await setUp();
    await expect(read(scene, q, numbers(schema, 'fail'), how)).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      message: expect.stringContaining('must be even') as string,
      details: { topic: 'numbers', partition: 0, offset: 1, part: 'value' },
    });
    await scene.settle(q.close());
  });

  it('B4 are skipped and counted', async () => {
    const { scene, q } = await setUp();
    expect(await read(scene, q, numbers(schema, 'skip'), how)).toMatchObject({ values: [0, 2, 4], skipped: 3 });
    await scene.settle(q.close());
  });

  it('B4 are delivered raw, with what is wrong', async () => {
    const { scene, q } = await setUp();
    const { values, invalid, skipped } = await read(scene, q, numbers(schema, 'raw'), how);
    expect(values).toEqual([0, Buffer.from('1'), 2, Buffer.from('3'), Buffer.from('no json'), 4]);
    expect(invalid.map((issues) => issues?.message)).toEqual([
      undefined,
      'must be even',
      undefined,
      'must be even',
      'the stored value is not JSON',
      undefined,
    ]);
    expect(skipped).toBe(0);
    await scene.settle(q.close());
  });

  it('B4 go to a dead letter topic, unchanged, with their origin', async () => {
    const { scene, q } = await setUp();
    expect(await read(scene, q, numbers(schema, { deadLetter: 'dead' }), how)).toMatchObject({
      values: [0, 2, 4],
      skipped: 3,
    });
    expect(scene.broker.topics.get('dead')?.logs[0]?.records()).toMatchObject([
      { key: 'k1', value: '1' },
      { key: 'k3', value: '3' },
      { key: 'kno json', value: 'no json' },
    ]);
    const consumer = q.consumer('dead');
    const { value: letter } = await scene.settle(consumer[Symbol.asyncIterator]().next());
    expect(letter?.timestampMs).toBe(7);
    expect(letter?.headers.map(({ key, value }) => [key, value?.toString() ?? null])).toEqual([
      ['twice', null],
      ['twice', 'x'],
      [deadLetterHeaders.topic, 'numbers'],
      [deadLetterHeaders.partition, '0'],
      [deadLetterHeaders.offset, '1'],
      [deadLetterHeaders.reason, 'value: must be even'],
    ]);
    await scene.settle(q.close());
  });

  it('B4 that a missing dead letter topic does not take say which topic is missing, and which record it is about', async () => {
    const { scene, q } = await setUp();
    await expect(read(scene, q, numbers(schema, { deadLetter: 'none' }), how)).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC',
      message: expect.stringMatching(
        /^The record of topic "numbers", partition 0, offset 1 .* dead letter topic "none": /,
      ) as string,
      details: { topic: 'numbers', partition: 0, offset: 1, deadLetter: 'none' },
    });
    await scene.settle(q.close());
  });
});

describe('a loop that a record has failed', () => {
  it('B4 can go past it', async () => {
    const { scene, q } = await setUp();
    const consumer = q.consumer(topic('numbers', { value: Even }), { stopAtEnd: true });
    const values: number[] = [];
    const passed: number[] = [];
    const reading = (async () => {
      for (;;) {
        try {
          for await (const { value } of consumer) values.push(value);
          return;
        } catch {
          passed.push(consumer.position(0));
          await consumer.seek({ partition: 0, offset: consumer.position(0) + 1 });
        }
      }
    })();
    await scene.settle(reading);
    expect([values, passed]).toEqual([
      [0, 2, 4],
      [1, 3, 4],
    ]);
    await scene.settle(q.close());
  });

  it('B4 stays at a record whose dead letter cannot be sent', async () => {
    const { scene, q } = await setUp();
    scene.broker.topics.delete('dead');
    const consumer = q.consumer(topic('numbers', { value: Even, onInvalid: { deadLetter: 'dead' } }));
    const iterator = consumer[Symbol.asyncIterator]();
    await scene.settle(iterator.next());
    await expect(scene.settle(iterator.next())).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    expect(consumer.position(0)).toBe(1);
    await scene.settle(q.close());
  });
});

describe('a slow schema', () => {
  /** Answers when it is told to. */
  function gate(): { schema: StandardSchemaV1<number, number>; open: (isValid: boolean) => void; asked: () => number } {
    const waiting: PromiseWithResolvers<boolean>[] = [];
    let asked = 0;
    const validate = async (value: unknown): Promise<StandardSchemaV1.Result<number>> => {
      asked += 1;
      const answer = Promise.withResolvers<boolean>();
      waiting.push(answer);
      return (await answer.promise) ? { value: value as number } : { issues: [{ message: 'no' }] };
    };
    const schema: StandardSchemaV1<number, number> = { '~standard': { version: 1, vendor: 'test', validate } };
    return { schema, open: (isValid) => waiting.shift()?.resolve(isValid), asked: () => asked };
  }

  it.each(['messages', 'batches'] as const)(
    'that has not answered when the loop is left holds nobody up, and loses nothing: %s',
    async (how) => {
      const { scene, q } = await setUp();
      const { schema, open, asked } = gate();
      const consumer = q.consumer(topic('numbers', { value: schema }));
      const begin = (): AsyncIterableIterator<unknown, undefined> =>
        how === 'messages' ? consumer[Symbol.asyncIterator]() : consumer.batches();
      const left = begin();
      const waiting = left.next();
      await scene.until(() => asked() === 1);
      await left.return?.();
      expect(await scene.settle(waiting)).toEqual({ done: true, value: undefined });
      expect(consumer.position(0)).toBe(0);
      // Its verdict comes late, and moves nothing of the loop that came after it.
      const next = begin().next();
      await scene.until(() => asked() === 2);
      open(false);
      await scene.clock.advance(10);
      for (let count = 0; count < 3; count += 1) {
        open(true);
        await scene.clock.advance(10);
      }
      const { value } = (await scene.settle(next)) as { value: { offset?: number; baseOffset?: number } };
      expect(value.offset ?? value.baseOffset).toBe(0);
      await scene.settle(q.close());
    },
  );

  it('that answers after a seek says nothing of where the consumer is now', async () => {
    const { scene, q } = await setUp();
    const { schema, open, asked } = gate();
    const consumer = q.consumer(topic('numbers', { value: schema }));
    const waiting = consumer[Symbol.asyncIterator]().next();
    await scene.until(() => asked() === 1);
    await scene.settle(consumer.seek({ partition: 0, offset: 2 }));
    open(false);
    await scene.until(() => asked() === 2);
    open(true);
    expect((await scene.settle(waiting)).value?.offset).toBe(2);
    expect(consumer.position(0)).toBe(3);
    await scene.settle(q.close());
  });
});
