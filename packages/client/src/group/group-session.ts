import { QError } from '@q/protocol';

import type { Timer } from '../clock.ts';
import { closedError } from '../cluster/broker-link.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { CatchUp } from '../consumer/catch-up.ts';
import { Decoder } from '../consumer/decoder.ts';
import { PartitionSet } from '../consumer/partition-set.ts';
import { RecordStream } from '../consumer/record-stream.ts';
import { clientLimits } from '../limits.ts';
import type { CloseResult, Producer } from '../producer/producer.ts';
import type { Topic } from '../topic/topic.ts';
import { Assignment } from './assignment.ts';
import { Committer } from './committer.ts';
import { Dispenser } from './dispenser.ts';
import { GroupEmitter } from './group-events.ts';
import type { ResolvedGroupOptions } from './group-options.ts';
import type { HandedMessage } from './group-message.ts';
import { Membership } from './membership.ts';
import { GroupShare } from './group-share.ts';
import type { OwnedPartition } from './owned-partition.ts';
import { Ownership } from './ownership.ts';
import { StallWatch } from './stall-watch.ts';

export interface GroupSessionOptions<K, V> {
  readonly cluster: Cluster;
  readonly topic: Topic<unknown, unknown, K, V>;
  readonly options: ResolvedGroupOptions;
  readonly deadLetters: () => Producer;
  /** There is more to hand out, or more room for it. */
  readonly onMayGoOn: () => void;
  /** A partition has nothing more for now. */
  readonly onEmpty: () => void;
  /** The consumer cannot go on: the loop is to throw what `set` has. */
  readonly onFailure: (error: QError) => void;
}

/** A partition as it stood when leaving began. */
interface Standing {
  readonly owned: OwnedPartition;
  readonly unacked: number;
  readonly acked: number;
}

/**
 * The parts of a group consumer and how they hang together, from joining to leaving.
 *
 *     membership ── what may be owned ──► assignment ── partitions ──► fetcher ──► record stream ──► dispenser ──► loop
 *         ▲                                   │                                                         │
 *         └────────── what is owned ──────────┴── committer ◄── acknowledged prefixes ◄── ownership ◄── ack
 *
 * Invariants
 * - It joins once, leaves once, and never comes back.
 * - Once leaving has begun nothing is fetched and no assignment is followed; heartbeats go on until everything is
 *   committed.
 * - Leaving is bounded, whatever application and broker do.
 */
export class GroupSession<K, V> {
  readonly emitter: GroupEmitter = new GroupEmitter();
  readonly set: PartitionSet;
  readonly decoder: Decoder<K, V>;
  readonly ownership: Ownership;
  readonly dispenser: Dispenser<K, V>;
  readonly committer: Committer;
  readonly catchUp: CatchUp = new CatchUp((partition) => this.set.get(partition));
  readonly membership: Membership;
  readonly #o: GroupSessionOptions<K, V>;
  readonly #stream: RecordStream;
  readonly #assignment: Assignment;
  readonly #stalls: StallWatch;
  /** Whether the first assignment was taken up: with null, or with why it never will be. */
  readonly #takenUp = Promise.withResolvers<QError | null>();
  #starting: Promise<void> | null = null;
  #isLeaving = false;
  #isOver = false;
  #commitTimer: Timer | null = null;
  #isPausedWhole = false;
  readonly #paused = new Set<number>();

