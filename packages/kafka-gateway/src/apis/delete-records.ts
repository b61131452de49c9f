/**
 * DeleteRecords: moves the starts of partitions up (row B1).
 */
import type { Caller, DeletionResult, DoorTools, Services } from '@q/broker';
import { isInternalTopic } from '@q/protocol';
import { KafkaError, kafkaErrorCode, toKafkaErrorByName } from '../errors/kafka-errors.ts';
import { partError } from '../errors/part-error.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { deleteRecords } from '../messages/delete-records.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { oneByOne, refuseTooManyPartitions } from './one-by-one.ts';

type WantedTopic = RequestOf<typeof deleteRecords>['topics'][number];
type AnsweredTopic = AnswerOf<typeof deleteRecords>['topics'][number];

/** Stands for the high watermark. */
const highWatermark = -1;

export function deleteRecordsHandler(
  services: Pick<Services, 'recordDeletion' | 'topics'>,
  tools: Pick<DoorTools, 'clock' | 'limits'>,
): Handler {
  return handler(deleteRecords, {
    handle: async ({ topics }, { caller }) =>
      refuseTooManyPartitions(topics, tools) ?? {
        topics: await oneByOne(topics, tools, (topic) => deleteIn(topic, services, caller)),
      },
    refuse: (errorCode, { topics }) => ({ topics: topics.map((topic) => refused(topic, errorCode)) }),
  });
}

async function deleteIn(
  topic: WantedTopic,
  services: Pick<Services, 'recordDeletion' | 'topics'>,
  caller: Caller,
): Promise<AnsweredTopic> {
  const { name, partitions } = topic;
  try {
    checkTopic(name, services.topics, caller);
    const results = await services.recordDeletion.delete(
      name,
      partitions.map(({ partitionIndex, offset }) => ({
        partition: partitionIndex,
        before: offset === highWatermark ? 'end' : offset,
      })),
      caller,
    );
    return { name, partitions: results.map(answerOf) };
  } catch (error) {
    return refused(topic, partError(error).errorCode);
  }
}

/** As Kafka has it: no records go where compaction alone decides what stays, and none of the broker's own. */
function checkTopic(name: string, topics: Services['topics'], caller: Caller): void {
  const topicId = topics.idOf(name);
  if (topicId === undefined) throw topics.missing(name, caller);
  if (isInternalTopic(name)) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `topic ${name} is the broker's own`);
  if (!topics.findById(topicId, caller).cleanupPolicy.includes('delete')) {
    throw new KafkaError('POLICY_VIOLATION', `the cleanup.policy of topic ${name} has no delete`);
  }
}

function answerOf({ partition, error, logStartOffset }: DeletionResult): AnsweredTopic['partitions'][number] {
  if (error !== null) {
    return { partitionIndex: partition, lowWatermark: -1, errorCode: toKafkaErrorByName(error).code };
  }
  return { partitionIndex: partition, lowWatermark: logStartOffset, errorCode: kafkaErrorCode.NONE };
}

function refused({ name, partitions }: WantedTopic, errorCode: number): AnsweredTopic {
  return {
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1, errorCode })),
  };
}
