/**
 * Tells everything that a transaction has touched how it ended: offsets to their groups, a marker to every partition.
 *
 * Invariants
 *  1. Nothing is told before the decision is durable: groups hear of it afterwards, markers are written behind it, at
 *     best in the same write.
 *  2. Nothing is told twice where that could do harm: a group notes which transaction it has taken offsets of, and a
 *     partition gets a marker only while a transaction of that very producer and epoch is open in it. So it may be
 *     begun again after a crash, or when a part of it has failed.
 */
import { isPrepared } from '@q/coordinator';
import type { Transaction } from '@q/coordinator';
import { encodeEndMarker } from '@q/protocol';
import { StorageError } from '@q/storage';
import type { Append } from '@q/storage';
import type { Clock } from '../../clock.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { GroupDirectory } from '../groups/group-directory.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Partition } from '../topics/topic.ts';
import type { LiveTransaction } from './live-transaction.ts';

const pauseMsMin = 100;
const pauseMsMax = 10_000;
/** As long as the disk takes nothing, each try fails. */
const laterMs = 1_000;

export interface OutcomeTellerOptions {
  readonly registry: Pick<TopicRegistry, 'byId'>;
  readonly groups: Pick<GroupDirectory, 'obtain'>;
  /** Called when a group may have come into being. */
  readonly grown: () => void;
  readonly clock: Clock;
  readonly logger: BrokerLogger;
  /** Stands in the markers: the term of this broker. */
  readonly coordinatorEpoch: number;
  /** Called when everything is told. */
  readonly told: (live: LiveTransaction) => void;
}

export class OutcomeTeller {
  readonly #options: OutcomeTellerOptions;
  readonly #pauses = new Set<() => void>();
  #isStopped = false;

  constructor(options: OutcomeTellerOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Resolves when all is told, the decision was not stored after all, or the broker stops. */
  tell(live: LiveTransaction): Promise<void> {
    live.telling ??= this.#tell(live).finally(() => (live.telling = null));
    return live.telling;
  }

  /** Something was taken back that could not be stored, and it is decided again, or still. */
  async tellLater(live: LiveTransaction): Promise<void> {
    await this.#pause(laterMs);
    await this.tell(live);
  }

  stop(): void {
    this.#isStopped = true;
    for (const goOn of this.#pauses) goOn();
  }

  async #tell(live: LiveTransaction): Promise<void> {
    for (let pauseMs = pauseMsMin; !this.#isStopped; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
      const told = await this.#tellWhenStored(live);
      if (told === null) return;
      const { decided, failures } = told;
      if (failures.length === 0) return this.#options.told(live);
      this.#report(decided, failures, pauseMs);
      await this.#pause(pauseMs);
    }
  }

  /** Null: there is nothing to tell. What was not stored was taken back, and whoever asked for it is told so. */
  async #tellWhenStored(live: LiveTransaction): Promise<{ decided: Transaction; failures: unknown[] } | null> {
    const marked = this.#markAlong(live);
    const telling = await new Promise<{ decided: Transaction; outcome: Promise<unknown[]> } | null>((resolve) =>
      live.whenSettled((isStored) => {
        const decided = live.newest;
        if (!isStored || decided === null || !isPrepared(decided)) resolve(null);
        else resolve({ decided, outcome: failuresOf([...marked, ...this.#tellAll(decided)]) });
      }),
    );
    return telling === null ? null : { decided: telling.decided, failures: await telling.outcome };
  }

  /**
   * Markers go to the disk with the decision, in one write where that is possible, and never without it. What could not
   * be marked so is marked once the decision is stored.
   */
  #markAlong(live: LiveTransaction): readonly Promise<void>[] {
    const marked: Promise<void>[] = [];
    if (!live.isSettled)
      live.whenHandedOver((decision) => {
        const decided = live.newest;
        if (decided === null || !isPrepared(decided)) return;
        for (const marking of this.#tellPartitions(decided, decision)) {
          // The decision may not have been stored: then nobody looks at it.
          marking.catch(() => undefined);
          marked.push(marking);
        }
      });
    return marked;
  }

  *#tellAll(decided: Transaction): Generator<Promise<void>> {
    yield* this.#tellGroups(decided);
    yield* this.#tellPartitions(decided);
  }

  /** Also for a start: before anybody asks a group for its offsets. */
  *tellGroups(decided: Transaction): Generator<Promise<void>> {
    yield* this.#tellGroups(decided);
  }

  *#tellGroups(decided: Transaction): Generator<Promise<void>> {
    if (decided.state !== 'prepareCommit') return;
    for (const [groupId, offsets] of decided.offsets) yield this.#tellGroup(groupId, decided, offsets.values());
  }

  async #tellGroup(
    groupId: string,
    decided: Transaction,
    offsets: Parameters<ReturnType<GroupDirectory['obtain']>['applyTransaction']>[1],
  ): Promise<void> {
    const { groups, grown, clock } = this.#options;
    const group = groups.obtain(groupId);
    group.applyTransaction(decided, offsets, clock.monotonic());
    grown();
    await group.settled();
  }

