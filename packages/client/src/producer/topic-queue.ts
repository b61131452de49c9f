import { QError, partitionForKey } from '@q/protocol';

import type { TopicMetadata } from '../cluster/topic-metadata.ts';
import { Queue } from '../queue.ts';
import type { Random } from '../random.ts';
import { shown } from '../shown.ts';
import type { Encoded } from '../topic/serde.ts';
import type { Delivery } from './delivery.ts';
import type { OutgoingBatch, OutgoingQueue } from './outgoing-batch.ts';
import { PartitionQueue } from './partition-queue.ts';
import type { Partitioner } from './partitioner.ts';
import type { PlainRecord } from './record.ts';
import { checkPartition } from './record-check.ts';

/** A record that cannot go into a batch yet. */
export interface ParkedRecord {
  /** Null while its schema is still looking at it. */
  record: PlainRecord | null;
  /** Its schema refused it. */
  error: QError | null;
  readonly delivery: Delivery | null;
  bytes: number;
  readonly deadlineMs: number;
  readonly epoch: number;
  /** How often its topic had been asked for anew when it came. */
  readonly asks: number;
}

export interface TopicQueueOptions {
  readonly name: string;
  readonly random: Random;
  readonly partitioner: Partitioner | undefined;
  readonly windowMax: number;
  readonly idempotent: boolean;
}

/**
 * One topic of a producer: its partitions' queues, and the records that wait for being let into one.
 *
 * Invariants
 * - Records are parked only behind each other: while one is parked, every later record of the topic is too. So parking
 *   never changes the order.
 * - `partitions[n]` is partition n, and stays the same object as long as the producer knows the topic.
 */
export class TopicQueue {
  readonly name: string;
  readonly parked: Queue<ParkedRecord> = new Queue<ParkedRecord>();
  /** Whether there are any in `parked`. A field of its own: it is asked for with every record. */
  hasParked = false;
  metadata: TopicMetadata | null = null;
  /** It is compacted by key. */
  requiresKey = false;
  /** Forgets the listener for metadata; null: there is none yet. */
  unwatch: (() => void) | null = null;
  /** How often it was asked for anew because of a record, and up to which time it has been answered. */
  asks = 0;
  answeredAsks = 0;
  /** An answer is on its way; the record that it is for is the first that is parked. */
  isAsking = false;
  /**
   * Monotonic, of the records that were parked and are in batches that may still gather; infinite if there are none.
   */
  earliestDeadlineMs: number = Number.POSITIVE_INFINITY;
  readonly #options: TopicQueueOptions;
  #partitions: OutgoingQueue[] = [];
  /**
   * Where records without a key go until their batch is gone: full batches are worth more than an even spread in the
   * small.
   */
  #sticky: OutgoingQueue | null = null;
  #stickyBatch: OutgoingBatch | null = null;

  constructor(options: TopicQueueOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get topicId(): string {
    return this.metadata?.topicId ?? '';
  }

  get partitions(): readonly OutgoingQueue[] {
    return this.#partitions;
  }

  get maxMessageBytes(): number {
    return this.metadata?.maxMessageBytes ?? 0;
  }

  /** Takes over what the brokers say. Returns the queues whose leader is another one now. */
  update(metadata: TopicMetadata): OutgoingQueue[] {
    const isOther = this.metadata !== null && this.metadata.topicId !== metadata.topicId;
    this.metadata = metadata;
    this.requiresKey = metadata.cleanupPolicy.includes('compact');
    const moved: OutgoingQueue[] = [];
    for (const { partition, leaderId, leaderEpoch } of metadata.partitions) {
      let queue = this.#partitions[partition];
      if (queue === undefined) {
        queue = new PartitionQueue<OutgoingBatch>({
          topic: this,
          partition,
          windowMax: this.#options.windowMax,
          idempotent: this.#options.idempotent,
        });
        this.#partitions.push(queue);
      }
      if (isOther || queue.leaderId !== leaderId) queue.startSlowly();
      if (queue.leaderId !== leaderId) moved.push(queue);
      queue.leaderId = leaderId;
      queue.leaderEpoch = leaderEpoch;
    }
    return moved;
  }

  /**
   * The partition that the record asks for, or that its key belongs to, or its message id: partitions know repeats each
   * by itself. Null if it may go anywhere.
   */
  chosenFor(record: PlainRecord, key: Encoded): OutgoingQueue | null {
    if (record.partition !== undefined) {
      checkPartition(record.partition);
      return this.#partition(record.partition);
    }
    const { partitioner } = this.#options;
    if (partitioner !== undefined) return this.#chosenBy(partitioner, key, record.messageId ?? null);
    const by = key ?? record.messageId ?? null;
    return by === null ? null : (this.#partitions[partitionForKey(by, this.#partitions.length)] as OutgoingQueue);
  }

  /** Where the last record without a key went, as long as its batch still gathers. */
  sticky(): OutgoingQueue | null {
    return this.#sticky !== null && this.#sticky.open === this.#stickyBatch ? this.#sticky : null;
  }

  /**
   * Another partition for records without a key, by chance: each is as likely as any other, one with a leader before
   * one without.
   */
  nextSticky(): OutgoingQueue {
    const count = this.#partitions.length;
    const current = this.#sticky?.partition ?? count;
    const choices = current < count && count > 1 ? count - 1 : count;
    const choice = Math.floor(this.#options.random.next() * choices);
    const start = choices < count && choice >= current ? choice + 1 : choice;
    for (let step = 0; step < count; step += 1) {
      const queue = this.#partitions[(start + step) % count] as OutgoingQueue;
      if (queue.leaderId !== -1) return queue;
    }
    return this.#partitions[start] as OutgoingQueue;
  }

  stickTo(queue: OutgoingQueue): void {
    this.#sticky = queue;
    this.#stickyBatch = queue.open;
  }

  #partition(partition: number): OutgoingQueue {
    const queue = this.#partitions[partition];
    if (queue !== undefined) return queue;
    throw new QError(
      'UNKNOWN_PARTITION',
      `Topic "${this.name}" has no partition ${partition}, which record.partition names; it has 0 to ${this.#partitions.length - 1}`,
      {
        details: { topic: this.name, partition, partitions: this.#partitions.length, field: 'partition' },
      },
    );
  }

  /** It was told how many there are, so that whatever is wrong with its choice is its own mistake. */
  #chosenBy(partitioner: Partitioner, key: Encoded, messageId: string | null): OutgoingQueue {
    const partitions = this.#partitions.length;
    let choice: unknown;
    try {
      const bytes = typeof key === 'string' ? Buffer.from(key) : key;
      choice = partitioner({ topic: this.name, key: bytes, messageId, partitions });
    } catch (cause) {
      throw new QError('INVALID_CONFIG', `producer.partitioner failed for a record of topic "${this.name}"`, {
        cause,
        details: { option: 'partitioner', topic: this.name },
      });
    }
    const queue = Number.isSafeInteger(choice) ? this.#partitions[choice as number] : undefined;
    if (queue !== undefined) return queue;
    throw new QError(
      'INVALID_CONFIG',
      `producer.partitioner chose ${shown(choice)} for a record of topic "${this.name}"; use 0 to ${partitions - 1}`,
      {
        details: { option: 'partitioner', topic: this.name, partitions },
      },
    );
  }
}
