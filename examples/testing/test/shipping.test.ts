import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Orders, Parcels, startShipping } from '../src/shipping.ts';
import type { Weigh } from '../src/shipping.ts';

let broker: Broker;
let q: Q;

// A real broker, in this process and in memory: some milliseconds to start, on a free port.
beforeEach(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  q = await connect(broker.url);
});

afterEach(async () => {
  await q.close();
  await broker.close();
});

/** Waits for as many parcels as are expected: no sleeping, and no guess how long the service takes. */
async function parcels(count: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { key, value } of q.consumer(Parcels)) {
    if (found.push({ key, ...value }) === count) break;
  }
  return found;
}

it('makes a parcel for each piece', async () => {
  const weigh = vi.fn<Weigh>().mockResolvedValue(700);
  const shipping = await startShipping(q, weigh);
  await q.producer().send(Orders, { key: 'ann', value: { item: 'lamp', quantity: 2 } });
  const parcel = { key: 'ann', item: 'lamp', grams: 700 };
  expect(await parcels(2)).toEqual([parcel, parcel]);
  expect(weigh).toHaveBeenCalledExactlyOnceWith('lamp');

  await shipping.close();
  // It has acknowledged what it did: the group goes on behind it.
  expect(await q.admin.groupOffsets('shipping')).toMatchObject([{ topic: 'orders', offset: 1 }]);
});

it('has an order again that it could not handle', async () => {
  const failing = await startShipping(q, () => Promise.reject(new Error('the scale is broken')));
  const sent = q.producer().send(Orders, { key: 'ann', value: { item: 'lamp', quantity: 1 } });
  await expect(failing.done).rejects.toThrow('the scale is broken');
  await sent;

  await startShipping(q, () => Promise.resolve(700)); // closed with the client
  expect(await parcels(1)).toEqual([{ key: 'ann', item: 'lamp', grams: 700 }]);
});
