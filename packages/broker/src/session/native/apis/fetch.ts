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
      const readsCommitted = readsCommittedOf(request);
      const { maxWaitMs, minBytes, maxBytes, topics, throttleWaitMs } = request;
      const quota = throttleWaitMs < 0 ? {} : { quotaWaitMs: Math.max(throttleWaitMs, quotaWaitMsMin) };
      const query = { maxWaitMs, minBytes, maxBytes, topics, turn: caller.nextFetchTurn(), readsCommitted, ...quota };
      const { reads, release, isWithheld, throttledMs } = await service.fetch(query, caller);
      if (isWithheld) return { topics: [], throttleTimeMs: throttledMs };
      if (release !== null) caller.budget.whenTaken(release);
      return answerOf(request, reads, throttledMs);
    },
    finish: expandStandIns,
    errorsIn: errorsOfPartitions,
  };
}

const noneAborted: FetchResponsePartition['aborted'] = Object.freeze([]);

/** Whoever would not wait at all would ask again and again. */
const quotaWaitMsMin = 100;

function readsCommittedOf({ isolation }: FetchRequest): boolean {
  if (isolation === isolationCode.readUncommitted) return false;
  if (isolation === isolationCode.readCommitted) return true;
  const known = '0 (read uncommitted) and 1 (read committed)';
  throw new QError('INVALID_REQUEST', `isolation ${isolation} is not known; this broker has ${known}`);
}

function answerOf(request: FetchRequest, reads: readonly PartitionRead[], throttleTimeMs: number): FetchResponse {
  let next = 0;
  return {
    throttleTimeMs,
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
    aborted: read.aborted ?? noneAborted,
  };
}
