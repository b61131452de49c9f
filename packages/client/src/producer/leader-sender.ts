import { errorEntry, Produce, QError } from '@q/protocol';
import type { ProduceRequest, ProduceRequestPartition, ProduceResponse, ProduceResponsePartition } from '@q/protocol';

import { timerMsMin } from '../clock.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Connection } from '../connection/connection.ts';
import { clientLimits } from '../limits.ts';
import { LinkedList } from '../linked-list.ts';
import { notSent, toQError } from '../retry.ts';
import type { OutgoingBatch, OutgoingQueue } from './outgoing-batch.ts';
import type { ProducerIdentity } from './producer-identity.ts';

/*
 * Sends what one leader's partitions have ready.
 *
 * When to send: with less than `maxInFlight` requests on the way, everything that is closed or waits to be sent again.
 * An open batch goes along only while fewer than `partialBatchesInFlightMax` requests are on the way; beyond that it
 * gathers, since it could not be stored any earlier. So a lone record leaves at the end of its turn, and a busy leader
 * gets large batches, without a timer (unless `lingerMs` asks for one).
 *
 * Invariants
 * - `#ready` holds the queues that may have something to send. A queue that cannot send until an answer or a
 *   timer comes is taken off, and listed again by that answer or timer.
 * - A partition is in a request at most once.
 * - While a broker holds answers because of a quota, one request is on the way: more would only be held longer.
 * - The end of a request wakes us, also when all its partitions have another leader by now: others may wait for it.
 */

export interface LeaderSenderHost {
  readonly clock: Clock;
  readonly maxInFlight: number;
  readonly lingerMs: number;
  readonly requestTimeoutMs: number;
  /** The connection to the leader, or null if there is none right now. */
  connection(): Connection | null;
  /** Gets a connection, or learns that there is another leader; then calls `wake`. */
  reconnect(queues: readonly OutgoingQueue[]): void;
  /** Null if it still has to be asked for; then `wake` is called when it is there. */
  identity(): ProducerIdentity | null;
  renewIdentity(queue: OutgoingQueue): void;
  /** Lists the queue with the sender of its leader, which need not be this one any more. */
  list(queue: OutgoingQueue): void;
  acknowledged(batch: OutgoingBatch, answer: ProduceResponsePartition, nowMs: number): void;
  failed(batch: OutgoingBatch, error: QError): void;
  /** The broker has held an answer for so long because of a quota; 0: it has not. */
  throttled(ms: number): void;
  /** The batch cannot be sent, and never was. */
  unsendable(batch: OutgoingBatch, error: QError): void;
}

export class LeaderSender {
  readonly #host: LeaderSenderHost;
  readonly #ready = new LinkedList<OutgoingQueue>();
  #inFlight = 0;
  #scheduled = false;
  /** The last answer was held because of a quota. */
  #isThrottled = false;
  #lingerTimer: Timer | null = null;

  constructor(host: LeaderSenderHost) {
    this.#host = host;
  }

  /** Lists the queue, and sends at the end of this turn. */
  add(queue: OutgoingQueue): void {
    this.#ready.add(queue);
    this.wake();
  }

