/**
 * Appends batches: checks each, appends it, and tells when it is durable (rows P1-P5).
 *
 * Everything up to the append happens synchronously, in the order in which requests arrived: that order is the order of
 * the offsets. A request that would hold up the event loop, because of what its batches become or because there are so
 * many, does the rest of its work apart; the requests behind it on its connection wait until its last batch is
 * appended, so that the order is the same. Partitions succeed or fail one by one. An error of a partition is told no
 * earlier than the outcome of what was appended to that partition before, so that answers never overtake each other
 * within one partition.
 */
import {
  QError,
  batchHeaderBytes,
  batchRecordsCount,
  peekMessageIds,
  recompressBatch,
  validateBatch,
} from '@q/protocol';
import type { BatchHeader } from '@q/protocol';
import type { Caller, CallerSignal } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { busyPauseMs, stuckPauseMs } from '../../errors/retry-after.ts';
import { toPartitionError } from '../../errors/wire-error.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { BrokerCounters } from '../../metrics/counters.ts';
import type { Access } from '../access/access.ts';
import { checkLeaderEpoch, requirePartition, requireTopicId } from '../topics/partition-lookup.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Partition } from '../topics/topic.ts';
import type { Throttle } from '../quotas/throttle.ts';
import type { Transactions } from '../transactions/transactions.ts';
import { appendOnce } from './append-once.ts';
import { AppendResult, settle } from './append-result.ts';
import type { SettleOptions } from './append-result.ts';
import { BatchChecks } from './batch-checks.ts';
import type { BatchWishes, CheckedBatch } from './batch-checks.ts';
import { TimeSlice } from './time-slice.ts';
import { TopicWishes } from './topic-wishes.ts';

/** One batch, as it is to be stored but for its offsets. */
export interface PartitionBatch {
  readonly partition: number;
  /** The leader epoch that the caller believes in; -1: it does not say. */
  readonly leaderEpoch: number;
  /** The log keeps views of it, or copies: it must not change before the append is settled. */
  readonly records: Buffer;
}

/** Batches to append, by topic and partition. The broker keeps their buffers until they are stored. */
export interface AppendRequest {
  /** How long the caller waits for its batches to be durable, in ms. */
  readonly timeoutMs: number;
  /**
   * Takes what clients of other protocols send: a greatest timestamp in a header that is wrong is put right in place,
   * and a compressed batch may have records that are larger than a batch may be. Default false.
   */
  readonly isLenient?: boolean;
  /** Partitions do not join a transaction by being written to: clients of the other protocol add them before. */
  readonly addsPartitions?: boolean;
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly PartitionBatch[] }[];
}

/** Batches on their way to the disk. */
export interface Appending {
  /** In the order of the request. What they say holds if all goes well, until they are settled. */
  readonly results: readonly AppendResult[];
  /** How long its caller is to be slowed down because of a quota, in ms; 0: not at all. */
  readonly throttleMs: number;
  /** Calls `done` once, when all results are final; `asExpected`: none of them has changed. */
  whenSettled(done: (o: { readonly asExpected: boolean }) => void): void;
}

export interface AppendServiceOptions {
  /** Who may write. */
  readonly access: Access;
  readonly registry: TopicRegistry;
  /** How full the broker is with bytes that are not durable yet. */
  readonly budget: {
    readonly isOverHard: boolean;
    readonly heldBytes: number;
    readonly hardBytes: number;
    refused(): void;
  };
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly counters: BrokerCounters;
  readonly logger: BrokerLogger;
  /** Nothing is on a disk, whatever a topic's setting says. */
  readonly inMemory: boolean;
  readonly throttle: Pick<Throttle, 'isOn' | 'use'>;
  /** What batches of transactions are part of; they are refused if missing. */
  readonly transactions?: Pick<Transactions, 'join'>;
  /** For how long the disk has not finished a round of writes, in ms, once that is too long; else 0. */
  readonly hangsForMs?: () => number;
}

/** Whose request it is, how long it may wait, and how its batches are checked. */
interface Asking {
  readonly caller: Caller;
  readonly timeoutMs: number;
  readonly wishes: TopicWishes;
  /** See `AppendRequest.addsPartitions`. */
  readonly joins: boolean;
}

