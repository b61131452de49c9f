/**
 * LIST_OFFSETS: the start, the end, or the first record at or after a time (row C1).
 */
import { ListOffsets, errorCode, errorEntry, offsetQuery } from '@q/protocol';
import type { ListOffsetsRequest, ListOffsetsResponse, ListOffsetsResponsePartition } from '@q/protocol';
import type { FoundOffset, OffsetLookup, SoughtOffset } from '../../../services/offsets/offset-lookup.ts';
import type { Handler } from '../handler.ts';

export function listOffsetsHandler(
  lookup: Pick<OffsetLookup, 'find'>,
): Handler<ListOffsetsRequest, ListOffsetsResponse> {
  return {
    api: ListOffsets,
    handle: async ({ topics }) => {
      const found = await lookup.find(topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partition, leaderEpoch, timestampMs }) => ({
          partition,
          leaderEpoch,
          at: placeOf(timestampMs),
        })),
      })));
      return { topics: topics.map(({ topicId }, index) => ({ topicId, partitions: found[index]!.map(answerOf) })) };
    },
    errorsIn: function* errorsIn(response) {
      for (const topic of response.topics) {
        for (const part of topic.partitions) if (part.errorCode !== 0) yield errorEntry(part.errorCode).name;
      }
    },
  };
}

function placeOf(timestampMs: number): SoughtOffset['at'] {
  if (timestampMs === offsetQuery.end) return 'end';
  return timestampMs === offsetQuery.start ? 'start' : timestampMs;
}

function answerOf({ error, ...found }: FoundOffset): ListOffsetsResponsePartition {
  if (error === null) return { ...found, errorCode: 0, errorMessage: null };
  return { ...found, errorCode: errorCode(error.code), errorMessage: error.message };
}
