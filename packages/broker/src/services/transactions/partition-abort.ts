/**
 * Ends what hangs in one partition, for an operator who names it by its producer (row X3).
 *
 * Invariants
 *  1. Nothing ends but what is open there by that very producer, in that very epoch.
 *  2. What the coordinator knows as open ends as a whole: a part of it would be lost if the rest commits.
 *  3. What is decided stays as it was decided.
 */
import type { Transaction } from '@q/coordinator';
import { isPrepared } from '@q/coordinator';
import { QError } from '@q/protocol';
import type { OpenTransaction } from '@q/storage';
import type { Author } from '../../caller.ts';
import { requirePartition } from '../topics/partition-lookup.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { unknownTopic } from '../topics/topic-rules.ts';
import type { Partition } from '../topics/topic.ts';
import { verdictOn } from './hanging-transactions.ts';
import type { LiveTransaction } from './live-transaction.ts';
import type { TransactionDirectory } from './transaction-directory.ts';

/** Where something hangs, and whose it is. */
export interface HangingInPartition {
  readonly topic: string;
  readonly partition: number;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface PartitionAbortOptions {
  readonly registry: Pick<TopicRegistry, 'byName'>;
  readonly directory: Pick<TransactionDirectory, 'findByProducer'>;
  /** Ends what is open in the partition, and nowhere else. Durable when it resolves. */
  readonly endHere: (partition: Partition, open: OpenTransaction, by: Author) => Promise<void>;
  /** Aborts the transaction, the partition with it. Resolves when it is told. */
  readonly abortAll: (transaction: Transaction, partition: Partition, by: Author) => Promise<void>;
  /** Resolves when the outcome is told, or after a while. */
  readonly untilTold: (live: LiveTransaction) => Promise<void>;
}

export class PartitionAbort {
  readonly #options: PartitionAbortOptions;

  constructor(options: PartitionAbortOptions) {
    this.#options = options;
  }

  /** Resolves when the producer has nothing open there. @throws QError */
  async abort(hanging: HangingInPartition, by: Author): Promise<void> {
    const { directory, untilTold } = this.#options;
    if (this.#find(hanging) === null) return;
    const live = directory.findByProducer(hanging.producerId);
    if (live !== null && live.newest !== null && isPrepared(live.newest)) {
      if (live.newest.state === 'prepareCommit') throw decided();
      await untilTold(live);
    }
    // In one turn from here to the marker.
    const found = this.#find(hanging);
    if (found !== null) await this.#end(found, { transaction: live?.newest ?? null, by });
  }

  async #end(
    { partition, open }: { readonly partition: Partition; readonly open: OpenTransaction },
    { transaction, by }: { readonly transaction: Transaction | null; readonly by: Author },
  ): Promise<void> {
    const { endHere, abortAll } = this.#options;
    const verdict = verdictOn(open, transaction);
    if (verdict === 'commit') throw decided();
    if (verdict === 'goes on') throw stillEnding();
    if (verdict === 'abort') return endHere(partition, open, by);
    return abortAll(transaction!, partition, by);
  }

  /** What is open there. @throws QError where it is of another epoch, or there is no such partition */
  #find(hanging: HangingInPartition): { readonly partition: Partition; readonly open: OpenTransaction } | null {
    const { topic: name, partition: index, producerId, producerEpoch } = hanging;
    const topic = this.#options.registry.byName(name);
    if (topic === undefined) throw unknownTopic(name);
    const partition = requirePartition(topic, index);
    const open = partition.requireLog().openTransactionOf(producerId);
    if (open === null) return null;
    if (open.producerEpoch === producerEpoch) return { partition, open };
    const message = `producer ${producerId} has a transaction open there in epoch ${open.producerEpoch}, not ${producerEpoch}`;
    throw new QError('STALE_PRODUCER_EPOCH', message, { details: { producerId, got: producerEpoch } });
  }
}

function decided(): QError {
  const message = 'it is decided that the transaction commits: the broker tells the partition so by itself';
  return new QError('INVALID_TRANSACTION_STATE', message);
}

function stillEnding(): QError {
  return new QError('CONCURRENT_TRANSACTIONS', 'the transaction of this producer is still ending; send again');
}