export class AppendService {
  readonly #options: AppendServiceOptions;
  readonly #access: Access;
  readonly #checks: BatchChecks;
  readonly #wishes = new TopicWishes({ isLenient: false });
  readonly #lenientWishes = new TopicWishes({ isLenient: true });

  constructor(options: AppendServiceOptions) {
    this.#options = options;
    this.#access = options.access;
    this.#checks = new BatchChecks(options);
  }

  /**
   * Appends every batch. When the result is no promise, the logs look after the batches already and have copies of what
   * they keep of small ones; so it is once a promise has resolved. Only a batch that was refused may be used for
   * longer, by a check in the thread pool.
   * @throws QError BROKER_BUSY when the broker holds too many bytes, or its disk hangs
   */
  append(request: AppendRequest, caller: Caller): Appending | Promise<Appending> {
    const { budget, clock, limits, logger } = this.#options;
    if (budget.isOverHard) {
      budget.refused();
      throw tooBusy(budget);
    }
    // What comes now would only wait, and be sent again meanwhile: better it is not begun.
    const hangsForMs = this.#options.hangsForMs?.() ?? 0;
    if (hangsForMs > 0) throw diskHangs(hangsForMs);
    const { throttle } = this.#options;
    const throttleMs = throttle.isOn ? throttle.use(caller, 'producerByteRate', bytesOf(request)) : 0;
    const timeoutMs = Math.min(Math.max(request.timeoutMs, 1), limits.produceTimeoutMsMax);
    const results: AppendResult[] = [];
    const settling = { clock, logger, timeoutMs, budget: caller.budget };
    const asking = {
      caller,
      timeoutMs,
      wishes: request.isLenient === true ? this.#lenientWishes : this.#wishes,
      joins: request.addsPartitions !== true,
    };
    if (this.#appendNow(request, results, asking)) {
      return { results, throttleMs, whenSettled: (done) => settle(results, settling, done) };
    }
    return this.#appendLater(request, results, { ...asking, settling, throttleMs });
  }

