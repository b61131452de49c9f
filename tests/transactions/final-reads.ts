import { setTimeout as sleep } from 'node:timers/promises';
import type { Q } from '@q/client';
import type { FinalPartition } from '../simulation/transactions/transaction-check.ts';
import type { SeenRecord } from '../simulation/transactions/committed-reads.ts';
import { killTopics } from './kill-topics.ts';
import type { KnownHistory } from './known-history.ts';

const lastKey = 'last';

/** All committed records. Where a transaction is open nobody can tell what is held back behind the last of them. */
export async function readCommitted(q: Q): Promise<FinalPartition[]> {
  const finals: FinalPartition[] = [];
  for (const { name: topic, partitions } of killTopics) {
    const records: SeenRecord[][] = Array.from({ length: partitions }, () => []);
    for await (const { partition, offset, key, value } of q.consumer(topic, { stopAtEnd: true, maxWaitMs: 10 }))
      records[partition]!.push({ offset, key: String(key), value: String(value) });
    for (const [partition, seen] of records.entries())
      finals.push({ topic, partition, logStartOffset: 0, readTo: (seen.at(-1)?.offset ?? -1) + 1, records: seen });
  }
  return finals;
}

/**
 * The same once no transaction is open any more: a last record in each partition must come through.
 * @throws Error where something hangs for `limitMs`
 */
export async function readEverything(q: Q, o: { history: KnownHistory; limitMs: number }): Promise<FinalPartition[]> {
  await writeLasts(q, o.history);
  for (const deadlineMs = Date.now() + o.limitMs; ; await sleep(200)) {
    const finals = await readCommitted(q);
    const missing = finals.filter(({ records }) => records.at(-1)?.key !== lastKey);
    if (missing.length === 0) return finals;
    const places = missing.map(({ topic, partition }) => `${topic}/${partition}`);
    if (Date.now() > deadlineMs) throw new Error(`a transaction holds these back for ever: ${places.join(', ')}`);
  }
}

async function writeLasts(q: Q, history: KnownHistory): Promise<void> {
  await using producer = q.producer();
  for (const { name: topic, partitions } of killTopics)
    for (let partition = 0; partition < partitions; partition += 1) {
      const value = `last of ${topic}/${partition}`;
      history.plainSent.add(value);
      const { offset } = await producer.send(topic, { partition, key: lastKey, value });
      history.plain.set(value, { topic, partition, offset });
    }
}
