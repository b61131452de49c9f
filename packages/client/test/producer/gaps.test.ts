import { describe, expect, it, vi } from 'vitest';

import type { SendResult } from '../../src/producer/delivery.ts';
import { OutgoingBatch } from '../../src/producer/outgoing-batch.ts';
import type { Producer } from '../../src/producer/producer.ts';
import type { Q } from '../../src/q.ts';
import { FakeScene } from '../fake/fake-scene.ts';

type Outcome = SendResult | { code: string; details: Record<string, unknown> };

async function outcomes(scene: FakeScene, sends: Promise<SendResult>[]): Promise<Outcome[]> {
  return scene.settle(Promise.all(sends.map((send) => send.catch((error: unknown) => error as Outcome))));
}

async function start(
  scene: FakeScene,
  options: Parameters<Q['producer']>[0] = {},
): Promise<{ q: Q; producer: Producer; values: () => unknown }> {
  scene.broker.topic('t');
  const q = await scene.connect();
  const producer = q.producer({ batchBytesMax: 512, ...options });
  await scene.settle(producer.send('t', { value: 'first', key: 'k' }));
  return { q, producer, values: () => scene.broker.topics.get('t')?.logs[0]?.values() };
}

/** Each is most of a batch, so each travels alone. */
const large = (value: string): { key: string; value: string } => ({ key: 'x'.repeat(300), value });

