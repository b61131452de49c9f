import { topic } from '@q/client';
import type { Q } from '@q/client';
import { z } from 'zod';

export const Order = z.object({ item: z.string().min(1), quantity: z.number().int().positive() });

/** What both programs know of the topic. */
export const Orders = topic('orders', {
  key: z.string().min(1),
  value: Order,
  onInvalid: { deadLetter: 'orders-invalid' }, // a record that does not match cannot stop the worker for ever
});

/** Every program begins with it, so that they may be started in any order. */
export async function ensureOrders(q: Q): Promise<void> {
  // Within this time an order that is posted again under its Idempotency-Key is stored once.
  await q.admin.ensureTopic(Orders.name, { partitions: 4, config: { 'dedup.window.ms': '1h' } });
  await q.admin.ensureTopic('orders-invalid');
}
