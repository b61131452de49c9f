import { connect } from '@q/client';
import { ensureOrders, Orders } from './orders.ts';

await using q = await connect(process.env['Q_URL'] ?? 'q://localhost:7420', { clientId: 'orders-worker' });
await ensureOrders(q);

// Start it as often as you like: the members of a group share the partitions. Orders of one customer stay in order.
const consumer = q.consumer(Orders, { group: 'packing', concurrency: { by: 'key', max: 8 } });

// Takes no more orders, finishes those in hand, commits, and hands its partitions on at once. Then `run` returns.
process.once('SIGTERM', () => void consumer.close());
process.once('SIGINT', () => void consumer.close());

// A handler that throws ends `run` with its error, and the program with exit code 1. A restart tries the order again.
const { abandoned } = await consumer.run(({ key, value, partition, offset }) => {
  // At least once: do your work so that it may be done twice. Partition and offset name the order for ever.
  console.log(`packed ${value.quantity} ${value.item} for ${key} (order ${partition}/${offset})`);
});
console.log(`stopped, ${abandoned} orders will be delivered again`);
