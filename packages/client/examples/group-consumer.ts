import { connect } from '@q/client';

await using q = await connect(process.argv[2] ?? process.env['Q_URL'] ?? 'q://localhost:7420');
await q.admin.ensureTopic('invoices', { partitions: 4 });
await using producer = q.producer();
await producer.sendBatch(
  'invoices',
  Array.from({ length: 100 }, (_, index) => ({ key: `customer-${index % 10}`, value: `invoice ${index}` })),
);

// Start this program several times: its members share the partitions, and what one has committed no other one gets
// again.
const consumer = q.consumer('invoices', { group: 'billing', from: 'earliest' });
consumer.on('revoked', ({ partitions }) => console.log(`gave up partitions ${partitions.join(', ')}`));
consumer.on('stalled', ({ sinceMs, unacked }) =>
  console.error(`no progress for ${sinceMs} ms, ${unacked} messages in work`),
);
process.once('SIGTERM', () => void consumer.close());

let handled = 0;
for await (const message of consumer) {
  // message.signal aborts when the partition is taken away while you work on it.
  handled += 1;
  message.ack(); // committed within a second, and when the consumer closes or gives the partition up
  if (handled === 100) process.kill(process.pid, 'SIGTERM'); // as a deployment would
}
const { drained, abandoned } = await consumer.closed; // everything is committed, and the group has been left
console.log(`handled ${handled}, ${drained} of them while closing, ${abandoned} will be delivered again`);
