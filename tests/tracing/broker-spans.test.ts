import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WireConnection } from '../wire-connection.ts';
import { encodeBatch, Produce } from '@q/protocol';
import { InMemorySdk } from './in-memory-sdk.ts';

const sdk = InMemorySdk.register();
const application = trace.getTracer('application');

let broker: Broker;
beforeEach(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
});
afterEach(async () => {
  await broker.close();
  sdk.take();
});

function idsOf(spans: readonly ReadableSpan[]): string[] {
  return spans.map((span) => span.spanContext().spanId).toSorted();
}

describe('the broker', () => {
  it('O5 makes a span of a request within the trace of the record that it brings', async () => {
    await using q = await connect(broker.url, { clientId: 'shop' });
    await q.admin.createTopic('orders', { partitions: 1 });
    await q.producer().send('orders', { value: 'a table' });
    const spans = sdk.takeByName();
    const [send, produce] = [spans.get('send orders'), spans.get('produce orders')];
    expect(produce).toMatchObject({
      kind: SpanKind.SERVER,
      status: { code: SpanStatusCode.UNSET },
      parentSpanContext: { traceId: send?.spanContext().traceId, spanId: send?.spanContext().spanId, isRemote: true },
      attributes: {
        'messaging.system': 'q',
        'messaging.operation.name': 'produce',
        'messaging.destination.name': 'orders',
        'messaging.destination.partition.id': '0',
        'messaging.client.id': 'shop',
        'messaging.q.partitions': 1,
      },
    });
    expect(produce?.attributes['messaging.q.request.size']).toBeGreaterThan(61);
    expect(produce?.events.map(({ name }) => name)).toEqual(['appended']);
    expect(produce?.instrumentationScope.name).toBe('@q/broker');
  });

  it('O5 is linked to all traces of a request that brings several, in one of its own', async () => {
    await using q = await connect(broker.url);
    await q.admin.createTopic('orders', { partitions: 1 });
    const producer = q.producer();
    for (const name of ['1', '2', '3']) {
      application.startActiveSpan(`request ${name}`, (span) => {
        for (let at = 0; at < 20; at += 1) producer.enqueue('orders', { value: `${name}: ${at}` });
        span.end();
      });
    }
    await producer.flush();
    const spans = sdk.take();
    const requests = spans.filter(({ name }) => name.startsWith('request'));
    const produced = spans.filter(({ name }) => name === 'produce orders');
    expect(produced.map(({ parentSpanContext }) => parentSpanContext)).toEqual([undefined]);
    expect(produced[0]?.links.map(({ context }) => context.spanId).toSorted()).toEqual(idsOf(requests));
  });

  it('O5 makes none of records that belong to no sampled trace', async () => {
    await using q = await connect(broker.url);
    await q.admin.createTopic('orders', { partitions: 1 });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
    await q.producer().send('orders', { value: 'x', headers: { traceparent } });
    q.producer().enqueue('orders', { value: 'x' });
    await using untraced = await connect(broker.url, { tracing: false });
    await untraced
      .producer()
      .send('orders', { value: 'x', headers: { traceparent: traceparent.replace(/00$/, '01') } });
    expect(sdk.take().map(({ name }) => name)).toEqual(['send orders']);
  });

  it('O5 says in the span what it has refused', async () => {
    await using q = await connect(broker.url);
    await q.admin.createTopic('orders', { partitions: 1, config: { 'max.message.bytes': '1000' } });
    const { topicId } = await q.admin.describeTopic('orders');
    await using wire = await WireConnection.open(broker.url);
    const records = encodeBatch([{ value: 'x'.repeat(2_000) }]);
    const topics = [{ topicId, partitions: [{ partition: 0, leaderEpoch: -1, records }] }];
    const traceContexts = ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'];
    await wire.call(Produce, { timeoutMs: 1_000, topics, traceContexts }, Produce.versions.max);
    const [produce] = sdk.take();
    expect(produce?.name).toBe('produce orders');
    expect(produce?.status.code).toBe(SpanStatusCode.ERROR);
    expect(produce?.attributes['error.type']).toBe('RECORD_TOO_LARGE');
  });

  it('O5 takes no offence at contexts that are none, nor at many', async () => {
    await using q = await connect(broker.url);
    await q.admin.createTopic('orders', { partitions: 1 });
    const { topicId } = await q.admin.describeTopic('orders');
    await using wire = await WireConnection.open(broker.url);
    const records = encodeBatch([{ value: 'x' }]);
    const call = async (traceContexts: readonly string[]): Promise<number | undefined> => {
      const partitions = [{ partition: 0, leaderEpoch: -1, records }];
      const body = { timeoutMs: 1_000, topics: [{ topicId, partitions }], traceContexts };
      const answer = await wire.call(Produce, body, Produce.versions.max);
      return answer.topics[0]?.partitions[0]?.errorCode;
    };
    expect(await call(['', 'garbage', `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`])).toBe(0);
    expect(sdk.take()).toEqual([]);
    const many = Array.from({ length: 500 }, (_, at) => `00-${'1'.repeat(32)}-${String(at + 1).padStart(16, '0')}-01`);
    expect(await call(many)).toBe(0);
    expect(sdk.take().map(({ links }) => links.length)).toEqual([16]);
  });

  it('O5 makes no spans where it is told so', async () => {
    await broker.close();
    broker = await startBroker({ storage: 'memory', port: 0, admin: false, tracing: false });
    await using q = await connect(broker.url);
    await q.admin.createTopic('orders', { partitions: 1 });
    await q.producer().send('orders', { value: 'a table' });
    expect(sdk.take().map(({ name }) => name)).toEqual(['send orders']);
    await expect(startBroker({ storage: 'memory', port: 0, admin: false, tracing: 1 as never })).rejects.toThrow(
      'tracing',
    );
  });
});
