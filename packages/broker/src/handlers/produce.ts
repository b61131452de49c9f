/**
 * PRODUCE: checks each batch, appends it, and answers when it is durable (rows P1-P5).
 *
 * Everything up to the append happens synchronously, in the order in which requests arrived: that order is the order of
 * the offsets. Partitions succeed or fail one by one. An error of a partition is answered no earlier than the outcome of
 * what was appended to that partition before, so that answers never overtake each other within one partition.
 */
import {
  QError,
  batchHeaderBytes,
  batchRecordsCount,
  errorCode,
  errorEntry,
  peekMessageIds,
  Produce,
  protocolLimits,
  recompressBatch,
  validateBatch,
} from '@q/protocol';
import type {
  BatchHeader,
  ProduceRequest,
  ProduceRequestPartition,
  ProduceResponse,
  ProduceResponsePartition,
} from '@q/protocol';
import type { ByteBudget } from '../connection/budget.ts';
import type { Clock } from '../clock.ts';
import type { RequestContext } from '../connection/peer.ts';
import type { Handler } from '../dispatch.ts';
import { toPartitionError } from '../errors/wire-error.ts';
import type { BrokerLimits } from '../limits.ts';
import type { BrokerLogger } from '../logger.ts';
import type { BrokerCounters } from '../metrics/counters.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Partition } from '../topics/topic.ts';
import { checkLeaderEpoch, requirePartition, requireTopicId } from './partition-lookup.ts';

export interface ProduceDependencies {
  readonly registry: TopicRegistry;
  readonly budget: ByteBudget;
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly counters: BrokerCounters;
  readonly logger: BrokerLogger;
  /** Number of the durability that a topic's setting stands for; in memory it is always `memory`. */
  readonly durabilityCode: (setting: 'fsync' | 'interval' | 'os') => number;
}

export function produceHandler(dependencies: ProduceDependencies): Handler<ProduceRequest, ProduceResponse> {
  const appender = new BatchAppender(dependencies);
  return {
    api: Produce,
    handle: (request, context) => {
      const { budget, clock, limits, logger } = dependencies;
      if (budget.isOverHard) throw tooBusy(budget);
      const parts = request.topics.flatMap((topic) =>
        topic.partitions.map((part) => appender.append(topic.topicId, part)),
      );
      const timeoutMs = Math.min(Math.max(request.timeoutMs, 1), limits.produceTimeoutMsMax);
      return new Promise((resolve) => {
        settle(parts, { clock, logger, timeoutMs, context }, () => resolve(answer(request, parts)));
      });
    },
    errorsIn: function* errorsIn(response) {
      for (const topic of response.topics) {
        for (const part of topic.partitions) if (part.errorCode !== 0) yield errorEntry(part.errorCode).name;
      }
    },
  };
}

/** One partition of a request on its way: `result` is what it will be answered once `settled` has resolved. */
interface Part {
  result: ProduceResponsePartition;
  /** Rejects when the append can never be durable. Null: nothing to wait for. */
  readonly settled: Promise<void> | null;
  isSettled: boolean;
}

class BatchAppender {
  readonly #dependencies: ProduceDependencies;

  constructor(dependencies: ProduceDependencies) {
    this.#dependencies = dependencies;
  }

  append(topicId: string, part: ProduceRequestPartition): Part {
    let partition: Partition | null = null;
    try {
      const topic = requireTopicId(this.#dependencies.registry, topicId);
      partition = requirePartition(topic, part.partition);
      checkLeaderEpoch(partition, part.leaderEpoch);
      return this.#append(partition, part.records);
    } catch (thrown) {
      const result = failure(
        part.partition,
        toPartitionError(thrown, this.#dependencies.logger),
        partition?.log?.logStartOffset ?? -1,
      );
      const before = partition?.lastAppend ?? null;
      // Whatever became of the earlier append, its own request is told; here only the moment matters.
      return { result, settled: before === null ? null : before.catch(() => undefined), isSettled: before === null };
    }
  }

  #append(partition: Partition, records: Buffer): Part {
    const { settings } = partition.topic;
    const log = partition.requireLog();
    const header = this.#validate(partition, records);
    const batch = settings.compression === 'producer' ? records : recompressBatch(records, settings.compression);
    const messageIds = settings.log.dedupWindowMs > 0 ? peekMessageIds(batch) : null;
    const appended = log.append(batch, {
      leaderEpoch: partition.leaderEpoch,
      ...(messageIds !== null && { messageIds }),
    });
    partition.lastAppend = appended.durable;
    if (!appended.duplicate) {
      this.#dependencies.counters.recordsIn += header.recordsCount;
      this.#dependencies.counters.bytesIn += batch.length;
    }
    const result = {
      partition: partition.index,
      errorCode: 0,
      errorMessage: null,
      baseOffset: appended.baseOffset,
      logAppendTimeMs: appended.logAppendTimeMs,
      logStartOffset: log.logStartOffset,
      duplicate: appended.duplicate,
      durability: this.#dependencies.durabilityCode(settings.log.durability),
    };
    return { result, settled: appended.durable, isSettled: false };
  }

  #validate(partition: Partition, records: Buffer): BatchHeader {
    const { topic } = partition;
    if (topic.internal) throw new QError('INVALID_REQUEST', `topic ${topic.name} is written by the broker alone`);
    const { maxMessageBytes, timestampType, cleanupPolicy } = topic.settings.log;
    if (records.length > maxMessageBytes) throw tooLarge(topic.name, records, maxMessageBytes);
    const header = validateBatch(records, {
      uncompressedBytesMax: protocolLimits.uncompressedBytesMax,
      recordBytesMax: maxMessageBytes,
      requireKeys: cleanupPolicy.compact,
    });
    if (timestampType === 'CreateTime') this.#checkTimestamp(header.maxTimestamp);
    return header;
  }

