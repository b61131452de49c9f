import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { startBroker } from '@q/broker';
import { connect } from '@q/client';
import type { ConsumerOptions, Message, Q, TracingOptions } from '@q/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InMemorySdk } from './in-memory-sdk.ts';

const sdk = InMemorySdk.register();
const application = trace.getTracer('application');
const traceparentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;

let broker: Awaited<ReturnType<typeof startBroker>>;
let q: Q;
beforeEach(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false, tracing: false });
  q = await connect(broker.url, { clientId: 'shop' });
  await q.admin.createTopic('orders', { partitions: 1 });
});
afterEach(async () => {
  await q.close();
  await broker.close();
  sdk.take();
});

/** Another client of the same broker. */
async function connected(tracing: TracingOptions | boolean): Promise<Q> {
  await q.close();
  q = await connect(broker.url, { clientId: 'shop', tracing });
  return q;
}

async function stored(options: ConsumerOptions = {}): Promise<Message[]> {
  await using plain = await connect(broker.url, { tracing: false });
  const messages: Message[] = [];
  for await (const message of plain.consumer('orders', { from: 'earliest', stopAtEnd: true, ...options }))
    messages.push(message);
  return messages;
}

function headersOf(message: Message | undefined): Record<string, string> {
  return Object.fromEntries((message?.headers ?? []).map(({ key, value }) => [key, String(value)]));
}

function traceparentOf(span: ReadableSpan | undefined): string {
  const { traceId, spanId } = span!.spanContext();
  return `00-${traceId}-${spanId}-01`;
}

function linksOf(span: ReadableSpan | undefined): string[] {
  return span!.links.map((link) => `00-${link.context.traceId}-${link.context.spanId}-01`);
}

/** A group consumer handles one message, and closes. */
async function runOnce(handler: (message: Message) => unknown): Promise<void> {
  const consumer = q.consumer('orders', { group: 'billing' });
  await consumer.run(async (message) => {
    void consumer.close();
    await handler(message);
  });
}

