/**
 * Deletes the oldest records of partitions: moves their starts up (row T1, `topic trim`).
 */
import { QError } from '@q/protocol';
import { toPartitionError } from '../../errors/wire-error.ts';
import type { BrokerLogger } from '../../logger.ts';
import { requirePartition } from './partition-lookup.ts';
import type { TopicRegistry } from './topic-registry.ts';
import { refuseInternal, unknownTopic } from './topic-rules.ts';
import type { Topic } from './topic.ts';

/** A partition whose oldest records are to go. */
export interface DeletionWish {
  readonly partition: number;
  /** Records below it go. `end`: all that are durable. */
  readonly before: number | 'end';
}

/** What became of a wish: an error, or null and the new beginning of the partition. */
export interface DeletionResult {
  readonly partition: number;
  readonly error: QError | null;
  /** Where the partition begins now; -1 when that is not known. */
  readonly logStartOffset: number;
}

export class RecordDeletion {
  readonly #registry: TopicRegistry;
  readonly #logger: BrokerLogger;

  constructor(options: { registry: TopicRegistry; logger: BrokerLogger }) {
    this.#registry = options.registry;
    this.#logger = options.logger;
  }

  /** @throws QError UNKNOWN_TOPIC, INVALID_REQUEST (internal topic) */
  async delete(name: string, wishes: readonly DeletionWish[]): Promise<DeletionResult[]> {
    const topic = this.#registry.byName(name);
    if (topic === undefined) throw unknownTopic(name);
    refuseInternal(name, 'trimmed');
    return await Promise.all(wishes.map((wish) => this.#delete(topic, wish)));
  }

  async #delete(topic: Topic, { partition: index, before }: DeletionWish): Promise<DeletionResult> {
    let logStartOffset = -1;
    try {
      const log = requirePartition(topic, index).requireLog();
      ({ logStartOffset } = log);
      const { highWatermark } = log;
      const offset = before === 'end' ? highWatermark : before;
      if (offset < 0 || offset > highWatermark) throw outOfRange(topic, { index, offset, highWatermark });
      // Below the start there is nothing left to delete.
      if (offset > logStartOffset) logStartOffset = await log.deleteBefore(offset);
      return { partition: index, error: null, logStartOffset };
    } catch (thrown) {
      return { partition: index, error: toPartitionError(thrown, this.#logger), logStartOffset };
    }
  }
}

function outOfRange({ name }: Topic, where: { index: number; offset: number; highWatermark: number }): QError {
  const { index, offset, highWatermark } = where;
  const message = `partition ${index} of topic ${name} can be trimmed up to ${highWatermark}, not to ${offset}`;
  return new QError('OFFSET_OUT_OF_RANGE', message);
}
