/**
 * OffsetForLeaderEpoch: where the records of a leader epoch end, for readers that want to know whether what they have
 * read is still there (row B1).
 */
import type { DoorTools, FoundEpoch, Services } from '@q/broker';
import { kafkaErrorCode, toKafkaErrorByName } from '../errors/kafka-errors.ts';
import type { AnswerOf } from '../messages/api.ts';
import { offsetForLeaderEpoch } from '../messages/offset-for-leader-epoch.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { noUuid } from '../wire/scalars.ts';
import { refuseTooManyPartitions } from './one-by-one.ts';
import { missingTopicCodeOf } from './wanted-topic.ts';

type AnsweredPartition = AnswerOf<typeof offsetForLeaderEpoch>['topics'][number]['partitions'][number];

/** A reader that knows no epoch. */
const noEpoch = -1;

export function offsetForLeaderEpochHandler(
  services: Pick<Services, 'epochs' | 'topics'>,
  tools: Pick<DoorTools, 'limits'>,
): Handler {
  return handler(offsetForLeaderEpoch, {
    handle: ({ topics }, { caller }) => {
      const refusal = refuseTooManyPartitions(topics, tools);
      if (refusal !== null) return refusal;
      const missing = topics.map(({ topic }) => missingTopicCodeOf(services.topics, topic, caller));
      const found = services.epochs.find(
        topics.map(({ topic, partitions }) => ({ topicId: services.topics.idOf(topic) ?? noUuid, partitions })),
        caller,
      );
      return {
        topics: topics.map(({ topic, partitions }, index) => ({
          topic,
          partitions: partitions.map(({ partition, leaderEpoch }, place) => {
            const errorCode = missing[index] ?? null;
            if (errorCode !== null) return { errorCode, partition, leaderEpoch: -1, endOffset: -1 };
            return answerOf(found[index]![place]!, leaderEpoch);
          }),
        })),
      };
    },
    refuse: (errorCode, { topics }) => ({
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => ({ errorCode, partition, leaderEpoch: -1, endOffset: -1 })),
      })),
    }),
  });
}

function answerOf({ partition, error, leaderEpoch, endOffset }: FoundEpoch, asked: number): AnsweredPartition {
  const errorCode = error === null ? kafkaErrorCode.NONE : toKafkaErrorByName(error).code;
  if (error === null && asked === noEpoch) return { errorCode, partition, leaderEpoch: -1, endOffset: -1 };
  return { errorCode, partition, leaderEpoch, endOffset };
}
