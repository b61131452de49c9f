/**
 * Who keeps others waiting: transactions that have not ended, and what waits for them.
 */
import { countPartitions, isPrepared } from '@q/coordinator';
import type { ProducerIdentity, Transaction } from '@q/coordinator';
import type { OpenTransaction } from '@q/storage';
import type { HoldingTransaction } from '../health/facts.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Topic } from '../topics/topic.ts';
import type { TransactionDirectory } from './transaction-directory.ts';

/** A partition that readers of committed records do not get to the end of. */
export interface HeldPartition {
  readonly partition: number;
  /** Readers of committed records get what is below it, others what is below `highWatermark`. */
  readonly lastStableOffset: number;
  readonly highWatermark: number;
  /** Whose transaction is the first one that is open there. */
  readonly producer: ProducerIdentity;
  /** That transaction; null: nobody knows of it, and the broker ends it by itself. */
  readonly transaction: Transaction | null;
}

/** What names of topics in a finding are cut to. */
const topicsMax = 5;

/** Partitions of a topic that open transactions hold back, by their numbers. */
export function heldPartitions(topic: Topic, directory: TransactionDirectory): HeldPartition[] {
  return topic.partitions.flatMap(({ index, log }) => {
    if (log === null || log.lastStableOffset >= log.highWatermark) return [];
    const [first] = log.openTransactions();
    // Its marker is there, and not durable yet.
    if (first === undefined) return [];
    const { producerId, producerEpoch } = first;
    return [
      {
        partition: index,
        lastStableOffset: log.lastStableOffset,
        highWatermark: log.highWatermark,
        producer: { producerId, producerEpoch },
        transaction: ownerOf(first, directory),
      },
    ];
  });
}

function ownerOf({ producerId, producerEpoch }: OpenTransaction, directory: TransactionDirectory): Transaction | null {
  const newest = directory.findByProducer(producerId)?.newest ?? null;
  if (newest === null || newest.startedMs === null) return null;
  const writers = isPrepared(newest) ? [newest.producer, newest.previous] : [newest.producer];
  const isOwner = writers.some((each) => each?.producerId === producerId && each.producerEpoch === producerEpoch);
  return isOwner ? newest : null;
}

/** Those that have not ended for so long, the oldest first. */
export function holdingLongest(
  directory: TransactionDirectory,
  {
    registry,
    nowMs,
    leastMs,
    countMax,
  }: {
    readonly registry: Pick<TopicRegistry, 'byId'>;
    readonly nowMs: number;
    readonly leastMs: number;
    readonly countMax: number;
  },
): HoldingTransaction[] {
  const old: Transaction[] = [];
  for (const { newest } of directory.all())
    if (newest !== null && newest.startedMs !== null && nowMs - newest.startedMs >= leastMs) old.push(newest);
  old.sort((left, right) => left.startedMs! - right.startedMs!);
  return old.slice(0, countMax).map((transaction) => {
    const { transactionalId, state, producer, partitions, offsets, timeoutMs } = transaction;
    return {
      transactionalId,
      state,
      ...producer,
      timeoutMs,
      forMs: nowMs - transaction.startedMs!,
      sinceMs: transaction.startedWallMs!,
      partitions: countPartitions(partitions),
      topics: [...partitions.keys()].slice(0, topicsMax).flatMap((topicId) => registry.byId(topicId)?.name ?? []),
      groups: [...offsets.keys()].slice(0, topicsMax),
    };
  });
}
