/**
 * FETCH: reads batches as they are stored, waiting for them if asked to (rows C1, C2).
 */
import { Fetch, QError, batchRecordsCount, batchSize, errorCode, errorEntry, isolationCode } from '@q/protocol';
import type { FetchRequest, FetchResponse, FetchResponsePartition } from '@q/protocol';
import type { Clock } from '../clock.ts';
import type { RequestContext } from '../connection/peer.ts';
import type { Handler } from '../dispatch.ts';
import { FetchPlan, releaseReads } from '../fetch/fetch-plan.ts';
import type { Collection, PartitionRead } from '../fetch/fetch-plan.ts';
import { expandStandIns, oneBufferFor } from '../fetch/stand-in.ts';
import type { FetchWaiters } from '../fetch/waiters.ts';
import type { BrokerLimits } from '../limits.ts';
import type { BrokerLogger } from '../logger.ts';
import type { BrokerCounters } from '../metrics/counters.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { checkPartitionCount } from './partition-lookup.ts';

export interface FetchDependencies {
  readonly registry: TopicRegistry;
  readonly waiters: FetchWaiters;
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly counters: BrokerCounters;
  readonly logger: BrokerLogger;
}

export function fetchHandler(dependencies: FetchDependencies): Handler<FetchRequest, FetchResponse> {
  return {
    api: Fetch,
    handle: async (request, context) => {
      checkRequest(request, dependencies.limits);
      const collection = await collect(dependencies, request, context);
      if (collection.reads.some(({ release }) => release !== undefined)) context.budget.whenTaken(() => releaseReads(collection));
      return answer(dependencies.counters, request, collection);
    },
    finish: expandStandIns,
    errorsIn: function* errorsIn(response) {
      for (const topic of response.topics) {
        for (const part of topic.partitions) if (part.errorCode !== 0) yield errorEntry(part.errorCode).name;
      }
    },
  };
}

function checkRequest(request: FetchRequest, limits: BrokerLimits): void {
  if (request.isolation !== isolationCode.readUncommitted) {
    throw new QError(
      'INVALID_REQUEST',
      `isolation ${request.isolation} is not known; this broker has 0 (read uncommitted)`,
    );
  }
  if (request.maxBytes < 1) throw new QError('INVALID_REQUEST', `maxBytes must be at least 1, not ${request.maxBytes}`);
  checkPartitionCount(request.topics, limits);
}

/** Looks until there is enough, something is wrong, or the time is up. */
async function collect(
  dependencies: FetchDependencies,
  request: FetchRequest,
  { peer, budget }: RequestContext,
): Promise<Collection> {
  const { registry, waiters, clock, limits, logger } = dependencies;
  const deadline = clock.monotonic() + Math.min(Math.max(request.maxWaitMs, 0), limits.fetchWaitMsMax);
  const maxBytes = Math.min(request.maxBytes, limits.fetchBytesMax);
  const minBytes = Math.min(request.minBytes, maxBytes);
  // No more than half of what may be pending, so that a connection that is never quite idle gets it too.
  const roomBytes = Math.min(maxBytes, limits.outputBytesMax >> 1);
  const plan = new FetchPlan(request, { registry, logger, maxBytes, turn: peer.nextFetchTurn() });
  for (;;) {
    // A peer that does not take its answers gets no new ones made, which would only wait in memory.
    const room = budget.reserveAnswer(roomBytes, Math.min(roomBytes, limits.outputBytesLeast));
    const grantedBytes = typeof room === 'number' ? room : await room;
    // Whoever waited for room when the connection ended goes on at once, all together: nothing is read for them.
    if (peer.isClosed) throw gone();
    const isShort = grantedBytes < roomBytes;
    const collection = await plan.collect(isShort ? grantedBytes : maxBytes);
    budget.keepAnswer(collection.bytes);
    const remainingMs = deadline - clock.monotonic();
    const isEnough = collection.bytes >= minBytes || (isShort && collection.bytes > 0);
    const isDone = isEnough || collection.hasError || collection.isFull || remainingMs <= 0;
    if (peer.isClosed) {
      releaseReads(collection);
      throw gone();
    }
    if (isDone || waiters.isReleased) return collection;
    if (plan.hasNews(collection)) {
      budget.keepAnswer(0);
      releaseReads(collection);
      continue;
    }
    const { partitions } = plan;
    const unpark = budget.park(Math.max(1, partitions.length));
    // Too many wait already; this one gets what there is.
    if (unpark === null) return collection;
    budget.keepAnswer(0);
    releaseReads(collection);
    await waiters.wait({ partitions, timeoutMs: remainingMs, peer });
    unpark();
  }
}

function gone(): QError {
  return new QError('REQUEST_TIMED_OUT', 'the connection ended before the answer was made');
}

function answer(counters: BrokerCounters, request: FetchRequest, { reads, bytes }: Collection): FetchResponse {
  let next = 0;
  counters.bytesOut += bytes;
  return {
    topics: request.topics.map((topic) => ({
      topicId: topic.topicId,
      partitions: topic.partitions.map(({ partition }) => {
        const read = reads[next++]!;
        counters.recordsOut += countRecords(read.buffers);
        return partitionAnswer(partition, read);
      }),
    })),
  };
}

function partitionAnswer(partition: number, read: PartitionRead): FetchResponsePartition {
  return {
    partition,
    errorCode: read.error === null ? 0 : errorCode(read.error.code),
    errorMessage: read.error?.message ?? null,
    highWatermark: read.highWatermark,
    lastStableOffset: read.lastStableOffset,
    logStartOffset: read.logStartOffset,
    records: oneBufferFor(read.buffers, read.bytes),
  };
}

function countRecords(buffers: readonly Buffer[]): number {
  let records = 0;
  for (const buffer of buffers) {
    for (let position = 0; position < buffer.length; position += batchSize(buffer, position)) {
      records += batchRecordsCount(buffer, position);
    }
  }
  return records;
}