describe('the producer', () => {
  it('O5 sends within a span whose context goes with the record', async () => {
    const { offset } = await q.producer().send('orders', { value: 'a table', messageId: 'o-1' });
    const [span, ...others] = sdk.take();
    expect(others).toEqual([]);
    expect(span).toMatchObject({
      name: 'send orders',
      kind: SpanKind.PRODUCER,
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'messaging.system': 'q',
        'messaging.operation.name': 'send',
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'orders',
        'messaging.destination.partition.id': '0',
        'messaging.q.offset': offset,
        'messaging.message.id': 'o-1',
        'messaging.client.id': 'shop',
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(broker.url).port),
      },
    });
    const [message] = await stored();
    expect(headersOf(message)).toMatchObject({ traceparent: traceparentOf(span) });
    expect(traceparentOf(span)).toMatch(traceparentPattern);
  });

  it('O5 sends within the span that is active, and takes its baggage along', async () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
    await context.with(propagation.setBaggage(ROOT_CONTEXT, baggage), () =>
      application.startActiveSpan('POST /orders', async (span) => {
        await q.producer().send('orders', { value: 'a lamp', headers: { kind: 'new' } });
        span.end();
      }),
    );
    const spans = sdk.takeByName();
    expect(spans.get('send orders')?.parentSpanContext?.spanId).toBe(spans.get('POST /orders')?.spanContext().spanId);
    expect(headersOf((await stored())[0])).toEqual({
      kind: 'new',
      traceparent: traceparentOf(spans.get('send orders')),
      baggage: 'tenant=acme',
    });
  });

  it('O5 gives the records of a batch the one span that sends them', async () => {
    await q.producer().sendBatch('orders', [{ value: '1' }, { value: '2' }, { value: '3' }]);
    const [span, ...others] = sdk.take();
    expect(others).toEqual([]);
    expect(span).toMatchObject({
      name: 'send orders',
      kind: SpanKind.PRODUCER,
      attributes: { 'messaging.batch.message_count': 3, 'messaging.destination.partition.id': '0' },
    });
    const contexts = (await stored()).map((message) => headersOf(message)['traceparent']);
    expect(contexts).toEqual([traceparentOf(span), traceparentOf(span), traceparentOf(span)]);
  });

  it('O5 makes a span of each record of a batch where that is wanted, and links the send to them', async () => {
    await connected({ createSpans: true });
    await q.producer().sendBatch('orders', [{ value: '1' }, { value: '2' }]);
    const spans = sdk.take();
    const created = spans.filter(({ name }) => name === 'create orders');
    const send = spans.find(({ name }) => name === 'send orders');
    expect(created.map(({ kind }) => kind)).toEqual([SpanKind.PRODUCER, SpanKind.PRODUCER]);
    expect(created[0]?.attributes['messaging.operation.type']).toBe('create');
    expect(send?.kind).toBe(SpanKind.CLIENT);
    expect(linksOf(send)).toEqual(created.map(traceparentOf));
    expect((await stored()).map((message) => headersOf(message)['traceparent'])).toEqual(created.map(traceparentOf));
  });

  it('O5 gives records that nobody waits for the context of the span that is active, and none without', async () => {
    const producer = q.producer();
    producer.enqueue('orders', { value: 'before' });
    await application.startActiveSpan('import', async (span) => {
      for (const value of ['1', '2']) producer.enqueue('orders', { value });
      await producer.flush();
      span.end();
    });
    const [span, ...others] = sdk.take();
    expect(others).toEqual([]);
    const contexts = (await stored()).map((message) => headersOf(message)['traceparent']);
    expect(contexts).toEqual([undefined, traceparentOf(span), traceparentOf(span)]);
  });

  it('O5 leaves a context alone that a record has already, and links to it', async () => {
    const own = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await q.producer().send('orders', { value: 'x', headers: { traceparent: own, tracestate: 'vendor=1' } });
    await q.producer().send('orders', { value: 'y', headers: { Traceparent: 'not for us' } });
    const [first, second] = sdk.take();
    expect(linksOf(first)).toEqual([own]);
    expect(linksOf(second)).toEqual([]);
    expect((await stored()).map(headersOf)).toEqual([
      { traceparent: own, tracestate: 'vendor=1' },
      { Traceparent: 'not for us' },
    ]);
  });

  it('O5 says in the span what was refused', async () => {
    const producer = q.producer();
    await expect(producer.send('no-such-topic', { value: 'x' })).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    await expect(producer.sendBatch('orders', [{ value: 'x', partition: 7 }])).rejects.toMatchObject({
      code: 'UNKNOWN_PARTITION',
    });
    expect(sdk.take().map(({ status, attributes }) => [status.code, attributes['error.type']])).toEqual([
      [SpanStatusCode.ERROR, 'UNKNOWN_TOPIC'],
      [SpanStatusCode.ERROR, 'UNKNOWN_PARTITION'],
    ]);
  });

  it('O5 refuses what is no record in the words that it has without a tracer', async () => {
    const wrong: unknown[] = [
      null,
      { valeu: 'x' },
      { value: 'x', headers: new Map() },
      { value: 'x', headers: [null] },
      {
        get headers() {
          throw new Error('no');
        },
      },
    ];
    await using untraced = await connect(broker.url, { tracing: false });
    const [traced, plain] = [q.producer(), untraced.producer()];
    const textOf = (thrown: unknown): string => String(thrown);
    for (const record of wrong) {
      const expected = await plain.send('orders', record as never).catch(textOf);
      expect(await traced.send('orders', record as never).catch(textOf)).toBe(expected);
      expect(await traced.sendBatch('orders', [record as never]).catch(textOf)).toMatch(/records\[0\]/);
      expect(() => traced.enqueue('orders', record as never)).toThrow();
    }
    await traced.close();
  });
});

