/**
 * DescribeProducers: the idempotent producers that partitions remember (row B1).
 */
import type { DoorTools, PartitionProducers, Services } from '@q/broker';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { describeProducers } from '../messages/describe-producers.ts';
import type { AnswerOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { refuseTooManyTopics } from './one-by-one.ts';
import { missingTopic } from './topic-answers.ts';

type Partition = AnswerOf<typeof describeProducers>['topics'][number]['partitions'][number];

export function describeProducersHandler(
  { producers }: Pick<Services, 'producers'>,
  tools: Pick<DoorTools, 'limits'>,
): Handler {
  return handler(describeProducers, {
    handle: ({ topics }, { caller }) => {
      const refusal = refuseTooManyTopics(topics, tools);
      if (refusal !== null) return refusal;
      const sought = topics.map(({ name, partitionIndexes }) => ({ topic: name, partitions: partitionIndexes }));
      const described = producers.describe(sought, caller);
      return {
        topics: topics.map(({ name }, index) => ({
          name,
          partitions: described[index]!.map((partition) => partitionOf(name, partition)),
        })),
      };
    },
  });
}

function partitionOf(topic: string, { partition, error, producers }: PartitionProducers): Partition {
  const refusal = error === null ? null : missingTopic(topic, error);
  return {
    partitionIndex: partition,
    errorCode: refusal?.code ?? kafkaErrorCode.NONE,
    errorMessage: refusal?.message ?? null,
    activeProducers: producers.map((producer) => ({
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      lastSequence: producer.lastSequence,
      lastTimestamp: producer.lastTimestampMs,
      coordinatorEpoch: producer.coordinatorEpoch,
      currentTxnStartOffset: producer.transactionFirstOffset,
    })),
  };
}
