/**
 * A program that carries out transfers, each once: `bank-worker.ts URL SLOT`. There is one of each slot at a time;
 * whoever comes after a killed one fences what that has left.
 */
import { connect } from '@q/client';
import { bankGroup, decode, encode, ledgerTopic, partitionOf, transfersTopic } from './bank-topics.ts';
import type { Transfer } from './bank-topics.ts';

const [url, slot] = process.argv.slice(2);
const q = await connect(url!, { retry: { maxMs: 100 }, connectTimeoutMs: 60_000 });
const producer = q.producer({ transactionalId: `bank-${slot}`, transactionTimeoutMs: 3_000 });
const consumer = q.consumer(transfersTopic, { group: bankGroup, autoCommit: false, sessionTimeoutMs: 2_000 });
process.once('SIGTERM', () => void consumer.close());
await consumer.process(producer, { maxRecords: 50, maxMs: 10 }, async (orders, tx) => {
  for (const order of orders) {
    const { id, from, to, amount } = decode<Transfer>(order.value);
    const carriedOut = `${order.partition}/${order.offset} by ${slot} in process ${process.pid}`;
    const entries = [
      { id, account: from, amount: -amount, carriedOut },
      { id, account: to, amount, carriedOut },
    ];
    for (const entry of entries)
      tx.enqueue(ledgerTopic, { partition: partitionOf(entry.account), key: id, value: encode(entry) });
    await tx.ready();
  }
});
await producer.close();
await q.close();
