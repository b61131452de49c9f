/**
 * Finds where the records of leader epochs end (row B1). A reader whose last record is of an epoch that ends below its
 * place has read what was lost since, and goes back to that end.
 */
import type { QError } from '@q/protocol';
import type { Asking } from '../../caller.ts';
import { toPartitionError } from '../../errors/wire-error.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import { demand, topicNamed } from '../access/access.ts';
import type { Access } from '../access/access.ts';
import { epochEnd } from '../topics/epoch-history.ts';
import { checkLeaderEpoch, checkPartitionCount, requirePartition, requireTopicId } from '../topics/partition-lookup.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';

/** The end that is looked for in one partition. */
export interface SoughtEpoch {
  readonly partition: number;
  /** The leader epoch that the caller believes in; -1: it does not say. */
  readonly currentLeaderEpoch: number;
  /** The epoch of the records whose end is looked for. */
  readonly leaderEpoch: number;
}

/** The answer for one partition. */
export interface FoundEpoch {
  readonly partition: number;
  readonly error: QError | null;
  /** The epoch that was asked for, or the one before that has records; -1 when it is not known, or after an error. */
  readonly leaderEpoch: number;
  /** -1 when the epoch is not known, or after an error. */
  readonly endOffset: number;
}

export interface EpochLookupOptions {
  readonly registry: TopicRegistry;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
  readonly access: Access;
}

export class EpochLookup {
  readonly #options: EpochLookupOptions;

  constructor(options: EpochLookupOptions) {
    this.#options = options;
  }

  /** One list for each topic, in the order of the request. @throws QError INVALID_REQUEST (too many partitions) */
  find(
    topics: readonly { readonly topicId: string; readonly partitions: readonly SoughtEpoch[] }[],
    caller: Asking,
  ): FoundEpoch[][] {
    checkPartitionCount(topics, this.#options.limits);
    return topics.map(({ topicId, partitions }) => partitions.map((sought) => this.#find({ topicId, sought }, caller)));
  }

  #find({ topicId, sought }: { readonly topicId: string; readonly sought: SoughtEpoch }, caller: Asking): FoundEpoch {
    const { registry, logger, access } = this.#options;
    const { partition, currentLeaderEpoch, leaderEpoch } = sought;
    try {
      const topic = requireTopicId(registry, topicId);
      demand(access, caller, { operation: 'describe', resource: topicNamed(topic.name) });
      const place = requirePartition(topic, partition);
      checkLeaderEpoch(place, currentLeaderEpoch);
      const found = epochEnd(place, leaderEpoch);
      return { partition, error: null, leaderEpoch: found?.epoch ?? -1, endOffset: found?.endOffset ?? -1 };
    } catch (thrown) {
      return { partition, error: toPartitionError(thrown, logger), leaderEpoch: -1, endOffset: -1 };
    }
  }
}