  async #appendLater(
    request: AppendRequest,
    results: AppendResult[],
    { settling, throttleMs, ...asking }: Asking & { settling: SettleOptions; throttleMs: number },
  ): Promise<Appending> {
    const release = await this.#appendRest(request, results, asking);
    const whenSettled: Appending['whenSettled'] = (done) => {
      settle(results, settling, done);
      // From the moment at which somebody waits for them, the results hold the frame as long as they need it.
      release();
    };
    return { results, throttleMs, whenSettled };
  }

  /** Appends batch after batch while that takes no time to speak of. False: the rest is left to `#appendRest`. */
  #appendNow(request: AppendRequest, results: AppendResult[], asking: Asking): boolean {
    const { clock, limits } = this.#options;
    const slice = new TimeSlice(clock, limits.turnMsMax);
    const nowMs = clock.now();
    for (const { topicId, partitions } of request.topics) {
      for (const part of partitions) {
        const done = slice.isOver(part.records.length) ? null : this.#appendIfQuick({ topicId, part, nowMs }, asking);
        if (done === null) return false;
        results.push(done);
      }
    }
    return true;
  }

  /**
   * Appends what `#appendNow` has left, one batch after the other; the connection's later requests wait. The frame
   * counts as held until the result is called.
   */
  async #appendRest(request: AppendRequest, results: AppendResult[], asking: Asking): Promise<() => void> {
    const goOn = asking.caller.budget.holdOrder();
    const release = asking.caller.budget.holdFrame();
    const wanted = request.topics.flatMap(({ topicId, partitions }) => partitions.map((part) => ({ topicId, part })));
    const rest = wanted.slice(results.length);
    const slice = new TimeSlice(this.#options.clock, this.#options.limits.turnMsMax);
    await this.#checks.pause();
    for (const { topicId, part } of rest) {
      if (slice.isOver(part.records.length)) {
        await this.#checks.pause();
        slice.beginAnew();
      }
      const nowMs = this.#options.clock.now();
      results.push(
        this.#appendIfQuick({ topicId, part, nowMs }, asking) ?? (await this.#appendApart(topicId, part, asking)),
      );
    }
    goOn();
    return release;
  }

  /** Null when the batch has to be checked apart. A batch that is refused is quick. */
  #appendIfQuick(
    { topicId, part, nowMs }: { topicId: string; part: PartitionBatch; nowMs: number },
    { caller, wishes, joins }: Asking,
  ): AppendResult | null {
    let partition: Partition | null = null;
    try {
      checkStillThere(caller.signal);
      partition = this.#find(topicId, part, caller);
      checkWanted(partition, part);
      const wanted = wishes.of(partition.topic.settings);
      if (!this.#checks.takeTurn(part.records, wanted.recompressTo)) return null;
      return this.#append(partition, checkBatchNow(part.records, wanted), { nowMs, joins, caller });
    } catch (thrown) {
      return this.#failed(thrown, part, partition);
    }
  }

  async #appendApart(
    topicId: string,
    part: PartitionBatch,
    { caller, timeoutMs, wishes, joins }: Asking,
  ): Promise<AppendResult> {
    let partition: Partition | null = null;
    const { signal } = caller;
    try {
      partition = this.#find(topicId, part, caller);
      checkWanted(partition, part);
      const wanted = wishes.of(partition.topic.settings);
      const log = partition.requireLog();
      const asking = { signal, timeoutMs, repeatsOf: (ids: readonly (string | null)[]) => log.repeatsOf(ids) };
      const checked = await this.#checks.check(part.records, wanted, asking);
      checkStillThere(signal);
      // The topic may have gone meanwhile, or want something else, and so may the right to write to it.
      partition = this.#find(topicId, part, caller);
      checkWanted(partition, part);
      if (wishes.of(partition.topic.settings) !== wanted) throw changedMeanwhile(partition);
      return this.#append(partition, checked, { nowMs: this.#options.clock.now(), joins, caller });
    } catch (thrown) {
      return this.#failed(thrown, part, partition);
    }
  }

  #find(topicId: string, part: PartitionBatch, caller: Caller): Partition {
    const topic = requireTopicId(this.#options.registry, topicId);
    const refusal = this.#access.refusal(caller, 'write', topic.resource);
    if (refusal !== null) throw refusal;
    return requirePartition(topic, part.partition);
  }

  #failed(thrown: unknown, part: PartitionBatch, partition: Partition | null): AppendResult {
    return AppendResult.refused(part.partition, partition, toPartitionError(thrown, this.#options.logger));
  }

  #append(
    partition: Partition,
    { header, batch, messageIds, rest }: CheckedBatch,
    { nowMs, joins, caller }: { readonly nowMs: number; readonly joins: boolean; readonly caller: Caller },
  ): AppendResult {
    const { settings, name } = partition.topic;
    const { maxMessageBytes } = settings.log;
    const log = partition.requireLog();
    // It may have grown, where the topic forces a codec that packs it less well.
    if (batch.length > maxMessageBytes) throw tooLarge(name, batch, maxMessageBytes);
    if (settings.log.timestampType === 'CreateTime') this.#checkTimestamp(header.maxTimestamp, nowMs);
    if (messageIds !== null) checkMessageIds(messageIds, this.#options.limits);
    const { leaderEpoch } = partition;
    // What it is part of is noted in the same turn, so that no end can come between the two.
    const joined = header.isTransactional ? this.#join(partition, header, { joins, caller }) : null;
    const appended = log.append(
      batch,
      settings.log.dedupWindowMs > 0
        ? { leaderEpoch, header, nowMs, messageIds, rest }
        : { leaderEpoch, header, nowMs },
    );
    if (!appended.duplicate) {
      const { counters } = this.#options;
      const { traffic } = partition.topic;
      traffic.recordsIn += header.recordsCount;
      traffic.bytesIn += batch.length;
      counters.recordsIn += header.recordsCount;
      counters.bytesIn += batch.length;
    }
    return AppendResult.appended(partition, joined === null ? appended : appendOnce(appended, joined), {
      logStartOffset: log.logStartOffset,
      durability: this.#options.inMemory ? 'memory' : settings.log.durability,
    });
  }

  #join(
    { topic, index: partition }: Partition,
    { producerId, producerEpoch }: BatchHeader,
    { joins, caller }: { readonly joins: boolean; readonly caller: Caller },
  ): Promise<void> | null {
    const { transactions, access } = this.#options;
    if (transactions === undefined) throw new QError('INVALID_TRANSACTION_STATE', 'this broker takes no transactions');
    const batch = { producerId, producerEpoch, topicId: topic.id, partition, joins };
    return transactions.join(batch, (resource) => access.refusal(caller, 'write', resource));
  }

  #checkTimestamp(maxTimestamp: number, nowMs: number): void {
    const latest = nowMs + this.#options.limits.timestampAheadMsMax;
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

