/**
 * ListOffsets: the start, the end, or the first record at or after a time (row B1).
 */
import type { FoundOffset, Services, SoughtOffset } from '@q/broker';
import { kafkaErrorCode, toKafkaError } from '../errors/kafka-errors.ts';
import { listOffsets } from '../messages/list-offsets.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { noUuid } from '../wire/scalars.ts';

type WantedTopic = RequestOf<typeof listOffsets>['topics'][number];
type AnsweredPartition = AnswerOf<typeof listOffsets>['topics'][number]['partitions'][number];

/** Times that stand for places. */
const specialTimes = { latest: -1, earliest: -2 } as const;

export function listOffsetsHandler(services: Pick<Services, 'offsets' | 'topics'>): Handler {
  return handler(listOffsets, {
    handle: async ({ topics }) => {
      const found = await services.offsets.find(
        topics.map(({ name, partitions }) => ({
          topicId: services.topics.idOf(name) ?? noUuid,
          partitions: partitions.map(soughtOf),
        })),
      );
      return { topics: topics.map(({ name }, index) => ({ name, partitions: found[index]!.map(answerOf) })) };
    },
    refuse: (errorCode, { topics }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, timestamp: -1, offset: -1 })),
      })),
    }),
  });
}

function soughtOf({ partitionIndex, currentLeaderEpoch, timestamp }: WantedTopic['partitions'][number]): SoughtOffset {
  return { partition: partitionIndex, leaderEpoch: currentLeaderEpoch, at: placeOf(timestamp) };
}

function placeOf(timestamp: number): SoughtOffset['at'] {
  if (timestamp === specialTimes.latest) return 'end';
  return timestamp === specialTimes.earliest ? 'start' : timestamp;
}

function answerOf({ partition, error, offset, timestampMs, leaderEpoch }: FoundOffset): AnsweredPartition {
  const code = error === null ? kafkaErrorCode.NONE : toKafkaError(error).code;
  return {
    partitionIndex: partition,
    errorCode: code === kafkaErrorCode.UNKNOWN_TOPIC_ID ? kafkaErrorCode.UNKNOWN_TOPIC_OR_PARTITION : code,
    timestamp: timestampMs,
    offset,
    leaderEpoch: offset === -1 ? -1 : leaderEpoch,
  };
}
