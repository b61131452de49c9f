/**
 * LIST_OFFSETS: the start, the end, or the first record at or after a time (row C1).
 */
import { ListOffsets, offsetQuery } from '@q/protocol';
import type { ListOffsetsRequest, ListOffsetsResponse, ListOffsetsResponsePartition } from '@q/protocol';
import type { FoundOffset, OffsetLookup, SoughtOffset } from '../../../services/offsets/offset-lookup.ts';
import type { Handler } from '../handler.ts';
import { errorsOfPartitions, wireResult } from './wire-result.ts';

export function listOffsetsHandler(
  lookup: Pick<OffsetLookup, 'find'>,
): Handler<ListOffsetsRequest, ListOffsetsResponse> {
  return {
    api: ListOffsets,
    handle: async ({ topics }, caller) => {
      const found = await lookup.find(
        topics.map(({ topicId, partitions }) => ({
          topicId,
          partitions: partitions.map(({ partition, leaderEpoch, timestampMs }) => ({
            partition,
            leaderEpoch,
            at: placeOf(timestampMs),
          })),
        })),
        caller,
      );
      return { topics: topics.map(({ topicId }, index) => ({ topicId, partitions: found[index]!.map(answerOf) })) };
    },
    errorsIn: errorsOfPartitions,
  };
}

function placeOf(timestampMs: number): SoughtOffset['at'] {
  if (timestampMs === offsetQuery.end) return 'end';
  return timestampMs === offsetQuery.start ? 'start' : timestampMs;
}

function answerOf({ error, ...found }: FoundOffset): ListOffsetsResponsePartition {
  return { ...found, ...wireResult(error) };
}