  remove(queue: OutgoingQueue): void {
    this.#ready.remove(queue);
  }

  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#host.clock.defer(this.#turnIsOver);
  }

  stop(): void {
    this.#lingerTimer?.cancel();
    this.#ready.clear();
  }

  /**
   * No closure in `wake`, which every batch calls: it would make what the closure holds also where it returns at once.
   */
  readonly #turnIsOver = (): void => {
    this.#scheduled = false;
    this.#pump({ mayTakeOpen: true });
  };

  #pump(o: { mayTakeOpen: boolean }): void {
    this.#dropIdle();
    if (this.#ready.length === 0) return;
    const identity = this.#host.identity();
    if (identity === null) return;
    const connection = this.#host.connection();
    if (connection === null) return this.#host.reconnect(this.#ready.toArray());
    while (this.#inFlight < (this.#isThrottled ? 1 : this.#host.maxInFlight)) {
      const mayTakeOpen = o.mayTakeOpen && this.#inFlight < clientLimits.partialBatchesInFlightMax;
      const batches = this.#gather({ identity, mayTakeOpen, requestBytesMax: connection.negotiated.requestBytesMax });
      if (batches.length === 0) break;
      this.#send(connection, batches);
    }
    if (this.#host.lingerMs > 0) this.#watchLinger();
  }

  /** Queues that cannot send now, whatever the connection: they need not be looked at for each request. */
  #dropIdle(): void {
    const nowMs = this.#host.clock.monotonic();
    for (const queue of this.#ready.toArray()) {
      if (queue.awaitsIdentity) this.#host.renewIdentity(queue);
      if (queue.isEmpty || queue.isBlocked(nowMs)) this.remove(queue);
    }
  }

  /** One batch of each partition that has one, until the request is large enough. Partitions served go to the back. */
  #gather(o: { identity: ProducerIdentity; mayTakeOpen: boolean; requestBytesMax: number }): OutgoingBatch[] {
    const nowMs = this.#host.clock.monotonic();
    const bytesMax = Math.min(
      clientLimits.produceRequestBytesMax,
      o.requestBytesMax - clientLimits.produceOverheadBytes,
    );
    const mayTakeOpen = (batch: OutgoingBatch): boolean =>
      o.mayTakeOpen && (batch.urgent || nowMs - batch.createdAtMs >= this.#host.lingerMs);
    const batches: OutgoingBatch[] = [];
    const next = { nowMs, mayTakeOpen };
    let bytes = 0;
    for (let queue = this.#ready.first; queue !== null; queue = queue.after) {
      const batch = queue.next(next);
      if (batch === null) continue;
      const batchBytes = batch.buffer?.length ?? batch.sizeBytes;
      if (batches.length > 0 && bytes + batchBytes > bytesMax) break;
      bytes += batchBytes;
      if (this.#stamped(batch, o.identity)) batches.push(batch);
    }
    for (const { queue } of batches) {
      this.remove(queue);
      // What is in the request is listed again by its answer.
      if (queue.hasUnsent) this.#ready.add(queue);
    }
    // A topic appears in a request once; nearly always it is the only one.
    const topic = batches[0]?.queue.topic;
    if (batches.every(({ queue }) => queue.topic === topic)) return batches;
    return batches.sort((a, b) =>
      a.queue.topic === b.queue.topic ? 0 : a.queue.topic.topicId < b.queue.topic.topicId ? -1 : 1,
    );
  }

  /**
   * Encoding can fail, as when a compressor does; that is the trouble of this batch alone, and no answer will wake us
   * for the next.
   */
  #stamped(batch: OutgoingBatch, identity: ProducerIdentity): boolean {
    try {
      batch.queue.stamp(batch, identity);
      return true;
    } catch (error) {
      this.#host.unsendable(batch, notSent(error, 'A batch cannot be encoded'));
      this.wake();
      return false;
    }
  }

  #send(connection: Connection, batches: readonly OutgoingBatch[]): void {
    const timeoutMs = this.#timeoutMs(batches);
    const request = produceRequest(batches, timeoutMs);
    for (const batch of batches) batch.queue.sent(batch);
    this.#inFlight += 1;
    connection.request(Produce, request, { timeoutMs }).then(
      (response) => this.#answered(connection, batches, response),
      (error: unknown) => this.#lost(batches, toQError(error, 'PRODUCE')),
    );
  }

  /** Nobody waits for the answer any longer once every batch has met its deadline. */
  #timeoutMs(batches: readonly OutgoingBatch[]): number {
    let latestMs = 0;
    for (const { deadlineMs } of batches) latestMs = Math.max(latestMs, deadlineMs);
    return Math.max(1, Math.min(this.#host.requestTimeoutMs, latestMs - this.#host.clock.monotonic()));
  }

  #answered(connection: Connection, batches: readonly OutgoingBatch[], response: ProduceResponse): void {
    const [topic, ...others] = response.topics;
    const answers =
      topic === undefined || others.length > 0
        ? response.topics.flatMap(({ partitions }) => partitions)
        : topic.partitions;
    if (
      answers.length !== batches.length
      || batches.some(({ queue }, at) => answers[at]?.partition !== queue.partition)
    ) {
      const error = new QError(
        'CONNECTION_LOST',
        'The broker answered PRODUCE for other partitions than it was asked about',
        { details: { opened: true } },
      );
      connection.close(error);
      return this.#lost(batches, error);
    }
    this.#over();
    this.#isThrottled = response.throttleTimeMs > 0;
    this.#host.throttled(response.throttleTimeMs);
    const nowMs = this.#host.clock.monotonic();
    for (let at = 0; at < batches.length; at += 1) {
      const batch = batches[at] as OutgoingBatch;
      const answer = answers[at] as ProduceResponsePartition;
      batch.queue.answered();
      if (answer.errorCode === 0) this.#host.acknowledged(batch, answer, nowMs);
      else this.#host.failed(batch, answerError(answer, response.retryAfterMs));
      this.#listAgain(batch.queue);
    }
    // What is closed goes at once; open batches wait for the turn's end, when those who waited have sent their next
    // records.
    this.#pump({ mayTakeOpen: false });
  }

  #lost(batches: readonly OutgoingBatch[], error: QError): void {
    this.#over();
    for (const batch of batches) {
      batch.queue.answered();
      this.#host.failed(batch, error);
      this.#listAgain(batch.queue);
    }
  }

  #listAgain(queue: OutgoingQueue): void {
    if (!queue.isEmpty) this.#host.list(queue);
  }

  /**
   * A request is over, whatever became of it: an open batch that only waited for that may go at the end of this turn.
   */
  #over(): void {
    this.#inFlight -= 1;
    this.wake();
  }

  #watchLinger(): void {
    this.#lingerTimer?.cancel();
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const { open } of this.#ready.toArray())
      if (open !== null) earliestMs = Math.min(earliestMs, open.createdAtMs + this.#host.lingerMs);
    if (!Number.isFinite(earliestMs)) return;
    const delayMs = earliestMs - this.#host.clock.monotonic();
    // A batch that is due already only waits for an answer, which wakes us by itself.
    if (delayMs > 0) this.#lingerTimer = this.#host.clock.schedule(Math.max(timerMsMin, delayMs), () => this.wake());
  }
}

