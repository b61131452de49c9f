/**
 * FETCH: batches as they are stored, waited for if asked (rows C1, C2).
 */
import { Fetch, QError, isolationCode } from '@q/protocol';
import type { FetchRequest, FetchResponse, FetchResponsePartition } from '@q/protocol';
import type { PartitionRead } from '../../../services/fetch/fetch-plan.ts';
import type { FetchService } from '../../../services/fetch/fetch-service.ts';
import type { Handler } from '../handler.ts';
import { expandStandIns, oneBufferFor } from '../stand-in.ts';
import { errorsOfPartitions, wireResult } from './wire-result.ts';

export function fetchHandler(service: Pick<FetchService, 'fetch'>): Handler<FetchRequest, FetchResponse> {
  return {
    api: Fetch,
    handle: async (request, caller) => {
      checkIsolation(request);
      const { maxWaitMs, minBytes, maxBytes, topics } = request;
      const query = { maxWaitMs, minBytes, maxBytes, topics, turn: caller.nextFetchTurn() };
      const { reads, release } = await service.fetch(query, caller);
      if (release !== null) caller.budget.whenTaken(release);
      return answerOf(request, reads);
    },
    finish: expandStandIns,
    errorsIn: errorsOfPartitions,
  };
}

function checkIsolation({ isolation }: FetchRequest): void {
  if (isolation === isolationCode.readUncommitted) return;
  throw new QError('INVALID_REQUEST', `isolation ${isolation} is not known; this broker has 0 (read uncommitted)`);
}

function answerOf(request: FetchRequest, reads: readonly PartitionRead[]): FetchResponse {
  let next = 0;
  return {
    topics: request.topics.map((topic) => ({
      topicId: topic.topicId,
      partitions: topic.partitions.map(({ partition }) => partitionAnswer(partition, reads[next++]!)),
    })),
  };
}

function partitionAnswer(partition: number, read: PartitionRead): FetchResponsePartition {
  return {
    partition,
    ...wireResult(read.error),
    highWatermark: read.highWatermark,
    lastStableOffset: read.lastStableOffset,
    logStartOffset: read.logStartOffset,
    records: oneBufferFor(read.buffers, read.bytes),
  };
}
