import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startBroker } from '@q/broker';
import { connect } from '@q/client';
import { Orders, Parcels, startShipping } from '../src/shipping.ts';

it('makes a parcel for each piece', async (t) => {
  // Closed in reverse order when the test is over, whatever its outcome: the service with its client, then the broker.
  await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  await using q = await connect(broker.url);

  const weigh = t.mock.fn(() => Promise.resolve(700));
  await startShipping(q, weigh);
  await q.producer().send(Orders, { key: 'ann', value: { item: 'lamp', quantity: 1 } });

  for await (const { key, value } of q.consumer(Parcels)) {
    assert.deepEqual({ key, value }, { key: 'ann', value: { item: 'lamp', grams: 700 } });
    break; // the loop would wait for more
  }
  assert.equal(weigh.mock.callCount(), 1);
});

it('has an order again that it could not handle', async () => {
  await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  await using q = await connect(broker.url);

  const failing = await startShipping(q, () => Promise.reject(new Error('the scale is broken')));
  const failed = assert.rejects(failing.done, /the scale is broken/);
  await q.producer().send(Orders, { key: 'ann', value: { item: 'lamp', quantity: 1 } });
  await failed;

  await startShipping(q, () => Promise.resolve(700));
  for await (const { value } of q.consumer(Parcels)) {
    assert.equal(value.item, 'lamp');
    break;
  }
});
