/**
 * Finds transactions that are open in a partition and that nobody would end: a crash came between their records and
 * what was to be noted of them. Looked for at the start, and again with each round of maintenance, as partitions come
 * back.
 */
import { isPrepared, outcomeOf } from '@q/coordinator';
import type { Outcome, Transaction } from '@q/coordinator';
import type { OpenTransaction } from '@q/storage';
import type { BrokerLogger } from '../../logger.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Partition } from '../topics/topic.ts';
import type { OutcomeTeller } from './outcome-teller.ts';
import type { TransactionDirectory } from './transaction-directory.ts';

export interface HangingTransactionsOptions {
  readonly registry: Pick<TopicRegistry, 'topics'>;
  readonly directory: TransactionDirectory;
  readonly teller: Pick<OutcomeTeller, 'mark'>;
  readonly logger: BrokerLogger;
  /** The partition belongs to the transaction that its producer has now. */
  readonly found: (transaction: Transaction, place: { readonly topicId: string; readonly partition: number }) => void;
}

export class HangingTransactions {
  readonly #options: HangingTransactionsOptions;
  #isLooking = false;

  constructor(options: HangingTransactionsOptions) {
    this.#options = options;
  }

  /** Never rejects: what cannot be ended is found again. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const ends: Promise<void>[] = [];
    for (const topic of this.#options.registry.topics()) {
      for (const partition of topic.partitions)
        for (const open of openIn(partition)) ends.push(...this.#judge(partition, open));
    }
    await Promise.allSettled(ends);
    this.#isLooking = false;
  }

  #judge(partition: Partition, open: OpenTransaction): Promise<void>[] {
    const transaction = this.#options.directory.findByProducer(open.producerId)?.newest ?? null;
    const place = { topicId: partition.topic.id, partition: partition.index };
    const verdict = verdictOn(open, transaction);
    if (verdict === 'goes on') return [];
    if (verdict === 'is of the present one') {
      this.#options.found(transaction!, place);
      return [];
    }
    return [this.end(partition, open, verdict)];
  }

  /** Ends what is open in a partition, there alone. Durable when it resolves. */
  async end(partition: Partition, open: OpenTransaction, outcome: Outcome): Promise<void> {
    const { teller, logger } = this.#options;
    const { producerId, producerEpoch } = open;
    await teller.mark(partition, { producerId, producerEpoch: producerEpoch + 1, outcome });
    logger.warn(
      {
        event: 'transaction.hanging_ended',
        topic: partition.topic.name,
        partition: partition.index,
        producerId,
        firstOffset: open.firstOffset,
        outcome,
      },
      'a transaction was open in a partition, and nobody would have ended it',
    );
  }
}

function openIn({ log, topic, trouble }: Partition): Iterable<OpenTransaction> {
  return log === null || trouble !== null || topic.internal ? [] : [...log.openTransactions()];
}

/** What becomes of what is open in a partition. */
export function verdictOn(
  open: OpenTransaction,
  transaction: Transaction | null,
): Outcome | 'goes on' | 'is of the present one' {
  if (transaction === null) return 'abort';
  const { producer, previous } = transaction;
  const isOfProducer = producer.producerId === open.producerId;
  if (isPrepared(transaction)) return 'goes on';
  // That it is found again where it is known changes nothing.
  if (isOfProducer && open.producerEpoch === producer.producerEpoch) return 'is of the present one';
  const isOfPrevious = previous?.producerId === open.producerId && previous.producerEpoch === open.producerEpoch;
  // Nothing of it was acknowledged where it is not the last one that has ended.
  return isOfPrevious ? (outcomeOf(transaction) ?? 'abort') : 'abort';
}
