import { connect } from '@q/client';

// Everything is closed at the end of the block, in reverse order, after what is buffered has been delivered.
await using q = await connect(process.argv[2] ?? process.env['Q_URL'] ?? 'q://localhost:7420');
await q.admin.ensureTopic('orders'); // makes it unless it is there, with the broker's defaults

await using producer = q.producer();
const { partition, offset, durability } = await producer.send('orders', { key: 'customer-7', value: 'two lamps' });
console.log(`stored at ${partition}/${offset} (${durability})`); // once it is acknowledged it is on disk: fsync

await using consumer = q.consumer('orders', { from: 'earliest' });
for await (const { key, value } of consumer) {
  console.log(`${String(key)} ordered ${String(value)}`); // customer-7 ordered two lamps
  break; // the loop would go on with whatever comes
}