describe('a batch that is given up', () => {
  it('P4 refused for good: only its records fail; the gap behind it is closed with a new epoch', async () => {
    const scene = new FakeScene();
    const { q, producer, values } = await start(scene);
    scene.broker.produceFaults = ({ request, point }) =>
      point === 'before' && request === 2 ? 'INVALID_RECORD' : 'none';
    const results = await outcomes(
      scene,
      ['a', 'b', 'c', 'd', 'e'].map((value) => producer.send('t', large(value))),
    );
    expect(results.map((result) => ('code' in result ? result.code : result.offset))).toEqual([
      1,
      'INVALID_RECORD',
      2,
      3,
      4,
    ]);
    expect(values()).toEqual(['first', 'a', 'c', 'd', 'e']);
    expect(scene.broker.requestsOf('INIT_PRODUCER')).toHaveLength(2);
    await scene.settle(q.close());
  });

  it('P4 not even encoded: only its records fail, as not stored; those behind it go at once', async () => {
    const scene = new FakeScene();
    const { q, producer, values } = await start(scene);
    const startMs = scene.clock.monotonic();
    const stamp = vi.spyOn(OutgoingBatch.prototype, 'stamp').mockImplementationOnce(() => {
      throw new Error('the compressor is broken');
    });
    const results = await outcomes(
      scene,
      ['a', 'b', 'c'].map((value) => producer.send('t', large(value))),
    );
    stamp.mockRestore();
    const failure = {
      message: expect.stringContaining('the compressor is broken') as unknown,
      details: { topic: 't', partition: 0, outcome: 'not-stored' },
    };
    expect(results).toMatchObject([failure, { offset: 1 }, { offset: 2 }]);
    expect(values()).toEqual(['first', 'b', 'c']);
    expect(scene.clock.monotonic() - startMs).toBeLessThan(1_000);
    await scene.settle(q.close());
  });

  it('P4 refused with nothing behind it: its sequence is used again, without asking for anything', async () => {
    const scene = new FakeScene();
    const { q, producer, values } = await start(scene);
    scene.broker.produceFaults = ({ request, point }) =>
      point === 'before' && request === 1 ? 'INVALID_RECORD' : 'none';
    const [refused] = await outcomes(scene, [producer.send('t', large('a'))]);
    expect(refused).toMatchObject({ code: 'INVALID_RECORD', details: { topic: 't', partition: 0 } });
    expect(await outcomes(scene, [producer.send('t', large('b'))])).toMatchObject([{ offset: 1 }]);
    expect(values()).toEqual(['first', 'b']);
    expect(scene.broker.requestsOf('INIT_PRODUCER')).toHaveLength(1);
    await scene.settle(q.close());
  });

  it('Q2 not acknowledged in time: says that the outcome is unknown, and what follows is stored once', async () => {
    const scene = new FakeScene();
    const { q, producer, values } = await start(scene, { deliveryTimeoutMs: 5_000 });
    // It is lost on its way; the connection stays.
    scene.broker.faults = ({ api, point, request }) =>
      api === 'PRODUCE' && point === 'before' && request === 1 ? 'silence' : 'none';
    const [late] = await outcomes(scene, [producer.send('t', large('a'))]);
    expect(late).toMatchObject({
      code: 'DELIVERY_TIMED_OUT',
      details: { outcome: 'unknown' },
      message: expect.stringContaining('unknown whether') as string,
    });
    expect(
      await outcomes(
        scene,
        ['b', 'c'].map((value) => producer.send('t', large(value))),
      ),
    ).toMatchObject([{ offset: 1 }, { offset: 2 }]);
    expect(values()).toEqual(['first', 'b', 'c']);
    await scene.settle(q.close());
  });

  it('Q2 stored, but not acknowledged in time: what follows needs no new epoch', async () => {
    const scene = new FakeScene();
    const { q, producer, values } = await start(scene, { deliveryTimeoutMs: 5_000 });
    scene.broker.faults = ({ api, point, request }) =>
      api === 'PRODUCE' && point === 'after' && request === 1 ? 'silence' : 'none';
    const results = await outcomes(scene, [producer.send('t', large('a'))]);
    expect(results).toMatchObject([{ code: 'DELIVERY_TIMED_OUT' }]);
    expect(await outcomes(scene, [producer.send('t', large('b'))])).toMatchObject([{ offset: 2 }]);
    expect(values()).toEqual(['first', 'a', 'b']);
    expect(scene.broker.requestsOf('INIT_PRODUCER')).toHaveLength(1);
    await scene.settle(q.close());
  });

  it('Q2 never sent: says that it was not stored', async () => {
    const scene = new FakeScene();
    const { q, producer, values } = await start(scene, { deliveryTimeoutMs: 5_000 });
    scene.network.isRefusing = true;
    scene.broker.cutAll();
    await scene.clock.advance(10);
    const [late] = await outcomes(scene, [producer.send('t', large('a'))]);
    expect(late).toMatchObject({
      code: 'DELIVERY_TIMED_OUT',
      details: { outcome: 'not-stored' },
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    scene.network.isRefusing = false;
    expect(await outcomes(scene, [producer.send('t', large('b'))])).toMatchObject([{ offset: 1 }]);
    expect(values()).toEqual(['first', 'b']);
    await scene.settle(q.close());
  });

  it('Q2 of an unknown topic while no broker answers: fails at its deadline too', async () => {
    const scene = new FakeScene();
    const { q, producer } = await start(scene, { deliveryTimeoutMs: 5_000 });
    scene.network.isRefusing = true;
    scene.broker.cutAll();
    const results = await outcomes(scene, [producer.send('other', large('a'))]);
    expect(results).toMatchObject([{ code: 'DELIVERY_TIMED_OUT', details: { outcome: 'not-stored' } }]);
    await scene.settle(q.close());
  });

  it('P4 gets another producer id when the broker says that its own is stale', async () => {
    const scene = new FakeScene();
    const { q, producer, values } = await start(scene);
    scene.broker.produceFaults = ({ request, point }) =>
      point === 'before' && request === 1 ? 'STALE_PRODUCER_EPOCH' : 'none';
    expect(
      await outcomes(
        scene,
        ['a', 'b'].map((value) => producer.send('t', large(value))),
      ),
    ).toMatchObject([{ offset: 1 }, { offset: 2 }]);
    expect(values()).toEqual(['first', 'a', 'b']);
    expect(scene.broker.requestsOf('INIT_PRODUCER')).toEqual([
      { producerId: -1, producerEpoch: -1, transactionalId: null, transactionTimeoutMs: -1 },
      { producerId: -1, producerEpoch: -1, transactionalId: null, transactionTimeoutMs: -1 },
    ]);
    await scene.settle(q.close());
  });

  it('P4 gives up on a batch that the broker always calls out of order', async () => {
    const scene = new FakeScene();
    const { q, producer } = await start(scene);
    scene.broker.produceFaults = ({ point }) => (point === 'before' ? 'OUT_OF_ORDER_SEQUENCE' : 'none');
    expect(await outcomes(scene, [producer.send('t', large('a'))])).toMatchObject([{ code: 'OUT_OF_ORDER_SEQUENCE' }]);
    await scene.settle(q.close());
  });
});

describe('a batch that is too large', () => {
  it('P5 is split until it fits, and every record gets its own offset', async () => {
    const scene = new FakeScene();
    const { q, producer, values } = await start(scene, { batchBytesMax: 10_000 });
    const topic = scene.broker.topics.get('t');
    if (topic === undefined) throw new Error('no topic');
    // The limit was lowered after the producer had heard of it.
    topic.maxMessageBytes = 300;
    const names = Array.from({ length: 20 }, (_, index) => `value ${index} ${'y'.repeat(50)}`);
    const results = await outcomes(
      scene,
      names.map((value) => producer.send('t', { key: 'k', value })),
    );
    expect(results).toMatchObject(names.map((_, index) => ({ offset: index + 1, duplicate: false })));
    expect(values()).toEqual(['first', ...names]);
    await scene.settle(q.close());
  });

  it('P5 of one record fails, with those of other batches untouched', async () => {
    const scene = new FakeScene();
    const { q, producer, values } = await start(scene, { batchBytesMax: 10_000 });
    const sends = [
      producer.send('t', { key: 'k', value: 'x'.repeat(2 << 20) }),
      producer.send('t', { key: 'k', value: 'small' }),
    ];
    expect(await outcomes(scene, sends)).toMatchObject([
      { code: 'RECORD_TOO_LARGE', details: { maxMessageBytes: 1 << 20 } },
      { offset: 1 },
    ]);
    expect(values()).toEqual(['first', 'small']);
    await scene.settle(q.close());
  });
});