function produceRequest(batches: readonly OutgoingBatch[], timeoutMs: number): ProduceRequest {
  const topics: { topicId: string; partitions: ProduceRequestPartition[] }[] = [];
  for (const { queue, buffer } of batches) {
    const { topicId } = queue.topic;
    const entry = { partition: queue.partition, leaderEpoch: queue.leaderEpoch, records: buffer as Buffer };
    const last = topics.at(-1);
    if (last?.topicId === topicId) last.partitions.push(entry);
    else topics.push({ topicId, partitions: [entry] });
  }
  // A little less than we wait ourselves, so that the broker is the one to say that it took too long.
  return { timeoutMs: Math.ceil(timeoutMs * 0.9), topics, traceContexts: traceContextsOf(batches) };
}

const none: readonly string[] = Object.freeze([]);

/** Nearly always none. */
function traceContextsOf(batches: readonly OutgoingBatch[]): readonly string[] {
  if (batches.every(({ traceContexts }) => traceContexts === null)) return none;
  const contexts = new Set(batches.flatMap(({ traceContexts }) => traceContexts ?? []));
  return [...contexts].slice(0, clientLimits.traceContextsMax);
}

function answerError(answer: ProduceResponsePartition, retryAfterMs: number): QError {
  const { name, kind, description } = errorEntry(answer.errorCode);
  const details = kind === 'retry' && retryAfterMs > 0 ? { retryAfterMs } : {};
  return new QError(name, answer.errorMessage ?? description, { details });
}