describe('a consumer in a group', () => {
  it('O5 handles a message in the trace that sent it, with the context active', async () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
    await context.with(propagation.setBaggage(ROOT_CONTEXT, baggage), () =>
      q.producer().send('orders', { value: 'a table' }),
    );
    let tenant: string | undefined;
    await runOnce(async () => {
      await Promise.resolve();
      application.startSpan('charge').end();
      tenant = propagation.getActiveBaggage()?.getEntry('tenant')?.value;
    });
    const spans = sdk.takeByName();
    const [send, process, charge] = ['send orders', 'process orders', 'charge'].map((name) => spans.get(name));
    expect(process).toMatchObject({
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.system': 'q',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'orders',
        'messaging.destination.partition.id': '0',
        'messaging.q.offset': 0,
        'messaging.consumer.group.name': 'billing',
        'messaging.client.id': 'shop',
      },
    });
    expect(process?.parentSpanContext).toMatchObject({ spanId: send?.spanContext().spanId, isRemote: true });
    expect(linksOf(process)).toEqual([traceparentOf(send)]);
    expect(charge?.parentSpanContext?.spanId).toBe(process?.spanContext().spanId);
    expect(tenant).toBe('acme');
  });

  it('O5 commits within a span of its own', async () => {
    await q.producer().send('orders', { value: 'a table' });
    await runOnce(() => undefined);
    const commit = sdk.takeByName().get('commit orders');
    expect(commit).toMatchObject({
      kind: SpanKind.CLIENT,
      parentSpanContext: undefined,
      attributes: {
        'messaging.operation.type': 'settle',
        'messaging.consumer.group.name': 'billing',
        'messaging.destination.partition.id': '0',
        'messaging.q.offset': 1,
      },
    });
  });

  it('O5 handles within the span that is active where there is one, and is linked to the sender', async () => {
    await q.producer().send('orders', { value: 'a table' });
    await application.startActiveSpan('batch job', async (span) => {
      await runOnce(() => undefined);
      span.end();
    });
    const spans = sdk.takeByName();
    expect(spans.get('process orders')?.parentSpanContext?.spanId).toBe(spans.get('batch job')?.spanContext().spanId);
    expect(linksOf(spans.get('process orders'))).toEqual([traceparentOf(spans.get('send orders'))]);
  });

  it('O5 begins a trace of its own for each message where that is wanted', async () => {
    await connected({ process: 'link' });
    await q.producer().send('orders', { value: 'a table' });
    await runOnce(() => undefined);
    const spans = sdk.takeByName();
    expect(spans.get('process orders')?.parentSpanContext).toBeUndefined();
    expect(linksOf(spans.get('process orders'))).toEqual([traceparentOf(spans.get('send orders'))]);
  });

  it('O5 says in the span what the handler threw', async () => {
    await q.producer().send('orders', { value: 'a table' });
    const running = q.consumer('orders', { group: 'billing' }).run(() => {
      throw new TypeError('no such customer');
    });
    await expect(running).rejects.toThrow('no such customer');
    const process = sdk.takeByName().get('process orders');
    expect(process?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no such customer' });
    expect(process?.attributes['error.type']).toBe('TypeError');
    expect(process?.events.map(({ name }) => name)).toEqual(['exception']);
  });

  it.each([
    ['garbage', Buffer.from('garbage')],
    ['all zeros', Buffer.from('00-00000000000000000000000000000000-00f067aa0ba902b7-01')],
    ['of no version', Buffer.from('ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')],
    ['too long for its version', Buffer.from('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra')],
    ['empty', Buffer.alloc(0)],
    ['no text', Buffer.from([0xff, 0xfe, 0x00])],
    ['huge', Buffer.alloc(10_000, 'a')],
    ['null', null],
  ])('O5 handles a message whose traceparent is %s, without a parent', async (_what, value) => {
    await q.producer().send('orders', { value: 'x', headers: [{ key: 'traceparent', value }] });
    let handled = 0;
    await runOnce(() => (handled += 1));
    expect(handled).toBe(1);
    const process = sdk.takeByName().get('process orders');
    expect(process?.parentSpanContext).toBeUndefined();
    expect(process?.links).toEqual([]);
  });

  it('O5 takes the last of several contexts, and whatever case its key has', async () => {
    const [first, last] = ['1', '2'].map((digit) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`);
    const headers = [
      { key: 'traceparent', value: Buffer.from(first!) },
      { key: 'TraceParent', value: Buffer.from(last!) },
    ];
    await q.producer().send('orders', { value: 'x', headers });
    await runOnce(() => undefined);
    expect(linksOf(sdk.takeByName().get('process orders'))).toEqual([last]);
  });
});

describe('a loop', () => {
  it('O5 receives each message within a span, and handles it in another one with traced', async () => {
    await q.producer().send('orders', { value: '1' });
    const consumer = q.consumer('orders', { from: 'earliest', stopAtEnd: true });
    for await (const message of consumer)
      await consumer.traced(message, async () => {
        await Promise.resolve();
        application.startSpan('charge').end();
      });
    const spans = sdk.takeByName();
    const send = traceparentOf(spans.get('send orders'));
    expect(spans.get('receive orders')).toMatchObject({
      kind: SpanKind.CLIENT,
      attributes: { 'messaging.operation.type': 'receive', 'messaging.q.offset': 0 },
    });
    expect(linksOf(spans.get('receive orders'))).toEqual([send]);
    expect(linksOf(spans.get('process orders'))).toEqual([send]);
    expect(spans.get('charge')?.parentSpanContext?.spanId).toBe(spans.get('process orders')?.spanContext().spanId);
  });

  it('O5 makes no span of receiving what belongs to no trace that anybody keeps', async () => {
    await using untraced = await connect(broker.url, { tracing: false });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
    await untraced.producer().sendBatch('orders', [{ value: '1' }, { value: '2', headers: { traceparent } }]);
    const loop = async (): Promise<void> => {
      for await (const _message of q.consumer('orders', { from: 'earliest', stopAtEnd: true }));
      for await (const _batch of q.consumer('orders', { from: 'earliest', stopAtEnd: true }).batches());
    };
    await loop();
    expect(sdk.take()).toEqual([]);
    await application.startActiveSpan('report', async (span) => {
      await loop();
      span.end();
    });
    const received = sdk.take().filter(({ name }) => name === 'receive orders');
    expect(received.map(({ links }) => links.length)).toEqual([0, 1, 1]);
  });

  it('O5 links a batch to all that sent its records, and has none of them for a parent', async () => {
    const producer = q.producer();
    for (const value of ['1', '2', '3']) {
      application.startActiveSpan(`request ${value}`, (span) => {
        for (const part of ['a', 'b']) producer.enqueue('orders', { value: `${value}${part}` });
        span.end();
      });
    }
    await producer.flush();
    const requests = sdk.take();
    const consumer = q.consumer('orders', { group: 'billing' });
    for await (const batch of consumer.batches()) {
      expect(consumer.traced(batch, ({ recordsCount }) => recordsCount)).toBe(6);
      batch.ack();
      break;
    }
    const spans = sdk.takeByName();
    for (const name of ['receive orders', 'process orders']) {
      expect(spans.get(name)?.parentSpanContext, name).toBeUndefined();
      expect(linksOf(spans.get(name)), name).toEqual(requests.map(traceparentOf));
      expect(spans.get(name)?.attributes['messaging.batch.message_count'], name).toBe(6);
    }
  });
});

describe('a client that does not trace', () => {
  it('O5 writes no header, makes no span, and calls what traced is given', async () => {
    await connected(false);
    await application.startActiveSpan('request', async (span) => {
      await q.producer().send('orders', { value: 'x' });
      span.end();
    });
    const consumer = q.consumer('orders', { from: 'earliest', stopAtEnd: true });
    for await (const message of consumer) expect(consumer.traced(message, ({ headers }) => headers)).toEqual([]);
    expect(sdk.take().map(({ name }) => name)).toEqual(['request']);
  });
});
