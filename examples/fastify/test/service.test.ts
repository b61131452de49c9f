import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import type { ProducerOptions, Q } from '@q/client';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureOrders, Orders } from '../src/orders.ts';
import { createService } from '../src/service.ts';

let broker: Broker;
let q: Q;
let app: FastifyInstance | undefined;

beforeEach(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  q = await connect(broker.url);
  await ensureOrders(q);
});

afterEach(async () => {
  await app?.close();
  await q.close();
  await broker.close();
});

function serve(options?: ProducerOptions): FastifyInstance {
  app = createService(q.producer(options));
  return app;
}

const lamps = { method: 'POST', url: '/customers/ann/orders', payload: { item: 'lamp', quantity: 2 } } as const;

describe('the HTTP service', () => {
  it('answers once the order is stored, and says how safe it is', async () => {
    const answer = await serve().inject(lamps);
    expect(answer.statusCode).toBe(201);
    const { partition, offset, durability } = answer.json<{ partition: number; offset: number; durability: string }>();
    expect(durability).toBe('memory'); // of this broker; 'fsync' of one with a disk
    for await (const order of q.consumer(Orders, { stopAtEnd: true })) {
      expect(order).toMatchObject({ partition, offset, key: 'ann', value: { item: 'lamp', quantity: 2 } });
    }
  });

  it('stores an order once that is posted again under the same key', async () => {
    const service = serve();
    const request = { ...lamps, headers: { 'idempotency-key': 'order-1' } };
    const [first, second] = [await service.inject(request), await service.inject(request)];
    expect([first.statusCode, second.statusCode]).toEqual([201, 200]);
    expect(second.json()).toEqual(first.json());
  });

  it('refuses an order that does not match the topic, and says why', async () => {
    const answer = await serve().inject({ ...lamps, payload: { item: 'lamp', quantity: -2 } });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual({
      code: 'SCHEMA_MISMATCH',
      message: expect.stringMatching(/^quantity: /) as string,
    });
  });

  it('leaves other errors to Fastify', async () => {
    const answer = await serve().inject({ ...lamps, payload: '{', headers: { 'content-type': 'application/json' } });
    expect(answer.statusCode).toBe(400);
  });

  it('asks to come back later while the broker is away', async () => {
    await broker.close();
    const answer = await serve({ deliveryTimeoutMs: 100 }).inject(lamps);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json()).toMatchObject({ code: 'DELIVERY_TIMED_OUT' });
  });
});
