/**
 * LIST_OFFSETS: the start, the end, or the first record at or after a time (row C1).
 */
import { ListOffsets, QError, errorCode, errorEntry, offsetQuery } from '@q/protocol';
import type {
  ListOffsetsRequest,
  ListOffsetsRequestPartition,
  ListOffsetsResponse,
  ListOffsetsResponsePartition,
} from '@q/protocol';
import type { Handler } from '../dispatch.ts';
import { toPartitionError } from '../errors/wire-error.ts';
import type { BrokerLimits } from '../limits.ts';
import type { BrokerLogger } from '../logger.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { checkLeaderEpoch, checkPartitionCount, requirePartition, requireTopicId } from './partition-lookup.ts';

export interface ListOffsetsDependencies {
  readonly registry: TopicRegistry;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
}

export function listOffsetsHandler(
  dependencies: ListOffsetsDependencies,
): Handler<ListOffsetsRequest, ListOffsetsResponse> {
  return {
    api: ListOffsets,
    handle: async (request) => {
      checkPartitionCount(request.topics, dependencies.limits);
      const topics = request.topics.map(async ({ topicId, partitions }) => ({
        topicId,
        partitions: await Promise.all(partitions.map((wanted) => lookUp(dependencies, topicId, wanted))),
      }));
      return { topics: await Promise.all(topics) };
    },
    errorsIn: function* errorsIn(response) {
      for (const topic of response.topics) {
        for (const part of topic.partitions) if (part.errorCode !== 0) yield errorEntry(part.errorCode).name;
      }
    },
  };
}

async function lookUp(
  { registry, logger }: ListOffsetsDependencies,
  topicId: string,
  wanted: ListOffsetsRequestPartition,
): Promise<ListOffsetsResponsePartition> {
  try {
    const partition = requirePartition(requireTopicId(registry, topicId), wanted.partition);
    checkLeaderEpoch(partition, wanted.leaderEpoch);
    const { leaderEpoch } = partition;
    const log = partition.requireLog();
    const found = { partition: wanted.partition, errorCode: 0, errorMessage: null, leaderEpoch };
    if (wanted.timestampMs === offsetQuery.end) return { ...found, offset: log.highWatermark, timestampMs: -1 };
    if (wanted.timestampMs === offsetQuery.start) return { ...found, offset: log.logStartOffset, timestampMs: -1 };
    if (wanted.timestampMs < 0) throw noSuchTime(wanted.timestampMs);
    const record = await log.offsetForTimestamp(wanted.timestampMs);
    if (record === null) return { ...found, offset: -1, timestampMs: -1 };
    return { ...found, offset: record.offset, timestampMs: record.timestampMs, leaderEpoch: record.leaderEpoch };
  } catch (thrown) {
    const error = toPartitionError(thrown, logger);
    return {
      partition: wanted.partition,
      errorCode: errorCode(error.code),
      errorMessage: error.message,
      offset: -1,
      timestampMs: -1,
      leaderEpoch: -1,
    };
  }
}

function noSuchTime(timestampMs: number): QError {
  const meaning = 'it is -1 for the end, -2 for the start, or ms since 1970';
  return new QError('INVALID_REQUEST', `timestampMs ${timestampMs} has no meaning; ${meaning}`, {
    details: { timestampMs },
  });
}
