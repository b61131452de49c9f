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
import { toWireError } from '../errors/wire-error.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { checkLeaderEpoch, requirePartition, requireTopicId } from './partition-lookup.ts';

export function listOffsetsHandler(registry: TopicRegistry): Handler<ListOffsetsRequest, ListOffsetsResponse> {
  return {
    api: ListOffsets,
    handle: async (request) => ({
      topics: await Promise.all(
        request.topics.map(async ({ topicId, partitions }) => ({
          topicId,
          partitions: await Promise.all(partitions.map((wanted) => lookUp(registry, topicId, wanted))),
        })),
      ),
    }),
    errorsIn: function* errorsIn(response) {
      for (const topic of response.topics) {
        for (const part of topic.partitions) if (part.errorCode !== 0) yield errorEntry(part.errorCode).name;
      }
    },
  };
}

async function lookUp(
  registry: TopicRegistry,
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
    if (wanted.timestampMs < 0)
      throw new QError(
        'INVALID_REQUEST',
        `timestampMs ${wanted.timestampMs} has no meaning; it is -1 for the end, -2 for the start, or ms since 1970`,
      );
    const record = await log.offsetForTimestamp(wanted.timestampMs);
    if (record === null) return { ...found, offset: -1, timestampMs: -1 };
    return { ...found, offset: record.offset, timestampMs: record.timestampMs, leaderEpoch: record.leaderEpoch };
  } catch (thrown) {
    const error = toWireError(thrown);
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
