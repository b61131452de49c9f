/** Producers of transactions at the Kafka door, and what readers of committed records see, over a real socket. */
import { iterateBatches, iterateRecords, readBatchHeader } from '@q/protocol';
import { expect } from 'vitest';
import { addPartitionsToTxn } from '../src/messages/add-partitions-to-txn.ts';
import { initProducerId } from '../src/messages/init-producer-id.ts';
import { listOffsets } from '../src/messages/list-offsets.ts';
import { offsetFetch } from '../src/messages/offset-fetch.ts';
import { fetchFrom, partitionsOf } from './fetching.ts';
import type { Stage } from './fetching.ts';
import type { RawClient } from './harness.ts';
import { batchOf, inTransaction, sendOne, stamped } from './producing.ts';

export const transactionalId = 'billing-1';
export const group = 'billing';

export interface Producer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export async function begin(client: RawClient, transactionTimeoutMs = 60_000, id = transactionalId): Promise<Producer> {
  const asked = { transactionalId: id, transactionTimeoutMs };
  const { errorCode, producerId, producerEpoch } = await client.ask(initProducerId, 5, asked);
  expect(errorCode).toBe(0);
  return { producerId, producerEpoch };
}

/** Writes to partition 0 as a client of this version of Produce; gives the error. */
export async function write(
  { client, topicId }: Stage,
  { producerId: id, producerEpoch: epoch }: Producer,
  { text, version, sequence = 0 }: { readonly text: string; readonly version: number; readonly sequence?: number },
): Promise<number> {
  const batch = inTransaction(stamped(batchOf(text), { id, epoch, sequence }));
  return (await sendOne(client, version < 13 ? { name: 'orders' } : { topicId }, batch, { version })).errorCode;
}

export async function add({ client }: Stage, producer: Producer, partitions: readonly number[], topic = 'orders') {
  const topics = [{ name: topic, partitions }];
  const { results } = await client.ask(addPartitionsToTxn, 3, { transactionalId, ...producer, topics });
  return results.flatMap((each) => each.results.map(({ errorCode }) => errorCode));
}

/** What a reader of committed records gets from the start on: it leaves out what the answer says is aborted. */
export async function committed({ client, topicId }: Stage) {
  const [read] = partitionsOf(await fetchFrom(client, [{ topicId }], { isolationLevel: 1 }));
  const aborted = new Map(read!.abortedTransactions!.map(({ producerId, firstOffset }) => [producerId, firstOffset]));
  const texts: string[] = [];
  for (const batch of iterateBatches(Buffer.concat(read!.records ?? []))) {
    const header = readBatchHeader(batch);
    if (header.isControl) {
      aborted.delete(header.producerId);
      continue;
    }
    if (header.isTransactional && header.baseOffset >= (aborted.get(header.producerId) ?? Infinity)) continue;
    for (const { value } of iterateRecords(batch)) texts.push(String(value));
  }
  return { texts, lastStableOffset: read!.lastStableOffset, highWatermark: read!.highWatermark };
}

export async function endOffset({ client }: Stage, isolationLevel: number): Promise<number> {
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
  const answer = await client.ask(listOffsets, 6, { replicaId: -1, isolationLevel, topics });
  return answer.topics[0]!.partitions[0]!.offset;
}

export async function groupOffset({ client }: Stage, requireStable: boolean) {
  const groups = [{ groupId: group, topics: [{ name: 'orders', partitionIndexes: [0] }] }];
  const answer = await client.ask(offsetFetch, 9, { groups, requireStable });
  const { committedOffset, errorCode } = answer.groups[0]!.topics[0]!.partitions[0]!;
  return { committedOffset, errorCode };
}

export const commitOf = (committedOffset: number) => ({
  transactionalId,
  groupId: group,
  topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: null }] }],
});