/** Of all batches, also those that will be refused: their bytes came. */
function bytesOf({ topics }: AppendRequest): number {
  let bytes = 0;
  for (const { partitions } of topics) for (const { records } of partitions) bytes += records.length;
  return bytes;
}

/** @throws QError when the batch is refused for what needs no look into it */
function checkWanted(partition: Partition, { leaderEpoch, records }: PartitionBatch): void {
  checkLeaderEpoch(partition, leaderEpoch);
  partition.requireLog();
  const { internal, name, settings } = partition.topic;
  if (internal) throw new QError('INVALID_REQUEST', `topic ${name} is written by the broker alone`);
  const { maxMessageBytes } = settings.log;
  if (records.length > maxMessageBytes) throw tooLarge(name, records, maxMessageBytes);
}

function checkBatchNow(records: Buffer, { validate, recompressTo, wantsMessageIds }: BatchWishes): CheckedBatch {
  const header = validateBatch(records, validate);
  const batch = recompressTo === null ? records : recompressBatch(records, recompressTo);
  return { header, batch, messageIds: wantsMessageIds ? peekMessageIds(batch) : null, rest: null };
}

/** Nobody would hear of what is appended now, and it must not come behind what its sender sends again elsewhere. */
function checkStillThere(signal: CallerSignal): void {
  if (signal.aborted) throw new QError('REQUEST_TIMED_OUT', 'the connection ended; the records were not written');
}

function changedMeanwhile({ topic }: Partition): QError {
  return new QError('BROKER_BUSY', `topic ${topic.name} was changed while the records were checked; send them again`);
}

function tooBusy(budget: AppendServiceOptions['budget']): QError {
  return new QError('BROKER_BUSY', 'the broker holds as many unwritten bytes as it may; send again after a pause', {
    details: { heldBytes: budget.heldBytes, bytesMax: budget.hardBytes, retryAfterMs: busyPauseMs },
  });
}

function diskHangs(hangsForMs: number): QError {
  const seconds = Math.round(hangsForMs / 1000);
  return new QError('BROKER_BUSY', `the disk has not finished a write for ${seconds} s; send again after a pause`, {
    details: { hangsForMs: Math.round(hangsForMs), retryAfterMs: stuckPauseMs },
  });
}

/** Each is looked for and kept in the turn of the append, which cannot give way. */
function checkMessageIds({ length }: readonly unknown[], { messageIdsPerBatchMax }: BrokerLimits): void {
  if (length <= messageIdsPerBatchMax) return;
  throw new QError(
    'BATCH_TOO_LARGE',
    `a batch with message ids has at most ${messageIdsPerBatchMax} records, this one has ${length}`,
    {
      details: { records: length, recordsMax: messageIdsPerBatchMax },
    },
  );
}

/** One record that is too large cannot be helped by sending smaller batches, so it has a name of its own. */
function tooLarge(topic: string, records: Buffer, maxMessageBytes: number): QError {
  const details = { topic, bytes: records.length, bytesMax: maxMessageBytes };
  const isOneRecord = records.length >= batchHeaderBytes && batchRecordsCount(records) === 1;
  const what = isOneRecord ? 'a record' : 'a batch';
  const message = `${what} of ${records.length} bytes is larger than topic ${topic} takes (max.message.bytes = ${maxMessageBytes})`;
  return new QError(isOneRecord ? 'RECORD_TOO_LARGE' : 'BATCH_TOO_LARGE', message, { details });
}
