import { topic } from '@q/client';
import type { Q } from '@q/client';
import { z } from 'zod';

const Order = z.object({ item: z.string(), quantity: z.number().int() });
const Parcel = z.object({ item: z.string(), grams: z.number() });
export const Orders = topic('orders', { key: z.string(), value: Order });
export const Parcels = topic('parcels', { key: z.string(), value: Parcel });

/** What the service asks somebody else, which a test answers itself. */
export type Weigh = (item: string) => Promise<number>;

export interface Shipping {
  /** Rejects with what ended the service, such as a scale that fails; resolves after `close`. */
  readonly done: Promise<unknown>;
  /** Finishes the orders in hand and commits. */
  close(): Promise<unknown>;
}

/** The service: makes a parcel for each piece of an order. It is given its client, so that a test can give another. */
export async function startShipping(q: Q, weigh: Weigh): Promise<Shipping> {
  await q.admin.ensureTopic(Orders.name);
  await q.admin.ensureTopic(Parcels.name);
  const producer = q.producer();
  const consumer = q.consumer(Orders, { group: 'shipping' });
  const done = consumer.run(async ({ key, value: { item, quantity } }) => {
    const grams = await weigh(item);
    await producer.sendBatch(
      Parcels,
      Array.from({ length: quantity }, () => ({ key, value: { item, grams } })),
    );
  });
  return { done, close: () => consumer.close() };
}
