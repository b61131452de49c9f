import type { Deduplication } from '../dedup/deduplication.ts';
import type { LogTransactions } from '../transactions/log-transactions.ts';
import type { ProducerEntry } from '../producers/producer-entry.ts';

/**
 * The producers of a log with their open transactions: what a snapshot has. Also those of which only an open
 * transaction is known, because others came after them.
 */
export function* producerEntries({
  dedup: { producers },
  transactions,
}: {
  readonly dedup: Pick<Deduplication, 'producers'>;
  readonly transactions: LogTransactions;
}): Iterable<ProducerEntry> {
  const known = new Set<number>();
  for (const producer of producers.entries()) {
    const currentTransactionFirstOffset = transactions.of(producer.producerId)?.firstOffset ?? -1;
    if (currentTransactionFirstOffset >= 0) known.add(producer.producerId);
    yield { ...producer, currentTransactionFirstOffset };
  }
  for (const { producerId, producerEpoch: epoch, firstOffset: currentTransactionFirstOffset } of transactions.open) {
    if (known.has(producerId)) continue;
    yield { producerId, epoch, batches: [], lastSeenMs: 0, coordinatorEpoch: -1, currentTransactionFirstOffset };
  }
}
