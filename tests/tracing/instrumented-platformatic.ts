/*
 * As instrumented-kafkajs.ts, with @platformatic/kafka and the instrumentation of its makers.
 */
import { trace } from '@opentelemetry/api';
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { KafkaInstrumentation, processWithTracing } from '@platformatic/kafka-opentelemetry';
import { InMemorySdk } from './in-memory-sdk.ts';

const sdk = InMemorySdk.register();
const instrumentation = new KafkaInstrumentation();
instrumentation.setTracerProvider(trace.getTracerProvider());
instrumentation.enable();

const [bootstrap = '', action, topic = ''] = process.argv.slice(2);
const common = { clientId: 'app', bootstrapBrokers: [bootstrap] };
if (action === 'send') {
  const producer = new Producer({ ...common, serializers: stringSerializers });
  await producer.send({ messages: [{ topic, value: 'of platformatic' }] });
  await producer.close();
} else {
  const consumer = new Consumer({ ...common, groupId: 'app', deserializers: stringDeserializers });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
  for await (const message of stream) {
    await processWithTracing(message, async () => undefined);
    break;
  }
  await consumer.close(true);
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