  *#tellPartitions(decided: Transaction, decision?: Append): Generator<Promise<void>> {
    for (const [topicId, partitions] of decided.partitions) {
      const topic = this.#options.registry.byId(topicId);
      if (topic === undefined) continue;
      for (const index of partitions) {
        const partition = topic.partitions[index];
        if (partition !== undefined) yield this.#tellPartition(partition, decided, decision);
      }
    }
  }

  async #tellPartition(
    partition: Partition,
    { producer, state, isRaised }: Transaction,
    decision: Append | undefined,
  ): Promise<void> {
    const log = partition.requireLog();
    // What is damaged may not know what is open in it: it is told once it is repaired, or deleted.
    if (partition.trouble !== null) throw partition.trouble;
    const open = log.openTransactionOf(producer.producerId);
    const epochMax = isRaised ? producer.producerEpoch - 1 : producer.producerEpoch;
    if (open === null || open.producerEpoch > epochMax) return;
    const outcome = state === 'prepareCommit' ? 'commit' : 'abort';
    await this.mark(partition, { ...producer, outcome }, decision);
  }

  /** Ends the transaction that a producer has in a partition, not before `decision`. Resolves when that is durable. */
  async mark(
    partition: Partition,
    marker: { readonly producerId: number; readonly producerEpoch: number; readonly outcome: 'commit' | 'abort' },
    decision?: Append,
  ): Promise<void> {
    const { clock, coordinatorEpoch } = this.#options;
    const batch = encodeEndMarker({ ...marker, coordinatorEpoch, timestampMs: clock.now() });
    try {
      const { leaderEpoch } = partition;
      const after = decision === undefined ? {} : { after: decision };
      await partition.requireLog().append(batch, { leaderEpoch, ...after }).durable;
    } catch (error) {
      // A later transaction of the producer has ended there.
      if (!(StorageError.is(error) && error.code === 'STALE_PRODUCER_EPOCH')) throw error;
    }
  }

  #report({ transactionalId, state }: Transaction, failures: readonly unknown[], pauseMs: number): void {
    this.#options.logger.warn(
      { event: 'transaction.not_told', transactionalId, state, failures: failures.length, pauseMs, err: failures[0] },
      'a transaction has ended, and not all of what it touched could be told so; it is tried again',
    );
  }

  async #pause(pauseMs: number): Promise<void> {
    if (this.#isStopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.schedule(pauseMs, resolve);
    this.#pauses.add(resolve);
    await promise;
    timer.cancel();
    this.#pauses.delete(resolve);
  }
}

/** The reasons why something could not be told. */
async function failuresOf(told: readonly Promise<void>[]): Promise<unknown[]> {
  const outcomes = await Promise.allSettled(told);
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
}
