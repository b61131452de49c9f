/**
 * PRODUCE: checks each batch, appends it, and answers when it is durable (rows P1-P5).
 *
 * Everything up to the append happens synchronously, in the order in which requests arrived: that order is the order of
 * the offsets. A request that would hold up the event loop, because of what its batches become or because there are so many,
 * does the rest of its work apart; the requests behind it on its connection wait until its last batch is appended, so that
 * the order is the same. Partitions succeed or fail one by one. An error of a partition is answered no earlier than the outcome of
 * what was appended to that partition before, so that answers never overtake each other within one partition.
 */
import {
  QError,
  batchHeaderBytes,
  batchRecordsCount,
  errorEntry,
  peekMessageIds,
  Produce,
  protocolLimits,
  recompressBatch,
  validateBatch,
} from '@q/protocol';
import type {
  LentMemory,
  ProduceRequest,
  ProduceRequestPartition,
  ProduceResponse,
} from '@q/protocol';
import { BatchChecks } from '../checks/batch-checks.ts';
import type { BatchWishes, CheckedBatch } from '../checks/batch-checks.ts';
import { TimeSlice } from '../checks/time-slice.ts';
import type { ByteBudget } from '../connection/budget.ts';
import type { Clock } from '../clock.ts';
import type { Peer, RequestContext } from '../connection/peer.ts';
import { Expected } from '../dispatch.ts';
import type { Handler } from '../dispatch.ts';
import { toPartitionError } from '../errors/wire-error.ts';
import type { BrokerLimits } from '../limits.ts';
import type { BrokerLogger } from '../logger.ts';
import type { BrokerCounters } from '../metrics/counters.ts';
import type { TopicSettings } from '../topics/topic-config.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Partition } from '../topics/topic.ts';
import { checkLeaderEpoch, requirePartition, requireTopicId } from './partition-lookup.ts';
import { ProducedPart, settle } from './produced-part.ts';
import type { SettleOptions } from './produced-part.ts';

export interface ProduceDependencies {
  readonly registry: TopicRegistry;
  readonly budget: ByteBudget;
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly counters: BrokerCounters;
  readonly logger: BrokerLogger;
  /** Where the memory of large frames comes from, if it is used again. */
  readonly appendBuffers: Pick<LentMemory, 'release'> | null;
  /** Number of the durability that a topic's setting stands for; in memory it is always `memory`. */
  readonly durabilityCode: (setting: 'fsync' | 'interval' | 'os') => number;
}

export function produceHandler(dependencies: ProduceDependencies): Handler<ProduceRequest, ProduceResponse> {
  const appender = new BatchAppender(dependencies);
  return {
    api: Produce,
    letsGo: true,
    handle: (request, context) => {
      const { budget, clock, limits, logger } = dependencies;
      if (budget.isOverHard) throw tooBusy(budget);
      const timeoutMs = Math.min(Math.max(request.timeoutMs, 1), limits.produceTimeoutMsMax);
      const parts: ProducedPart[] = [];
      const settling = { clock, logger, timeoutMs, context };
      if (appender.appendNow(request, parts, context)) {
        // The logs look after their batches now. The other way lets go of nothing: a check in the thread pool may outlive the answer.
        letGoOfFrame(request, dependencies.appendBuffers);
        return whenSettled(request, parts, settling);
      }
      return appender.appendRest(request, parts, { ...context, timeoutMs }).then(async (release) => {
        const { answer, other } = whenSettled(request, parts, settling);
        release();
        return (await other) ?? answer;
      });
    },
    errorsIn: function* errorsIn(response) {
      for (const topic of response.topics) {
        for (const part of topic.partitions) if (part.errorCode !== 0) yield errorEntry(part.errorCode).name;
      }
    },
  };
}

/** Whose request it is, and how long it may wait. */
interface Asking extends RequestContext {
  readonly timeoutMs: number;
}

