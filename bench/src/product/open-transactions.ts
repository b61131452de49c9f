/* Opens many transactions, each with a record on the disk, and ends none of them. */
import { connect } from '@q/client';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface OpenTransactionsOptions {
  readonly url: string;
  readonly topic: string;
  readonly partitions: number;
  readonly transactions: number;
}

/** Longer than the measurement takes. */
const transactionTimeoutMs = 600_000;

const { url, topic, partitions, transactions } = workerOptions<OpenTransactionsOptions>();
const q = await connect(url);
await q.admin.createTopic(topic, { partitions });

async function open(index: number): Promise<void> {
  const isWritten = Promise.withResolvers<void>();
  const producer = q.producer({ transactionalId: `open-${index}`, transactionTimeoutMs });
  const whole = producer.transaction(async (tx) => {
    await tx.send(topic, { value: 'open', partition: index % partitions });
    isWritten.resolve();
    await new Promise<never>(() => {});
  });
  await Promise.race([isWritten.promise, whole]);
}

await Promise.all(Array.from({ length: transactions }, (_, index) => open(index)));
await report('result');
