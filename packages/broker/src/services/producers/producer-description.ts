/**
 * What partitions remember of their idempotent producers.
 */
import type { QError } from '@q/protocol';
import type { LogProducer } from '@q/storage';
import { toPartitionError } from '../../errors/wire-error.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import { AnswerRoom } from '../groups/answer-room.ts';
import { checkPartitionCount, requirePartition } from '../topics/partition-lookup.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { unknownTopic } from '../topics/topic-rules.ts';

/** Partitions of one topic that somebody asks about. */
export interface SoughtProducers {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** The producers of one partition, or why they cannot be told. */
export interface PartitionProducers {
  readonly partition: number;
  readonly error: QError | null;
  readonly producers: readonly LogProducer[];
}

export interface ProducerDescriptionOptions {
  readonly registry: TopicRegistry;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
}

/** At most, whatever the protocol. */
const producerBytes = 48;
const partitionBytes = 16;

export class ProducerDescription {
  readonly #options: ProducerDescriptionOptions;

  constructor(options: ProducerDescriptionOptions) {
    this.#options = options;
  }

  /** One list for each topic, in the order of the request. @throws QError INVALID_REQUEST (too many partitions) */
  describe(sought: readonly SoughtProducers[]): PartitionProducers[][] {
    checkPartitionCount(sought, this.#options.limits);
    const room = new AnswerRoom(this.#options.limits);
    return sought.map(({ topic, partitions }) =>
      partitions.map((partition) => this.#describe({ topic, partition }, room)),
    );
  }

  #describe({ topic: name, partition }: { topic: string; partition: number }, room: AnswerRoom): PartitionProducers {
    const { registry, logger } = this.#options;
    try {
      const topic = registry.byName(name);
      if (topic === undefined) throw unknownTopic(name);
      room.take(partitionBytes);
      const producers: LogProducer[] = [];
      for (const producer of requirePartition(topic, partition).requireLog().producers()) {
        room.take(producerBytes);
        producers.push(producer);
      }
      return { partition, error: null, producers };
    } catch (thrown) {
      return { partition, error: toPartitionError(thrown, logger), producers: [] };
    }
  }
}