class BatchAppender {
  readonly #dependencies: ProduceDependencies;
  readonly #checks: BatchChecks;
  /** Settings are made anew when they change, so each set has its wishes. */
  readonly #wishes = new WeakMap<TopicSettings, BatchWishes>();
  /** Those asked for last, most often those that are asked for next. */
  #latestSettings: TopicSettings | null = null;
  #latestWishes: BatchWishes | null = null;

  constructor(dependencies: ProduceDependencies) {
    this.#dependencies = dependencies;
    this.#checks = new BatchChecks(dependencies);
  }

  /** Appends batch after batch while that takes no time to speak of. False: the rest is left to `appendRest`. */
  appendNow(request: ProduceRequest, parts: ProducedPart[], context: RequestContext): boolean {
    const { clock, limits } = this.#dependencies;
    const slice = new TimeSlice(clock, limits.turnMsMax);
    const nowMs = clock.now();
    for (const { topicId, partitions } of request.topics) {
      for (const part of partitions) {
        const done = slice.isOver(part.records.length) ? null : this.#appendIfQuick({ topicId, part, nowMs }, context);
        if (done === null) return false;
        parts.push(done);
      }
    }
    return true;
  }

  /**
   * Appends what `appendNow` has left, one batch after the other; the connection's later requests wait. The frame counts as
   * held until the result is called.
   */
  async appendRest(request: ProduceRequest, parts: ProducedPart[], asking: Asking): Promise<() => void> {
    const goOn = asking.budget.holdOrder();
    const release = asking.budget.holdFrame();
    const wanted = request.topics.flatMap(({ topicId, partitions }) => partitions.map((part) => ({ topicId, part })));
    const rest = wanted.slice(parts.length);
    const slice = new TimeSlice(this.#dependencies.clock, this.#dependencies.limits.turnMsMax);
    await this.#checks.pause();
    for (const { topicId, part } of rest) {
      if (slice.isOver(part.records.length)) {
        await this.#checks.pause();
        slice.beginAnew();
      }
      const nowMs = this.#dependencies.clock.now();
      parts.push(this.#appendIfQuick({ topicId, part, nowMs }, asking) ?? (await this.#appendApart(topicId, part, asking)));
    }
    goOn();
    return release;
  }

  /** Null when the batch has to be checked apart. A batch that is refused is quick. */
  #appendIfQuick({ topicId, part, nowMs }: { topicId: string; part: ProduceRequestPartition; nowMs: number }, { peer }: RequestContext): ProducedPart | null {
    let partition: Partition | null = null;
    try {
      checkStillThere(peer);
      partition = this.#find(topicId, part);
      const wishes = this.#wishesFor(partition, part);
      if (!this.#checks.takeTurn(part.records, wishes.recompressTo)) return null;
      return this.#append(partition, checkBatchNow(part.records, wishes), nowMs);
    } catch (thrown) {
      return this.#failed(thrown, part, partition);
    }
  }

  async #appendApart(topicId: string, part: ProduceRequestPartition, { peer, timeoutMs }: Asking): Promise<ProducedPart> {
    let partition: Partition | null = null;
    try {
      partition = this.#find(topicId, part);
      const wishes = this.#wishesFor(partition, part);
      const checked = await this.#checks.check(part.records, wishes, { peer, timeoutMs });
      checkStillThere(peer);
      // The topic may have gone meanwhile, or want something else.
      partition = this.#find(topicId, part);
      if (this.#wishesFor(partition, part) !== wishes) throw changedMeanwhile(partition);
      return this.#append(partition, checked, this.#dependencies.clock.now());
    } catch (thrown) {
      return this.#failed(thrown, part, partition);
    }
  }

  #find(topicId: string, part: ProduceRequestPartition): Partition {
    return requirePartition(requireTopicId(this.#dependencies.registry, topicId), part.partition);
  }

  #failed(thrown: unknown, part: ProduceRequestPartition, partition: Partition | null): ProducedPart {
    return ProducedPart.refused(part.partition, partition, toPartitionError(thrown, this.#dependencies.logger));
  }

  #append(partition: Partition, { header, batch, messageIds }: CheckedBatch, nowMs: number): ProducedPart {
    const { settings } = partition.topic;
    const log = partition.requireLog();
    if (settings.log.timestampType === 'CreateTime') this.#checkTimestamp(header.maxTimestamp, nowMs);
    const { leaderEpoch } = partition;
    const appended = log.append(batch, settings.log.dedupWindowMs > 0 ? { leaderEpoch, header, nowMs, messageIds } : { leaderEpoch, header, nowMs });
    if (!appended.duplicate) {
      this.#dependencies.counters.recordsIn += header.recordsCount;
      this.#dependencies.counters.bytesIn += batch.length;
    }
    return ProducedPart.appended(partition, appended, {
      logStartOffset: log.logStartOffset,
      durability: this.#dependencies.durabilityCode(settings.log.durability),
    });
  }

  /** @throws QError when the batch is refused for what needs no look into it */
  #wishesFor(partition: Partition, { leaderEpoch, records }: ProduceRequestPartition): BatchWishes {
    checkLeaderEpoch(partition, leaderEpoch);
    partition.requireLog();
    const { topic } = partition;
    if (topic.internal) throw new QError('INVALID_REQUEST', `topic ${topic.name} is written by the broker alone`);
    const { settings } = topic;
    const { maxMessageBytes } = settings.log;
    if (records.length > maxMessageBytes) throw tooLarge(topic.name, records, maxMessageBytes);
    if (settings === this.#latestSettings && this.#latestWishes !== null) return this.#latestWishes;
    let wishes = this.#wishes.get(settings);
    if (wishes === undefined) this.#wishes.set(settings, (wishes = wishesOf(settings)));
    this.#latestSettings = settings;
    this.#latestWishes = wishes;
    return wishes;
  }

  #checkTimestamp(maxTimestamp: number, nowMs: number): void {
    const latest = nowMs + this.#dependencies.limits.timestampAheadMsMax;
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

function wishesOf({ compression, log }: TopicSettings): BatchWishes {
  return {
    validate: {
      uncompressedBytesMax: protocolLimits.uncompressedBytesMax,
      recordBytesMax: log.maxMessageBytes,
      requireKeys: log.cleanupPolicy.compact,
    },
    recompressTo: compression === 'producer' ? null : compression,
    wantsMessageIds: log.dedupWindowMs > 0,
  };
}

function checkBatchNow(records: Buffer, { validate, recompressTo, wantsMessageIds }: BatchWishes): CheckedBatch {
  const header = validateBatch(records, validate);
  const batch = recompressTo === null ? records : recompressBatch(records, recompressTo);
  return { header, batch, messageIds: wantsMessageIds ? peekMessageIds(batch) : null };
}

/** Nobody would hear of what is appended now, and it must not come behind what its sender sends again elsewhere. */
function checkStillThere(peer: Peer): void {
  if (peer.isClosed) throw new QError('REQUEST_TIMED_OUT', 'the connection ended; the records were not written');
}

function changedMeanwhile({ topic }: Partition): QError {
  return new QError('BROKER_BUSY', `topic ${topic.name} was changed while the records were checked; send them again`);
}

/** All batches of a request lie in the memory of its frame. */
function letGoOfFrame({ topics }: ProduceRequest, buffers: ProduceDependencies['appendBuffers']): void {
  const first = topics[0]?.partitions[0];
  if (first !== undefined) buffers?.release(first.records);
}

function whenSettled(request: ProduceRequest, parts: readonly ProducedPart[], options: SettleOptions): Expected<ProduceResponse> {
  const other = new Promise<ProduceResponse | null>((resolve) => {
    settle(parts, options, ({ asExpected }) => resolve(asExpected ? null : answerOf(request, parts)));
  });
  return new Expected({ answer: answerOf(request, parts), other });
}

function answerOf(request: ProduceRequest, parts: readonly ProducedPart[]): ProduceResponse {
  let next = 0;
  return {
    topics: request.topics.map((topic) => ({
      topicId: topic.topicId,
      partitions: topic.partitions.map(() => parts[next++]!),
    })),
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
