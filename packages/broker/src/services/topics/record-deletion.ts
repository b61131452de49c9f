/**
 * Deletes the oldest records of partitions: moves their starts up (row T1, `topic trim`).
 */
import { QError } from '@q/protocol';
import type { Clock } from '../../clock.ts';
import { toPartitionError } from '../../errors/wire-error.ts';
import type { BrokerLimits } from '../../limits.ts';
import { authorOf } from '../../caller.ts';
import type { Author } from '../../caller.ts';
import type { BrokerLogger } from '../../logger.ts';
import { noAudit } from '../audit/audit.ts';
import type { AuditNotes } from '../audit/audit.ts';
import { checkPartitionCount, requirePartition } from './partition-lookup.ts';
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

/** Wishes of one request that are granted at once. Others have their turn before the next ones. */
const deletionsAtOnce = 64;

export class RecordDeletion {
  readonly #registry: TopicRegistry;
  readonly #clock: Pick<Clock, 'defer'>;
  readonly #limits: Pick<BrokerLimits, 'partitionsMax'>;
  readonly #logger: BrokerLogger;
  readonly #audit: AuditNotes;

  constructor(options: {
    registry: TopicRegistry;
    clock: Pick<Clock, 'defer'>;
    limits: Pick<BrokerLimits, 'partitionsMax'>;
    logger: BrokerLogger;
    audit?: AuditNotes;
  }) {
    this.#registry = options.registry;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#logger = options.logger;
    this.#audit = options.audit ?? noAudit;
  }

  /** @throws QError UNKNOWN_TOPIC, INVALID_REQUEST (internal topic, too many partitions) */
  async delete(name: string, wishes: readonly DeletionWish[], by?: Author): Promise<DeletionResult[]> {
    const topic = this.#registry.byName(name);
    if (topic === undefined) throw unknownTopic(name);
    refuseInternal(name, 'trimmed');
    checkPartitionCount([{ partitions: wishes }], this.#limits);
    const results: DeletionResult[] = [];
    while (results.length < wishes.length) {
      if (results.length > 0) await new Promise<void>((resolve) => this.#clock.defer(resolve));
      const some = wishes.slice(results.length, results.length + deletionsAtOnce);
      results.push(...(await Promise.all(some.map((wish) => this.#delete(topic, wish, by)))));
    }
    return results;
  }

  #tell(
    { name: topic }: Topic,
    trimmed: { readonly partition: number; readonly logStartOffset: number; readonly before: number },
    by: Author | undefined,
  ): void {
    const { partition, logStartOffset, before } = trimmed;
    this.#audit.note({
      event: 'audit.records_deleted',
      by: by ?? null,
      operation: 'delete',
      resource: { type: 'topic', name: topic },
      before: { partition, logStartOffset: before },
      after: { partition, logStartOffset },
    });
    this.#logger.info(
      { event: 'topic.trimmed', topic, partition, logStartOffset, ...(by && authorOf(by)) },
      'records of a partition were deleted by command',
    );
  }

  async #delete(
    topic: Topic,
    { partition: index, before: wanted }: DeletionWish,
    by: Author | undefined,
  ): Promise<DeletionResult> {
    let logStartOffset = -1;
    try {
      const log = requirePartition(topic, index).requireLog();
      ({ logStartOffset } = log);
      const { highWatermark } = log;
      const offset = wanted === 'end' ? highWatermark : wanted;
      if (offset < 0 || offset > highWatermark) throw outOfRange(topic, { index, offset, highWatermark });
      // At the start or below it, too: what an earlier deletion could not remove from the disk is tried again.
      const before = logStartOffset;
      logStartOffset = await log.deleteBefore(offset);
      if (logStartOffset > before) this.#tell(topic, { partition: index, logStartOffset, before }, by);
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