  #checkTimestamp(maxTimestamp: number): void {
    const { clock, limits } = this.#dependencies;
    const latest = clock.now() + limits.timestampAheadMsMax;
    if (maxTimestamp >= -1 && maxTimestamp <= latest) return;
    throw new QError(
      'INVALID_TIMESTAMP',
      `the batch has a record of time ${maxTimestamp}; it must lie between 0 and ${latest}, an hour or so from now`,
      {
        details: { timestampMs: maxTimestamp, timestampMsMax: latest },
      },
    );
  }
}

/** Calls `done` when every part has its final result, or is out of time. */
function settle(
  parts: readonly Part[],
  options: { clock: Clock; logger: BrokerLogger; timeoutMs: number; context: RequestContext },
  done: () => void,
): void {
  const waiting = parts.filter((part) => part.settled !== null);
  if (waiting.length === 0) {
    done();
    return;
  }
  // Storage works on views of the frame until the appends are durable, also when the answer is given before.
  const release = options.context.budget.holdFrame();
  let open = waiting.length;
  const timer = options.clock.schedule(options.timeoutMs, () => {
    for (const part of waiting)
      if (!part.isSettled)
        part.result = failure(part.result.partition, timedOut(options.timeoutMs), part.result.logStartOffset);
    done();
  });
  const oneSettled = (part: Part): void => {
    part.isSettled = true;
    open -= 1;
    if (open > 0) return;
    timer.cancel();
    release();
    done();
  };
  for (const part of waiting) {
    part.settled!.then(
      () => oneSettled(part),
      (error: unknown) => {
        part.result = failure(
          part.result.partition,
          toPartitionError(error, options.logger),
          part.result.logStartOffset,
        );
        oneSettled(part);
      },
    );
  }
}

function answer(request: ProduceRequest, parts: readonly Part[]): ProduceResponse {
  let next = 0;
  return {
    topics: request.topics.map((topic) => ({
      topicId: topic.topicId,
      partitions: topic.partitions.map(() => parts[next++]!.result),
    })),
  };
}

function failure(partition: number, error: QError, logStartOffset: number): ProduceResponsePartition {
  return {
    partition,
    errorCode: errorCode(error.code),
    errorMessage: error.message,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset,
    duplicate: false,
    durability: 0,
  };
}

function tooBusy(budget: ByteBudget): QError {
  return new QError('BROKER_BUSY', 'the broker holds as many unwritten bytes as it may; send again after a pause', {
    details: { heldBytes: budget.heldBytes, bytesMax: budget.hardBytes },
  });
}

/** One record that is too large cannot be helped by sending smaller batches, so it has a name of its own. */
function tooLarge(topic: string, records: Buffer, maxMessageBytes: number): QError {
  const details = { topic, bytes: records.length, bytesMax: maxMessageBytes };
  const isOneRecord = records.length >= batchHeaderBytes && batchRecordsCount(records) === 1;
  const what = isOneRecord ? 'a record' : 'a batch';
  const message = `${what} of ${records.length} bytes is larger than topic ${topic} takes (max.message.bytes = ${maxMessageBytes})`;
  return new QError(isOneRecord ? 'RECORD_TOO_LARGE' : 'BATCH_TOO_LARGE', message, { details });
}

function timedOut(timeoutMs: number): QError {
  return new QError(
    'REQUEST_TIMED_OUT',
    `the records were not durable after ${timeoutMs} ms; they may become so later`,
  );
}
