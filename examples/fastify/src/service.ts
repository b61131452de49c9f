import { QError, SchemaIssues } from '@q/client';
import type { Producer } from '@q/client';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { Orders } from './orders.ts';
import type { Order } from './orders.ts';
import type { z } from 'zod';

interface PostOrder {
  Params: { customer: string };
  Headers: { 'idempotency-key'?: string };
  Body: z.input<typeof Order>; // a claim of the caller's: the topic checks it when it is sent
}

/** The HTTP service. It owns no connection, so that a test can give it any producer. */
export function createService(producer: Producer): FastifyInstance {
  const app = Fastify();

  // Fastify closes the connections that are idle when it closes. A caller that gets its answer later has to be told to
  // leave, or `close` would wait for it, up to 72 seconds.
  let isClosing = false;
  app.addHook('preClose', async () => void (isClosing = true));
  app.addHook('onSend', async (_request, reply) => void (isClosing && reply.header('connection', 'close')));

  app.post<PostOrder>('/customers/:customer/orders', async (request, reply) => {
    // Resolves once the record is as safe as the topic asks: on disk, unless it says otherwise. So may the answer.
    const { partition, offset, durability, duplicate } = await producer.send(Orders, {
      key: request.params.customer,
      value: request.body,
      messageId: request.headers['idempotency-key'],
    });
    return reply.code(duplicate ? 200 : 201).send({ partition, offset, durability });
  });

  app.setErrorHandler((error, _request, reply) => {
    if (!QError.is(error)) return reply.send(error); // Fastify's own, such as a body that is no JSON
    if (error.cause instanceof SchemaIssues) {
      return reply.code(400).send({ code: error.code, message: error.cause.message });
    }
    // The broker is away or busy. The client tried again for `deliveryTimeoutMs`; the caller may, later, with
    // an Idempotency-Key: what timed out may be stored all the same (`error.details.outcome`).
    if (error.retriable || error.code === 'DELIVERY_TIMED_OUT') {
      return reply.code(503).header('retry-after', '2').send({ code: error.code, message: error.message });
    }
    return reply.code(500).send({ code: error.code, message: 'The order could not be stored.' });
  });
  return app;
}
