import { startBroker } from '@q/broker';
import { connect } from '@q/client';

// Closed by themselves at the end of the block, in reverse order.
await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
await using q = await connect(broker.url);

await q.admin.createTopic('orders', { partitions: 3 });
await using producer = q.producer();
const { offset } = await producer.send('orders', { key: 'customer-7', value: 'two lamps' });
console.log(`stored at offset ${offset}`); // stored at offset 0
