import { topic } from '@q/client';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { readValues, Scene } from './scene.ts';

const Order = z.object({ id: z.string(), amount: z.number().positive(), note: z.string().default('none') });
const Orders = topic('orders', { key: z.string(), value: Order });

describe('typed topics', () => {
  it('B4 carries values from schema to schema, with the types of the schema on both sides', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic(Orders.name, { partitions: 1 });
    await using producer = scene.q.producer();
    await producer.send(Orders, { key: 'ann', value: { id: 'a', amount: 5 } });
    for await (const { key, value } of scene.q.consumer(Orders, { stopAtEnd: true })) {
      expectTypeOf(key).toEqualTypeOf<string>();
      expectTypeOf(value).toEqualTypeOf<{ id: string; amount: number; note: string }>();
      expect({ key, value }).toEqual({ key: 'ann', value: { id: 'a', amount: 5, note: 'none' } });
    }
  });

  it('B4 refuses a value that does not match before anything is sent', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic(Orders.name, { partitions: 1 });
    await using producer = scene.q.producer();
    await expect(producer.send(Orders, { key: 'ann', value: { id: 'a', amount: -5 } })).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
    });
    const wrong = { key: 'ann', value: { id: 'a', amount: 'five' } } as unknown as {
      key: string;
      value: { id: string; amount: number };
    };
    await expect(producer.send(Orders, wrong)).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
    expect(await readValues(scene.q, Orders.name)).toEqual([]);
  });

  it('B4 does what it is told with stored values that do not match: fail, skip, raw, dead letter', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('orders', { partitions: 1 });
    await scene.q.admin.createTopic('orders-dead', { partitions: 1 });
    await using producer = scene.q.producer();
    await producer.send(Orders, { key: 'ann', value: { id: 'a', amount: 1 } });
    await producer.send('orders', { key: 'bob', value: 'not an order' });
    await producer.send(Orders, { key: 'cid', value: { id: 'c', amount: 3 } });

    const keysWith = async (onInvalid: 'fail' | 'skip' | { deadLetter: string }): Promise<unknown[]> => {
      const keys: unknown[] = [];
      const typed = topic('orders', { key: z.string(), value: Order, onInvalid });
      for await (const { key } of scene.q.consumer(typed, { stopAtEnd: true })) keys.push(key);
      return keys;
    };
    await expect(keysWith('fail')).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH', details: { offset: 1 } });
    expect(await keysWith('skip')).toEqual(['ann', 'cid']);
    expect(await keysWith({ deadLetter: 'orders-dead' })).toEqual(['ann', 'cid']);
    expect(await readValues(scene.q, 'orders-dead')).toEqual(['not an order']);

    const raw = topic('orders', { key: z.string(), value: Order, onInvalid: 'raw' });
    const values: unknown[] = [];
    for await (const { value } of scene.q.consumer(raw, { stopAtEnd: true })) values.push(value);
    expect(values[1]).toEqual(Buffer.from('not an order'));
  });
});
