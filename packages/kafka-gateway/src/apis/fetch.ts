/**
 * Fetch: batches as they are stored, waited for if asked (row B1).
 */
import type { Fetched, PartitionRead, Services } from '@q/broker';
import { kafkaErrorCode, toKafkaError } from '../errors/kafka-errors.ts';
import { fetch } from '../messages/fetch.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { noUuid } from '../wire/scalars.ts';

type Request = RequestOf<typeof fetch>;
type Answer = AnswerOf<typeof fetch>;
type AnsweredPartition = Answer['responses'][number]['partitions'][number];

/** From this version on topics have their ids in it. */
const idsSince = 13;

export function fetchHandler(services: Pick<Services, 'fetch' | 'topics'>): Handler {
  return handler(fetch, {
    handle: async (request, { caller, version }) => {
      if (request.sessionId !== 0) {
        return { errorCode: kafkaErrorCode.FETCH_SESSION_ID_NOT_FOUND, responses: [] };
      }
      const query = queryOf(request, services, version);
      const fetched = await services.fetch.fetch({ ...query, turn: caller.nextFetchTurn() }, caller);
      if (fetched.release !== null) caller.budget.whenTaken(fetched.release);
      return answerOf(request, fetched, version);
    },
    refuse: (errorCode) => ({ errorCode, responses: [] }),
    mayOverlap: true,
  });
}

function queryOf(
  { maxWaitMs, minBytes, maxBytes, topics }: Request,
  services: Pick<Services, 'topics'>,
  version: number,
): Omit<Parameters<Services['fetch']['fetch']>[0], 'turn'> {
  return {
    // Nothing can come where nothing is asked for.
    maxWaitMs: topics.length === 0 ? 0 : maxWaitMs,
    minBytes,
    maxBytes: Math.max(1, maxBytes),
    topics: topics.map(({ topic, topicId, partitions }) => ({
      topicId: version < idsSince ? (services.topics.idOf(topic) ?? noUuid) : topicId,
      partitions: partitions.map(({ partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes }) => ({
        partition,
        leaderEpoch: currentLeaderEpoch,
        fetchOffset,
        maxBytes: partitionMaxBytes,
      })),
    })),
  };
}

function answerOf({ topics, isolationLevel }: Request, { reads }: Fetched, version: number): Answer {
  let next = 0;
  return {
    responses: topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) =>
        partitionAnswer(partition, reads[next++]!, { isolationLevel, version }),
      ),
    })),
  };
}

function partitionAnswer(
  partitionIndex: number,
  { error, buffers, highWatermark, lastStableOffset, logStartOffset }: PartitionRead,
  { isolationLevel, version }: { readonly isolationLevel: number; readonly version: number },
): AnsweredPartition {
  if (error !== null) {
    const { code } = toKafkaError(error);
    return {
      partitionIndex,
      // Who asks by name knows no ids.
      errorCode:
        version < idsSince && code === kafkaErrorCode.UNKNOWN_TOPIC_ID
          ? kafkaErrorCode.UNKNOWN_TOPIC_OR_PARTITION
          : code,
      highWatermark: -1,
      lastStableOffset: -1,
      abortedTransactions: null,
      records: [],
    };
  }
  return {
    partitionIndex,
    errorCode: kafkaErrorCode.NONE,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    abortedTransactions: isolationLevel === 1 ? [] : null,
    records: buffers,
  };
}