  constructor(o: GroupSessionOptions<K, V>) {
    const { cluster, topic, options } = o;
    this.#o = o;
    this.#stream = new RecordStream(() => {
      this.set.fetcher.pump();
      this.catchUp.look();
    });
    this.decoder = new Decoder({ topic, stream: this.#stream, deadLetters: o.deadLetters });
    this.set = this.#makeSet();
    this.ownership = new Ownership({ topic: topic.name, clock: cluster.clock, onFewer: o.onMayGoOn });
    this.dispenser = new Dispenser({ decoder: this.decoder, stream: this.#stream, ownership: this.ownership, options });
    this.membership = this.#makeMembership();
    this.committer = new Committer({
      cluster,
      member: this.membership,
      onTrouble: (error) => this.emitter.error(error),
      onAskedDone: (owned, offset) => this.dispenser.committedBelow(owned, offset),
    });
    this.#assignment = this.#makeAssignment();
    this.#stalls = this.#makeStallWatch();
  }

  /** The group is left: nothing can be committed any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Joins; once. A start that failed may be tried again. */
  start(): Promise<void> {
    this.#starting ??= this.#join();
    return this.#starting;
  }

  /** Joins, and resolves when the first assignment is taken up. */
  async ready(): Promise<void> {
    await this.start();
    const failure = await this.#takenUp.promise;
    if (failure !== null) throw failure;
  }

  /** Partitions that are not owned (yet) may be paused too. Null: all, whatever is assigned. */
  setPaused(partitions: readonly number[] | null, isPaused: boolean): void {
    if (partitions === null) {
      this.#isPausedWhole = isPaused;
      if (!isPaused) this.#paused.clear();
    }
    for (const partition of partitions ?? []) {
      if (isPaused) this.#paused.add(partition);
      else this.#paused.delete(partition);
    }
    this.#applyPauses();
    this.set.fetcher.pump();
  }

  /** What is acknowledged without a gap, and not committed: for a transaction. */
  shareAcknowledged(): GroupShare {
    return this.#share(({ tracker }) => tracker.prefix);
  }

  /** What is behind these messages, or acknowledged: as if they were acknowledged already. */
  shareBehind(messages: readonly HandedMessage<K, V>[]): GroupShare {
    const behind = new Map(messages.map((message) => [message.owned, message.nextOffset]));
    return this.#share((owned) => behind.get(owned) ?? owned.tracker.prefix, [...behind.keys()]);
  }

  /** `also`: those that went meanwhile, too, so that the transaction is refused for them. */
  #share(offsetOf: (owned: OwnedPartition) => number, also: readonly OwnedPartition[] = []): GroupShare {
    const held = this.ownership.all().filter(({ reader, isClosed }) => reader !== null && !isClosed);
    const offsets = [...new Set([...held, ...also])]
      .map((owned) => ({ owned, offset: offsetOf(owned), acked: owned.acked }))
      .filter(({ owned, offset }) => offset > owned.committedPrefix);
    return new GroupShare({
      member: this.membership,
      offsets,
      goBack: (owned) => {
        this.dispenser.seek(owned, owned.committedPrefix);
        this.set.fetcher.pump();
      },
      fail: (error) => this.set.fail(error),
    });
  }

  /** Waits for what is handed out, commits, leaves. */
  async leave(timeoutMs: number): Promise<CloseResult> {
    const { ownership, set } = this;
    const { clock } = this.#o.cluster;
    this.#isLeaving = true;
    this.#assignment.close();
    this.#stalls.stop();
    this.#commitTimer?.cancel();
    set.fetcher.stop();
    this.#stream.clear();
    const before = ownership.all().map((owned): Standing => ({ owned, unacked: owned.unacked, acked: owned.acked }));
    await ownership.until(() => ownership.isQuiet, timeoutMs);
    for (const owned of ownership.all()) owned.close('the consumer was closed');
    const byMs = clock.monotonic() + clientLimits.leaveTimeoutMs;
    await this.#assignment.commitWithin(ownership.all(), clientLimits.leaveTimeoutMs);
    this.#isOver = true;
    const trouble = await this.membership.leave(Math.max(1, byMs - clock.monotonic()));
    if (trouble !== null) this.emitter.error(trouble);
    const result = this.#resultSince(before);
    this.#release();
    return result;
  }

  /** What became of the messages that were handed out, and of acknowledged ones that were not committed then. */
  #resultSince(before: readonly Standing[]): CloseResult {
    const isAutomatic = this.#o.options.commitIntervalMs !== null;
    let [drained, abandoned] = [0, 0];
    for (const { owned, unacked, acked } of before) {
      const ackedSince = owned.acked - acked;
      const isOwed = isAutomatic && !owned.isCommitted;
      if (!isOwed) drained += ackedSince;
      abandoned += unacked - ackedSince + (isOwed ? owned.acked - owned.ackedAtCommit : 0);
    }
    return { drained, abandoned };
  }

  #release(): void {
    this.decoder.release();
    this.catchUp.close();
    this.committer.close();
    this.set.close();
    this.#assignment.dropAll('the consumer was closed');
    this.#takenUp.resolve(closedError('The consumer'));
  }

  async #join(): Promise<void> {
    const { cluster, topic } = this.#o;
    try {
      const metadata = await this.set.persist(() => cluster.metadata.topic(topic.name));
      if (this.#isLeaving) return;
      this.#assignment.begin(metadata);
      this.set.follow(metadata);
      this.set.fetcher.start();
      this.#stalls.start();
      this.membership.start();
      this.#scheduleCommit();
    } catch (thrown) {
      this.#starting = null;
      if (!this.#isLeaving) throw thrown;
    }
  }

  #scheduleCommit(): void {
    const { commitIntervalMs } = this.#o.options;
    if (commitIntervalMs === null) return;
    this.#commitTimer = this.#o.cluster.clock.schedule(commitIntervalMs, () => {
      this.committer.take(this.ownership.all());
      this.#scheduleCommit();
    });
  }

  #applyPauses(): void {
    for (const reader of this.set.all()) reader.isPaused = this.#isPausedWhole || this.#paused.has(reader.partition);
  }

  #makeSet(): PartitionSet {
    const { cluster, topic, options } = this.#o;
    return new PartitionSet({
      cluster,
      topic: topic.name,
      fetch: options,
      onOffsetOutOfRange: options.onOffsetOutOfRange,
      onBatches: (reader) => {
        this.#stream.list(reader);
        this.#o.onMayGoOn();
      },
      onEmpty: () => this.#o.onEmpty(),
      onFailure: (error) => {
        this.#takenUp.resolve(error);
        this.#o.onFailure(error);
      },
      onMadeAnew: (metadata) => {
        const reason = new QError('UNKNOWN_TOPIC_ID', `Topic "${topic.name}" was deleted and created again`, {
          details: { topic: topic.name },
        });
        this.#assignment.madeAnew(metadata, reason);
      },
    });
  }

  #makeMembership(): Membership {
    const { cluster, topic, options } = this.#o;
    return new Membership({
      cluster,
      topic: topic.name,
      options,
      events: {
        owned: () => this.#assignment.owned(),
        stalledMs: () => this.#stalls.stalledMs,
        onAssignment: (assigned) => this.#assignment.apply(assigned),
        onLost: (reason) => this.#assignment.loseAll(reason),
        onRefused: (error) => this.set.fail(error),
      },
    });
  }

  #makeAssignment(): Assignment {
    const { cluster, topic, options } = this.#o;
    return new Assignment({
      cluster,
      topic: topic.name,
      options,
      set: this.set,
      ownership: this.ownership,
      committer: this.committer,
      membership: this.membership,
      emitter: this.emitter,
      flow: {
        begin: (owned, reader) => {
          this.dispenser.begin(owned, reader);
          this.#applyPauses();
        },
        stop: (owned) => this.dispenser.stop(owned),
        forget: (owned) => this.dispenser.forget(owned),
      },
      onTakenUp: () => this.#takenUp.resolve(null),
    });
  }

  #makeStallWatch(): StallWatch {
    const { ownership, dispenser, emitter, membership } = this;
    return new StallWatch({
      clock: this.#o.cluster.clock,
      stallTimeoutMs: this.#o.options.stallTimeoutMs,
      progress: () => ownership.progress,
      isWorkWaiting: () => ownership.unacked > 0 || dispenser.isWorkWaiting,
      describe: () => ({ unacked: ownership.unacked, oldest: ownership.oldest() }),
      onStalled: (event) => {
        emitter.emit('stalled', event);
        membership.tell();
      },
      onResumed: (event) => {
        emitter.emit('resumed', event);
        membership.tell();
      },
    });
  }
}
