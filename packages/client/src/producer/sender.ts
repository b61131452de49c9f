import { QError } from '@q/protocol';
import type { ProduceResponsePartition } from '@q/protocol';

import type { Timer } from '../clock.ts';
import { isAmbiguous } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Connection } from '../connection/connection.ts';
import type { ResolvedProducerOptions } from './producer-options.ts';
import { pauseMs, toQError } from '../retry.ts';
import type { Accumulator } from './accumulator.ts';
import { LeaderSender } from './leader-sender.ts';
import { refused } from './outcome.ts';
import type { OutgoingBatch, OutgoingQueue } from './outgoing-batch.ts';
import { noIdentity, ProducerIdentities } from './producer-identity.ts';
import type { Identities, ProducerIdentity } from './producer-identity.ts';
import { callsForMetadata, judge } from './verdict.ts';

/**
 * Brings a producer's batches to their leaders, and deals with what comes back.
 *
 * Invariants
 * - A queue is listed with the sender of its leader only.
 * - Reconnecting, refreshing, asking for an identity: each is under way at most once for the same thing, and ends by
 *   waking whoever waits for it. None of them goes on after `stop`.
 */
export class Sender {
  readonly #cluster: Cluster;
  readonly #options: ResolvedProducerOptions;
  readonly #accumulator: Accumulator;
  readonly #identities: Identities;
  readonly #isTransactional: boolean;
  readonly #leaders = new Map<number, LeaderSender>();
  readonly #reconnecting = new Set<number>();
  readonly #refreshing = new Set<string>();
  readonly #renewing = new Set<OutgoingQueue>();
  readonly #backoffs = new Map<OutgoingQueue, Timer>();
  #acquiring = false;
  #stopped = false;

  /** `identities`: of a transaction; null: a producer without. */
  constructor(o: {
    cluster: Cluster;
    options: ResolvedProducerOptions;
    accumulator: Accumulator;
    identities: Identities | null;
  }) {
    this.#cluster = o.cluster;
    this.#options = o.options;
    this.#accumulator = o.accumulator;
    this.#identities = o.identities ?? new ProducerIdentities(o.cluster);
    this.#isTransactional = o.identities !== null;
  }

