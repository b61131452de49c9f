import { batchProducerId } from '@q/protocol';
import type { ProduceRequest } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { topic } from '../../src/topic/topic.ts';
import { setUp } from './producer-scene.ts';

describe('order', () => {
  it('P4 is that of the calls, whichever they are, also while the topic is not known and the buffer is full', async () => {
    const { scene, q, producer, values } = await setUp({}, { maxBufferedBytes: 4_000, batchBytesMax: 600 });
    const padding = 'p'.repeat(100);
    const all: Promise<unknown>[] = [];
    for (let index = 0; index < 200; index += 1) {
      const record = { key: padding, value: `${index}` };
      if (index % 3 === 0) all.push(producer.send('t', record));
      else if (index % 3 === 1) all.push(producer.sendBatch('t', [record]));
      else {
        try {
          producer.enqueue('t', record);
        } catch {
          await scene.settle(producer.ready());
          producer.enqueue('t', record);
        }
      }
      if (index % 50 === 49) await scene.clock.advance(1);
    }
    await scene.settle(Promise.all([...all, producer.flush()]));
    expect(values()).toEqual(Array.from({ length: 200 }, (_, index) => `${index}`));
    await scene.settle(q.close());
  });

  it('B4 P4 waits for asynchronous schemas in turn', async () => {
    const { scene, q, producer, values } = await setUp();
    const Slow = topic('t', {
      value: z.string().refine(async (text) => {
        await new Promise<void>((resolve) => void scene.clock.schedule(text.length % 7, resolve));
        return text !== 'bad';
      }),
      valueCodec: 'string',
    });
    const texts = ['a'.repeat(6), 'b', 'bad', 'c'.repeat(3), 'd'];
    const sends = texts.map((value) => producer.send(Slow, { value }));
    producer.enqueue(Slow, { value: 'enqueued' });
    producer.enqueue(Slow, { value: 'bad' });
    const outcomes = await scene.settle(Promise.allSettled(sends));
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    await expect(scene.settle(producer.flush())).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
    expect(values()).toEqual(['aaaaaa', 'b', 'ccc', 'd', 'enqueued']);
    await scene.settle(q.close());
  });

  it('P4 is kept when one of several that wait goes on', async () => {
    const { scene, q, producer, values } = await setUp();
    const release = new Map<string, () => void>();
    const Slow = topic('t', {
      value: z.string().refine(async (text) => {
        await new Promise<void>((resolve) => void release.set(text, resolve));
        return true;
      }),
      valueCodec: 'string',
    });
    const sends = ['first', 'second'].map((value) => producer.send(Slow, { value }));
    release.get('first')?.();
    await scene.settle(sends[0] as Promise<unknown>);
    producer.enqueue('t', { value: 'third' });
    release.get('second')?.();
    await scene.settle(Promise.all([sends[1], producer.flush()]));
    expect(values()).toEqual(['first', 'second', 'third']);
    await scene.settle(q.close());
  });
});

describe('idempotence', () => {
  it('P4 is the default, asked for once and only when something is sent', async () => {
    const { scene, q, producer } = await setUp();
    expect(scene.broker.requestsOf('INIT_PRODUCER')).toEqual([]);
    for (let index = 0; index < 3; index += 1) await scene.settle(producer.send('t', { value: 'v' }));
    expect(scene.broker.requestsOf('INIT_PRODUCER')).toHaveLength(1);
    const ids = scene.broker
      .requestsOf<ProduceRequest>('PRODUCE')
      .map(({ topics }) => batchProducerId(topics[0]?.partitions[0]?.records as Buffer));
    expect(ids).toEqual([1_001, 1_001, 1_001]);
    await scene.settle(q.close());
  });

  it('P4 goes on when the broker cannot give an id at first', async () => {
    const { scene, q, producer } = await setUp();
    scene.broker.faults = ({ api, request, point }) =>
      api === 'INIT_PRODUCER' && request < 3 && point === 'before' ? 'BROKER_BUSY' : 'none';
    expect(await scene.settle(producer.send('t', { value: 'v' }))).toMatchObject({ offset: 0 });
    await scene.settle(q.close());
  });

  it('P4 fails what cannot be sent when the broker refuses an id for good', async () => {
    const { scene, q, producer } = await setUp();
    scene.broker.faults = ({ api, point }) => (api === 'INIT_PRODUCER' && point === 'before' ? 'UNKNOWN_API' : 'none');
    await expect(scene.settle(producer.send('t', { value: 'v' }))).rejects.toMatchObject({ code: 'UNKNOWN_API' });
    await scene.settle(q.close());
  });
});
