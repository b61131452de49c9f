import { errorEntry, Fetch, isolationCode, QError } from '@q/protocol';
import type { FetchRequest, FetchResponse, FetchResponsePartition } from '@q/protocol';

import { untilAborted } from '../abort.ts';
import { timerMsMin } from '../clock.ts';
import type { Timer } from '../clock.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { clientLimits } from '../limits.ts';
import { LinkedList } from '../linked-list.ts';
import type { ListNode } from '../linked-list.ts';
import type { ResolvedConsumerOptions } from './consumer-options.ts';
import { OwnSignal } from '../own-signal.ts';
import { pauseMs, toQError } from '../retry.ts';
import type { PartitionReader } from './partition-reader.ts';

/*
 * Keeps the readers' buffers filled: asks each leader for what its partitions have room for, while what came before is
 * being consumed.
 *
 * Invariants
 * - Bytes buffered and bytes asked for together stay below `prefetchBytes`, except that a fetch may bring one batch of
 *   any size, or a batch larger than the budget could never be read.
 * - A partition is in at most one fetch, and is asked for only while it holds less than its share: one that is read
 *   slowly takes no memory from the others.
 * - Partitions that were read up to their end are waited for in fetches of their own, so that no long poll holds up a
 *   partition that has records. A leader has at most `fetchesPerLeaderMax` fetches for those with records, and
 *   `pollsPerLeaderMax` polls. As partitions come to their ends one by one, each may be in a poll of its own; those
 *   that are answered together go on together.
 * - Fetches that nobody waits for any more take no room; with them a leader has at most `fetchesWithAbandonedMax`.
 * - Between `stop` and `start` nothing is asked for, and what is still under way is abandoned.
 */

export interface FetcherEvents {
  /** The reader has batches now. */
  onBatches(reader: PartitionReader): void;
  /** Of a reader it is known that there is nothing to fetch for it, as was not known before. */
  onEmpty(): void;
  /** The position is not, or no longer, in the log. */
  onOutOfRange(reader: PartitionReader): void;
  onFatal(error: QError): void;
  /** The topic's leaders may have changed. Must call `pump` when that is known. */
  onStaleMetadata(): void;
}

/** How much is fetched, and how patiently. */
export type FetchOptions = Pick<
  ResolvedConsumerOptions,
  'prefetchBytes' | 'maxWaitMs' | 'idleWaitMs' | 'minBytes' | 'isolation'
>;

/** A request under way. Readers that have moved elsewhere meanwhile do not wait for it any more. */
interface FetchUnderWay extends ListNode<FetchUnderWay> {
  readonly brokerId: number;
  /** Its readers were at the end of their partitions. */
  readonly isPoll: boolean;
  readonly readers: readonly PartitionReader[];
  readonly maxBytes: number;
}

export class Fetcher {
  readonly #cluster: Cluster;
  readonly #options: FetchOptions;
  readonly #events: FetcherEvents;
  readonly #readsCommitted: boolean;
  readonly #readers = new LinkedList<PartitionReader>();
  readonly #underWay = new LinkedList<FetchUnderWay>();
  #topicId = '';
  #running: OwnSignal | null = null;
  #scheduled = false;
  #retryTimer: Timer | null = null;
  #retryAtMs = 0;

  constructor(o: { cluster: Cluster; options: FetchOptions; events: FetcherEvents }) {
    this.#cluster = o.cluster;
    this.#options = o.options;
    this.#events = o.events;
    this.#readsCommitted = o.options.isolation === 'read_committed';
  }

  add(reader: PartitionReader): void {
    this.#readers.add(reader);
    this.pump();
  }

  /** What was fetched ahead of the reader is dropped, and what is still under way will be. */
  remove(reader: PartitionReader): void {
    this.#readers.remove(reader);
    reader.drop();
  }

  setTopicId(topicId: string): void {
    this.#topicId = topicId;
  }

  start(): void {
    this.#running ??= new OwnSignal();
    this.pump();
  }

  stop(): void {
    this.#running?.abort();
    this.#running = null;
    this.#retryTimer?.cancel();
    this.#retryTimer = null;
  }

  /** Asks, at the end of this turn, for whatever there is room for. */
  pump(): void {
    if (this.#scheduled || this.#running === null) return;
    this.#scheduled = true;
    this.#cluster.clock.defer(() => {
      this.#scheduled = false;
      if (this.#running !== null) this.#fetchAll(this.#running);
    });
  }