  /** The queue has something to send. */
  list(queue: OutgoingQueue): void {
    if (!this.#stopped) this.#leader(queue.leaderId).add(queue);
  }

  /** The queue's leader is another one now. */
  moved(queue: OutgoingQueue): void {
    for (const leader of this.#leaders.values()) leader.remove(queue);
    if (!queue.isEmpty) this.list(queue);
  }

  stop(): void {
    this.#stopped = true;
    for (const leader of this.#leaders.values()) leader.stop();
    for (const timer of this.#backoffs.values()) timer.cancel();
    this.#backoffs.clear();
  }

  #leader(brokerId: number): LeaderSender {
    return this.#leaders.get(brokerId) ?? this.#newLeader(brokerId);
  }

  /**
   * Apart from `#leader`, which every batch asks: a function with closures makes what they share whenever it is called.
   */
  #newLeader(brokerId: number): LeaderSender {
    const leader = new LeaderSender({
      clock: this.#cluster.clock,
      maxInFlight: this.#options.maxInFlight,
      lingerMs: this.#options.lingerMs,
      requestTimeoutMs: this.#cluster.requestTimeoutMs,
      connection: (): Connection | null => this.#cluster.linkOf(brokerId)?.ready ?? null,
      reconnect: (queues) => void this.#reconnect(brokerId, queues),
      identity: () => this.#identity(),
      renewIdentity: (queue) => void this.#renew(queue),
      list: (queue) => this.list(queue),
      acknowledged: (batch, answer, nowMs) => this.#acknowledged(batch, answer, nowMs),
      failed: (batch, error) => this.#failed(batch, error),
      throttled: (ms) => this.#cluster.throttled('produce', ms),
      unsendable: (batch, error) => this.#giveUp(batch, error),
    });
    this.#leaders.set(brokerId, leader);
    return leader;
  }

  async #reconnect(brokerId: number, queues: readonly OutgoingQueue[]): Promise<void> {
    if (this.#stopped || this.#reconnecting.has(brokerId)) return;
    this.#reconnecting.add(brokerId);
    try {
      const link = this.#cluster.linkOf(brokerId);
      if (link === null)
        throw new QError(
          'NO_BROKER',
          brokerId === -1
            ? 'The partition has no leader at the moment'
            : `The address of broker ${brokerId} is not known`,
        );
      await link.connection();
    } catch (thrown) {
      const error = toQError(thrown, 'connecting');
      for (const queue of queues) for (const batch of queue.batches()) batch.lastError = error;
      // Perhaps another broker leads by now. Without an address there is nothing that would make us wait, hence the
      // pause.
      const wait = error.code === 'NO_BROKER' ? this.#pause(1) : undefined;
      await Promise.all([
        wait,
        ...[...new Set(queues.map(({ topic }) => topic.name))].map((topic) => this.#refresh(topic)),
      ]);
    } finally {
      this.#reconnecting.delete(brokerId);
      this.#leader(brokerId).wake();
    }
  }

  async #refresh(topic: string): Promise<void> {
    if (this.#stopped || this.#refreshing.has(topic)) return;
    this.#refreshing.add(topic);
    try {
      await this.#cluster.metadata.refresh(topic);
    } catch (thrown) {
      const error = toQError(thrown, `refreshing topic "${topic}"`);
      // Anything else will pass, or meet its deadline.
      const known = this.#accumulator.find(topic);
      if (!error.retriable && !this.#stopped && known !== undefined) this.#accumulator.failTopic(known, error);
    } finally {
      this.#refreshing.delete(topic);
    }
  }

  #identity(): ProducerIdentity | null {
    if (!this.#options.idempotent) return noIdentity;
    if (this.#identities.current === null) void this.#acquire();
    return this.#identities.current;
  }

  async #acquire(): Promise<void> {
    if (this.#acquiring) return;
    this.#acquiring = true;
    for (let attempt = 1; !this.#stopped && this.#identities.current === null; attempt += 1) {
      try {
        await this.#identities.acquire();
      } catch (thrown) {
        const error = toQError(thrown, 'asking for a producer id');
        if (error.retriable) await this.#pause(attempt);
        else this.#accumulator.failAll(error);
        if (!error.retriable) break;
      }
    }
    this.#acquiring = false;
    for (const leader of this.#leaders.values()) leader.wake();
  }

  /** Gets past a gap in the partition's sequence (partition-queue.ts says when and why). */
  async #renew(queue: OutgoingQueue): Promise<void> {
    if (this.#stopped || this.#renewing.has(queue) || queue.brokenBy === null) return;
    this.#renewing.add(queue);
    const fresh = queue.brokenBy.code !== 'OUT_OF_ORDER_SEQUENCE';
    try {
      const identity = await this.#identities.renew(queue.identity ?? noIdentity, { fresh });
      const cause = queue.brokenBy;
      for (const batch of queue.restamp(identity)) this.#accumulator.fail(batch, refused(cause, batch));
    } catch (thrown) {
      const error = toQError(thrown, 'asking for a new producer epoch');
      if (error.retriable) await this.#pause(1);
      else if (!this.#stopped) this.#accumulator.failAll(error);
    } finally {
      this.#renewing.delete(queue);
      this.list(queue);
    }
  }

  #acknowledged(batch: OutgoingBatch, answer: ProduceResponsePartition, nowMs: number): void {
    if (batch.state !== 'sent') return; // It was given up meanwhile.
    batch.queue.acknowledged(batch, nowMs);
    this.#accumulator.succeed(batch, answer);
  }

  #failed(batch: OutgoingBatch, error: QError): void {
    const { queue } = batch;
    if (callsForMetadata(error)) void this.#refresh(queue.topic.name);
    if (batch.state === 'settled' || this.#stopped) return;
    batch.lastError = error;
    if (isAmbiguous(error) || error.fatal) batch.maybeStored = true;
    const { idempotent } = this.#options;
    switch (
      judge(error, {
        idempotent,
        isTransactional: this.#isTransactional,
        isFirst: queue.isFirst(batch),
        records: batch.records,
        maybeStored: batch.maybeStored,
      })
    ) {
      case 'again':
        return this.#again(batch, error);
      case 'new-identity':
      case 'fresh-identity':
        queue.again(batch, { notBeforeMs: 0 });
        queue.brokenBy = error;
        return;
      case 'split':
        return this.#split(batch);
      case 'fail':
        return this.#giveUp(batch, error);
    }
  }

  #giveUp(batch: OutgoingBatch, error: QError): void {
    batch.queue.giveUp(batch);
    this.#accumulator.fail(batch, refused(error, batch));
  }

  #again(batch: OutgoingBatch, error: QError): void {
    const { queue } = batch;
    const nowMs = this.#cluster.clock.monotonic();
    // It only came too early: the batch before it failed, and that one's wait is enough.
    const waits = error.code !== 'OUT_OF_ORDER_SEQUENCE' && queue.notBeforeMs <= nowMs;
    if (waits) queue.failures += 1;
    const waitMs = waits
      ? pauseMs(this.#cluster.retry, { attempt: queue.failures, random: this.#cluster.random, error })
      : 0;
    queue.again(batch, { notBeforeMs: nowMs + waitMs });
    if (!waits) return;
    this.#backoffs.get(queue)?.cancel();
    const timer = this.#cluster.clock.schedule(waitMs, () => {
      this.#backoffs.delete(queue);
      // A timer may be early by a fraction; the wait is over all the same, and no other timer would come.
      queue.notBeforeMs = 0;
      this.list(queue);
    });
    this.#backoffs.set(queue, timer);
  }

  #split(batch: OutgoingBatch): void {
    const halves = batch.split();
    batch.queue.replace(batch, halves);
    this.#accumulator.replaced(batch, halves);
  }

  /** Waits; ends early, without an error, when the client closes: callers look at `#stopped` themselves. */
  async #pause(attempt: number): Promise<void> {
    try {
      await this.#cluster.pause(attempt);
    } catch (error) {
      if (!this.#cluster.closing.aborted) throw error;
    }
  }
}
