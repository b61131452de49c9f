import { connect } from '@q/client';
import { ensureOrders } from './orders.ts';
import { createService } from './service.ts';

const q = await connect(process.env['Q_URL'] ?? 'q://localhost:7420', { clientId: 'orders-http' });
await ensureOrders(q);

// Less than the caller's own patience: it should get the 503, and not hang up.
const app = createService(q.producer({ deliveryTimeoutMs: 5_000 }));

async function stop(): Promise<void> {
  await app.close(); // takes no more requests, and answers those that it has: what they sent is acknowledged
  await q.close();
}
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());

console.log(`listening on ${await app.listen({ port: Number(process.env['PORT'] ?? 3000) })}`);
