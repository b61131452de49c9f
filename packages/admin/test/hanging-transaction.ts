import { connect } from '@q/client';
import { onTestFinished } from 'vitest';
import { adminBroker } from './harness.ts';
import type { AdminBroker, AdminBrokerOptions } from './harness.ts';

/** A broker, and what hangs in it. */
export interface Hanging {
  readonly admin: AdminBroker;
  /** Lets its program try to commit. */
  readonly goOn: () => void;
  /** What became of it, in the eyes of its producer. */
  readonly outcome: Promise<unknown>;
}

/** A transaction of two partitions that nobody ends, and a record of somebody else behind it. */
export async function withHanging(options: AdminBrokerOptions = {}): Promise<Hanging> {
  const admin = await adminBroker(options);
  await admin.send('POST', '/api/v1/topics', { name: 'orders', partitions: 3 });
  const q = await connect(admin.broker.url);
  const goOn = Promise.withResolvers<void>();
  onTestFinished(async () => {
    goOn.resolve();
    await q.close();
  });
  const producer = q.producer({ transactionalId: 'billing-1' });
  const hangs = Promise.withResolvers<void>();
  const outcome = producer.transaction(async (tx) => {
    await tx.send('orders', { value: 'a', partition: 0 });
    await tx.send('orders', { value: 'b', partition: 2 });
    hangs.resolve();
    await goOn.promise;
  });
  outcome.catch(() => undefined);
  await Promise.race([hangs.promise, outcome]);
  await admin.send('POST', '/api/v1/topics/orders/records?partition=2', { records: [{ value: 'waits' }] });
  return { admin, goOn: goOn.resolve, outcome };
}