  #fetchAll(signal: OwnSignal): void {
    const nowMs = this.#cluster.clock.monotonic();
    const due: PartitionReader[] = [];
    const bufferBytes = this.#bufferBytes();
    let earliestMs = Number.POSITIVE_INFINITY;
    for (let reader = this.#readers.first; reader !== null; reader = reader.after) {
      if (
        reader.isPaused
        || reader.isHeld
        || reader.fetch !== null
        || reader.isDone
        || reader.bufferedBytes >= bufferBytes
      )
        continue;
      if (reader.notBeforeMs > nowMs) earliestMs = Math.min(earliestMs, reader.notBeforeMs);
      else if (reader.leaderId === -1)
        this.#backOff(reader, new QError('NOT_LEADER', 'The partition has no leader at the moment'));
      else due.push(reader);
    }
    if (Number.isFinite(earliestMs)) this.#retryAt(earliestMs);
    // Not more, though there may be room: what has just come is decoded faster while the processor's caches still hold
    // it.
    const shareBytes = Math.min(clientLimits.fetchPartitionBytes, bufferBytes);
    for (const [brokerId, readers] of Map.groupBy(due, ({ leaderId }) => leaderId)) {
      const [atEnd, behind] = [readers.filter(({ isAtEnd }) => isAtEnd), readers.filter((reader) => !reader.isAtEnd)];
      if (behind.length > 0) this.#fetchFrom(brokerId, behind, { wantedBytes: shareBytes * behind.length, signal });
      if (atEnd.length > 0) this.#poll(brokerId, atEnd, { maxBytes: shareBytes * atEnd.length, signal });
    }
  }

  /**
   * What one partition may hold before it is asked for again. All together hold `prefetchBytes`, and more only where a
   * single batch is larger than the room that was left for it.
   */
  #bufferBytes(): number {
    const fair = Math.floor(this.#options.prefetchBytes / (2 * Math.max(1, this.#readers.length)));
    return Math.max(clientLimits.fetchBufferBytesMin, fair);
  }

  #fetchFrom(
    brokerId: number,
    readers: readonly PartitionReader[],
    o: { wantedBytes: number; signal: OwnSignal },
  ): void {
    if (!this.#hasSlot(brokerId, { isPoll: false })) return;
    const maxBytes = this.#bytesToAsk(o.wantedBytes);
    if (maxBytes > 0) void this.#exchange(fetchOf({ brokerId, isPoll: false, readers, maxBytes }), o.signal);
  }

  /**
   * What polls ask for needs no look at the room: a partition is in one fetch, and all shares together are half of the
   * budget.
   */
  #poll(brokerId: number, readers: readonly PartitionReader[], o: { maxBytes: number; signal: OwnSignal }): void {
    if (this.#hasSlot(brokerId, { isPoll: true }))
      void this.#exchange(fetchOf({ brokerId, isPoll: true, readers, maxBytes: o.maxBytes }), o.signal);
  }

  #hasSlot(brokerId: number, { isPoll }: { isPoll: boolean }): boolean {
    let toLeader = 0;
    let alike = 0;
    for (let fetch = this.#underWay.first; fetch !== null; fetch = fetch.after) {
      if (fetch.brokerId !== brokerId) continue;
      toLeader += 1;
      if (fetch.isPoll === isPoll && isAwaited(fetch)) alike += 1;
    }
    const { fetchesPerLeaderMax, pollsPerLeaderMax, fetchesWithAbandonedMax } = clientLimits;
    return toLeader < fetchesWithAbandonedMax && alike < (isPoll ? pollsPerLeaderMax : fetchesPerLeaderMax);
  }

  /**
   * What is asked for has room for whole batches: of one that does not fit the broker reads in vain, and while
   * something is under way little room now is more room soon. 0: not now.
   */
  #bytesToAsk(wantedBytes: number): number {
    const { prefetchBytes } = this.#options;
    const askedBytes = this.#askedBytes({ isPoll: false });
    // With very many partitions the least that each poll asks for is more than half of the budget; it must not be all
    // of it.
    const polledBytes = Math.min(prefetchBytes >> 1, this.#askedBytes({ isPoll: true }));
    const roomBytes = prefetchBytes - this.#bufferedBytes() - askedBytes - polledBytes;
    const batchBytes = Math.min(clientLimits.fetchPartitionBytes, prefetchBytes >> 2);
    if (roomBytes < batchBytes) return askedBytes > 0 ? 0 : Math.max(0, roomBytes);
    const bytes = Math.min(roomBytes, Math.max(wantedBytes, batchBytes));
    return bytes - (bytes % Math.max(1, batchBytes));
  }

  #bufferedBytes(): number {
    let bytes = 0;
    for (let reader = this.#readers.first; reader !== null; reader = reader.after) bytes += reader.bufferedBytes;
    return bytes;
  }

  #askedBytes({ isPoll }: { isPoll: boolean }): number {
    let bytes = 0;
    for (let fetch = this.#underWay.first; fetch !== null; fetch = fetch.after)
      if (fetch.isPoll === isPoll && isAwaited(fetch)) bytes += fetch.maxBytes;
    return bytes;
  }

  async #exchange(fetch: FetchUnderWay, signal: OwnSignal): Promise<void> {
    this.#underWay.add(fetch);
    for (const reader of fetch.readers) reader.fetch = fetch;
    const outcome = await this.#ask(fetch, signal);
    this.#underWay.remove(fetch);
    const waiting = fetch.readers.filter((reader) => reader.fetch === fetch);
    for (const reader of waiting) reader.fetch = null;
    if (signal.aborted) return;
    if (QError.is(outcome)) {
      this.#failed(waiting, outcome);
      return this.pump();
    }
    this.#cluster.throttled('fetch', outcome.throttleTimeMs);
    // Nothing was looked at, because of a quota: the broker has held the request for as long as it might.
    const isWithheld = outcome.topics.length === 0 && outcome.throttleTimeMs > 0;
    const arrived = isWithheld ? [] : this.#answered(waiting, outcome);
    // Asked for before anyone is told of what came: the broker works on it while the application does.
    if (this.#running !== null) this.#fetchAll(this.#running);
    for (const reader of arrived) this.#events.onBatches(reader);
  }

  async #ask(fetch: FetchUnderWay, signal: OwnSignal): Promise<FetchResponse | QError> {
    const { brokerId } = fetch;
    try {
      const link = this.#cluster.linkOf(brokerId);
      if (link === null) throw new QError('NO_BROKER', `The address of broker ${brokerId} is not known`);
      const connection = link.ready ?? (await untilAborted(link.connection(), signal));
      const mayReadCommitted = connection.negotiated.version(Fetch) >= 2;
      const request = this.#request(fetch, { mayReadCommitted });
      const timeoutMs = this.#cluster.requestTimeoutMs + request.maxWaitMs;
      return await connection.request(Fetch, request, { timeoutMs, signal });
    } catch (thrown) {
      return toQError(thrown, 'FETCH');
    }
  }

  /** A broker that does not know what is committed has no transactions. */
  #request({ readers, maxBytes }: FetchUnderWay, { mayReadCommitted }: { mayReadCommitted: boolean }): FetchRequest {
    // Not the share: a broker that reads for every partition less than a batch has to read again, and to throw away
    // what does not fit in the answer. With a batch's worth for each it serves as many as fit, and others the next
    // time.
    const bytesMax = Math.min(clientLimits.fetchPartitionBytes, maxBytes);
    const partitions = readers.map(({ partition, leaderEpoch, fetchOffset }) => ({
      partition,
      leaderEpoch,
      fetchOffset,
      maxBytes: bytesMax,
    }));
    const minBytes = Math.min(this.#options.minBytes, maxBytes);
    return {
      maxWaitMs: this.#waitMs(readers),
      minBytes,
      maxBytes,
      isolation: this.#readsCommitted && mayReadCommitted ? isolationCode.readCommitted : isolationCode.readUncommitted,
      throttleWaitMs: Math.min(clientLimits.throttleWaitMs, Math.floor(this.#cluster.requestTimeoutMs / 2)),
      topics: [{ topicId: this.#topicId, partitions }],
    };
  }

  /**
   * Whoever waits for the first byte is answered when it comes, however long the broker may wait: a consumer that has
   * nothing to do costs less and less. Whoever waits for more bytes than one is answered with fewer when the time is
   * up.
   */
  #waitMs(readers: readonly PartitionReader[]): number {
    const { maxWaitMs, idleWaitMs, minBytes } = this.#options;
    if (minBytes > 1) return maxWaitMs;
    const emptyFetches = readers.reduce(
      (least, reader) => Math.min(least, reader.emptyFetches),
      Number.POSITIVE_INFINITY,
    );
    return Math.min(idleWaitMs, maxWaitMs * 2 ** Math.min(emptyFetches, 16));
  }

  /** Returns the readers that have something new for the application. */
  #answered(readers: readonly PartitionReader[], response: FetchResponse): PartitionReader[] {
    const arrived: PartitionReader[] = [];
    const answers = new Map((response.topics[0]?.partitions ?? []).map((answer) => [answer.partition, answer]));
    const isEmpty = [...answers.values()].every(({ records }) => records.length === 0);
    for (const reader of readers) {
      const answer = answers.get(reader.partition);
      if (answer === undefined)
        this.#backOff(
          reader,
          new QError('CONNECTION_LOST', `The broker did not answer for partition ${reader.partition}`),
        );
      else if (answer.errorCode !== 0) this.#refused(reader, answer);
      else if (
        answer.records.length > 0
          ? this.#received(reader, answer)
          : this.#hasReachedEnd(reader, { answer, hadRoom: isEmpty })
      )
        arrived.push(reader);
    }
    this.#letGoOfFrame(response);
    return arrived;
  }

  /** The readers look after their batches now. */
  #letGoOfFrame(response: FetchResponse): void {
    const withRecords = response.topics[0]?.partitions.find(({ records }) => records.length > 0);
    if (withRecords !== undefined) this.#cluster.frames.release(withRecords.records);
  }

  /** First offset that cannot be given yet. */
  #endOf({ highWatermark, lastStableOffset }: FetchResponsePartition): number {
    return this.#readsCommitted ? lastStableOffset : highWatermark;
  }

  #received(reader: PartitionReader, answer: FetchResponsePartition): boolean {
    reader.failures = 0;
    reader.highWatermark = this.#endOf(answer);
    try {
      reader.buffer(answer.records, answer.aborted);
    } catch (thrown) {
      const cause = toQError(thrown, 'reading batches');
      this.#events.onFatal(reader.corrupt('what was fetched cannot be read', { cause, offset: reader.fetchOffset }));
      return false;
    }
    // To the end of the line: with little room, brokers serve those first that are named first.
    this.#readers.remove(reader);
    this.#readers.add(reader);
    return true;
  }

  /**
   * The wanted end can lie behind offsets that no record has any more; then there is nothing left to wait for. That is
   * certain only if the whole answer is empty: otherwise other partitions may have used up its room.
   */
  #hasReachedEnd(reader: PartitionReader, o: { answer: FetchResponsePartition; hadRoom: boolean }): boolean {
    reader.failures = 0;
    const endOffsetNow = this.#endOf(o.answer);
    reader.highWatermark = endOffsetNow;
    if (reader.isAtEnd) reader.emptyFetches += 1;
    if (o.hadRoom) this.#isEmptyUpTo(reader, o.answer.highWatermark);
    const { endOffset } = reader;
    if (
      !o.hadRoom
      || endOffset === null
      || o.answer.highWatermark < endOffset
      || reader.hasBatches
      || reader.fetchOffset >= endOffset
    )
      return false;
    // What an open transaction holds back was not there to be read when the consumer started.
    if (endOffsetNow < endOffset) reader.endOffset = reader.fetchOffset;
    else reader.moveTo(endOffset);
    return true;
  }

  /** Whoever waits for the end may have got there, although no record is there to tell. */
  #isEmptyUpTo(reader: PartitionReader, highWatermark: number): void {
    if (reader.emptyUpTo === highWatermark) return;
    reader.emptyUpTo = highWatermark;
    this.#events.onEmpty();
  }

  #refused(reader: PartitionReader, answer: FetchResponsePartition): void {
    const { name, description } = errorEntry(answer.errorCode);
    const place = { topic: reader.topic, partition: reader.partition, offset: reader.fetchOffset };
    const error = new QError(
      name,
      `Topic "${place.topic}", partition ${place.partition}, offset ${place.offset}: ${answer.errorMessage ?? description}`,
      { details: place },
    );
    if (name === 'OFFSET_OUT_OF_RANGE') this.#events.onOutOfRange(reader);
    else if (error.retriable || name === 'UNKNOWN_TOPIC_ID') this.#backOff(reader, error);
    else this.#events.onFatal(error);
  }

  #failed(readers: readonly PartitionReader[], error: QError): void {
    if (!error.retriable) return this.#events.onFatal(error);
    for (const reader of readers) this.#backOff(reader, error);
  }

  #backOff(reader: PartitionReader, error: QError): void {
    reader.failures += 1;
    reader.notBeforeMs =
      this.#cluster.clock.monotonic()
      + pauseMs(this.#cluster.retry, { attempt: reader.failures, random: this.#cluster.random, error });
    this.#retryAt(reader.notBeforeMs);
    // A busy broker is still the leader; whatever else went wrong, another one may be it by now.
    if (error.code !== 'BROKER_BUSY' && error.code !== 'BUFFER_FULL') this.#events.onStaleMetadata();
  }

  #retryAt(atMs: number): void {
    if (this.#running === null || (this.#retryTimer !== null && this.#retryAtMs <= atMs)) return;
    this.#retryTimer?.cancel();
    this.#retryAtMs = atMs;
    this.#retryTimer = this.#cluster.clock.schedule(
      Math.max(timerMsMin, atMs - this.#cluster.clock.monotonic()),
      () => {
        this.#retryTimer = null;
        this.pump();
      },
    );
  }
}

function fetchOf(o: Omit<FetchUnderWay, keyof ListNode<FetchUnderWay>>): FetchUnderWay {
  return { ...o, list: null, before: null, after: null };
}

function isAwaited(fetch: FetchUnderWay): boolean {
  return fetch.readers.some((reader) => reader.fetch === fetch);
}
