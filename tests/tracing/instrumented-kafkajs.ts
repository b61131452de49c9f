/*
 * kafkajs with OpenTelemetry's own instrumentation, as an application has it:
 *
 *   node tests/tracing/instrumented-kafkajs.ts HOST:PORT send|read TOPIC
 *
 * Prints the span that it made, in one line of JSON.
 */
import { createRequire } from 'node:module';
import { trace } from '@opentelemetry/api';
import { KafkaJsInstrumentation } from '@opentelemetry/instrumentation-kafkajs';
import type * as KafkaJs from 'kafkajs';
import { InMemorySdk } from './in-memory-sdk.ts';

const sdk = InMemorySdk.register();
const instrumentation = new KafkaJsInstrumentation();
instrumentation.setTracerProvider(trace.getTracerProvider());

// It changes what `require` gives, once it is there.
const { Kafka, logLevel } = createRequire(import.meta.url)('kafkajs') as typeof KafkaJs;
const [bootstrap = '', action, topic = ''] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'app', brokers: [bootstrap], logLevel: logLevel.NOTHING });

if (action === 'send') {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: 'of kafkajs' }] });
  await producer.disconnect();
} else {
  const consumer = kafka.consumer({ groupId: 'app', sessionTimeout: 10_000 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.run({ eachMessage: async () => resolve() });
  await promise;
  await consumer.disconnect();
}
const [span] = sdk.take().filter(({ name }) => name.includes(topic));
console.log(
  JSON.stringify({
    name: span?.name,
    traceId: span?.spanContext().traceId,
    spanId: span?.spanContext().spanId,
    parentSpanId: span?.parentSpanContext?.spanId,
    linked: span?.links.map(({ context }) => context.spanId),
  }),
);
