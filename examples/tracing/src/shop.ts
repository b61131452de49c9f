import { trace } from '@opentelemetry/api';
import { connect } from '@q/client';

const tracer = trace.getTracer('shop');

await using q = await connect(process.argv[2] ?? process.env['Q_URL'] ?? 'q://localhost:7420', { clientId: 'shop' });
await q.admin.ensureTopic('orders');

// What an HTTP server's instrumentation does for each request.
const { traceId } = await tracer.startActiveSpan('POST /orders', async (span) => {
  await q.producer().send('orders', { key: 'customer-7', value: 'a table' }); // the span "send orders" is its child
  span.end();
  return span.spanContext();
});
console.log(`ordered, in trace ${traceId}`);

// Any other process: nothing but the headers of the record connects the two.
const consumer = q.consumer('orders', { group: 'billing' });
await consumer.run(async (message) => {
  await tracer.startActiveSpan('charge', async (span) => {
    console.log(`${String(message.key)} ordered ${String(message.value)}, in trace ${span.spanContext().traceId}`);
    span.end();
  });
  void consumer.close();
});
