import { FetchOffset, QError } from '@q/protocol';

import { onAbort } from '../abort.ts';
import type { Timer } from '../clock.ts';
import { closedError } from '../cluster/broker-link.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { Decoder } from '../consumer/decoder.ts';
import { PartitionSet } from '../consumer/partition-set.ts';
import { PullIterator } from '../consumer/pull-iterator.ts';
import { RecordStream } from '../consumer/record-stream.ts';
import { clientLimits } from '../limits.ts';
import { checkOptions, integer } from '../option-check.ts';
import type { CloseResult, Producer } from '../producer/producer.ts';
import { toQError } from '../retry.ts';
import type { Topic } from '../topic/topic.ts';
import { Assignment } from './assignment.ts';
import { Committer } from './committer.ts';
import { Dispenser } from './dispenser.ts';
import type { CommittedOffset, GroupConsumer, OffsetToCommit } from './group-consumer.ts';
import { GroupEmitter } from './group-events.ts';
import type { GroupEvents } from './group-events.ts';
import type { GroupBatch, GroupMessage, Handed, HandedMessage } from './group-message.ts';
import type { ResolvedGroupOptions } from './group-options.ts';
import { Membership } from './membership.ts';
import { Ownership } from './ownership.ts';
import { runHandler } from './runner.ts';
import { StallWatch } from './stall-watch.ts';

/*
 * A group consumer: the parts, and the loop that runs over them.
 *
 *     membership ── assignment ──► assignment ── active partitions ──► fetcher ──► record stream ──► dispenser ──► loop
 *         ▲                            │                                                                │
 *         └──────── what is owned ─────┴──── committer ◄──── acknowledged prefixes ◄──── ownership ◄── ack
 *
 * Invariants
 * - It joins once, is closed once, and never opens again.
 * - One loop at a time. A loop that waits is woken by whatever could let it go on: batches, acknowledgements, failures, the end.
 * - Once closing has begun nothing is handed out and no assignment is followed.
 */

export class MemberConsumer<K, V> implements GroupConsumer<K, V> {
  readonly #cluster: Cluster;
  readonly #topic: Topic<unknown, unknown, K, V>;
  readonly #options: ResolvedGroupOptions;
  readonly #onClosed: () => void;
  readonly #emitter = new GroupEmitter();
  readonly #stream: RecordStream;
  readonly #set: PartitionSet;
  readonly #decoder: Decoder<K, V>;
  readonly #ownership: Ownership;
  readonly #dispenser: Dispenser<K, V>;
  readonly #committer: Committer;
  readonly #membership: Membership;
  readonly #assignment: Assignment;
  readonly #stalls: StallWatch;
  /** Whether the first assignment is settled: with null, or with why it never will be. */
  readonly #settled = Promise.withResolvers<QError | null>();
  readonly #closed = Promise.withResolvers<CloseResult>();
  readonly #forgetSignal: () => void;
  #starting: Promise<void> | null = null;
  #isClosing = false;
  /** The group is being left: nothing can be committed any more. */
  #isLeaving = false;
  #commitTimer: Timer | null = null;
  #active: object | null = null;
  #inHand: Handed | null = null;
  #wake: (() => void) | null = null;
  #isPausedWhole = false;
  readonly #paused = new Set<number>();

  constructor(o: { cluster: Cluster; topic: Topic<unknown, unknown, K, V>; options: ResolvedGroupOptions; deadLetters: () => Producer; onClosed: () => void }) {
    const { cluster, topic, options } = o;
    this.#cluster = cluster;
    this.#topic = topic;
    this.#options = options;
    this.#onClosed = o.onClosed;
    this.#stream = new RecordStream(() => this.#set.fetcher.pump());
    this.#decoder = new Decoder({ topic, stream: this.#stream, deadLetters: o.deadLetters });
    this.#set = this.#makeSet();
    this.#ownership = new Ownership({ topic: topic.name, clock: cluster.clock, onFewer: () => this.#mayGoOn() });
    this.#dispenser = new Dispenser({ decoder: this.#decoder, stream: this.#stream, ownership: this.#ownership, options });
    this.#membership = this.#makeMembership();
    this.#committer = new Committer({ cluster, member: this.#membership, onTrouble: (error) => this.#emitter.emit('error', error) });
    this.#assignment = this.#makeAssignment();
    this.#stalls = this.#makeStallWatch();
    this.#forgetSignal = onAbort(options.signal, () => void this.close());
  }

  get memberId(): string {
    return this.#membership.id;
  }

  get partitions(): readonly number[] {
    return this.#ownership.all().filter(({ state }) => state === 'active').map(({ partition }) => partition).toSorted((a, b) => a - b);
  }

  get skipped(): number {
    return this.#decoder.skipped;
  }

  get closed(): Promise<CloseResult> {
    return this.#closed.promise;
  }

  on<E extends keyof GroupEvents>(event: E, listener: (event: GroupEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<GroupMessage<K, V>, undefined> {
    return this.#messages();
  }

  batches(): AsyncIterableIterator<GroupBatch<K, V>, undefined> {
    if (this.#options.keyConcurrencyMax !== null) throw new QError('INVALID_REQUEST', 'A batch holds many keys: concurrency by key hands out messages, not batches');
    return this.#iterate(() => this.#dispenser.takeBatch());
  }

  async run(handler: (message: GroupMessage<K, V>) => unknown): Promise<CloseResult> {
    await runHandler({
      messages: this.#messages(),
      handler,
      isConcurrent: this.#options.keyConcurrencyMax !== null,
      stop: () => void this.close(),
      onStaleFailure: (thrown) => this.#emitter.emit('error', toQError(thrown, 'handling a message of a partition that was taken away')),
    });
    return this.closed;
  }

  async ready(): Promise<void> {
    this.#checkOpen();
    await this.#start();
    const failure = await this.#settled.promise;
    if (failure !== null) throw failure;
    this.#checkOpen();
  }

  async commit(offsets?: readonly OffsetToCommit[]): Promise<void> {
    if (this.#isLeaving) throw closedError('The consumer');
    if (offsets === undefined) {
      this.#committer.take(this.#ownership.all());
      return this.#committer.settled(this.#ownership.all());
    }
    for (const { offset, metadata } of offsets) checkOffset(offset, metadata ?? null);
    const commits = offsets.map(({ partition, offset, metadata }) => ({ owned: this.#ownership.active(partition), offset, metadata: metadata ?? null }));
    await Promise.all(commits.map(({ owned, offset, metadata }) => this.#committer.commit(owned, { offset, metadata })));
  }

  async committed(): Promise<CommittedOffset[]> {
    this.#checkOpen();
    const { topicId, partitions } = await this.#cluster.metadata.topic(this.#topic.name);
    const topics = [{ topicId, partitions: partitions.map(({ partition }) => partition) }];
    const response = await this.#cluster.request(FetchOffset, { groupId: this.#options.group, memberId: '', memberEpoch: -1, topics }, { resend: true });
    const answers = response.topics[0]?.partitions ?? [];
    return answers.filter(({ offset }) => offset !== -1).map(({ partition, offset, metadata, committedAtMs }) => ({ partition, offset, metadata, committedAtMs }));
  }

  position(partition: number): number {
    return this.#ownership.active(partition).reader?.position ?? 0;
  }

  async seek(to: { readonly partition: number; readonly offset: number }): Promise<void> {
    checkOffset(to.offset, null);
    await this.ready();
    this.#dispenser.seek(this.#ownership.active(to.partition), to.offset);
    this.#set.fetcher.pump();
  }

  pause(partitions?: readonly number[]): void {
    if (partitions === undefined) this.#isPausedWhole = true;
    for (const partition of partitions ?? []) this.#paused.add(partition);
    this.#applyPauses();
  }

  resume(partitions?: readonly number[]): void {
    if (partitions === undefined) {
      this.#isPausedWhole = false;
      this.#paused.clear();
    }
    for (const partition of partitions ?? []) this.#paused.delete(partition);
    this.#applyPauses();
    this.#set.fetcher.pump();
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<CloseResult> {
    checkOptions('close', options, { timeoutMs: integer({ min: 0 }) });
    if (!this.#isClosing) {
      this.#isClosing = true;
      void this.#shutDown(options.timeoutMs ?? this.#options.drainTimeoutMs).then(this.#closed.resolve, this.#closed.reject);
    }
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #messages(): PullIterator<HandedMessage<K, V>> {
    return this.#iterate(() => this.#dispenser.takeMessage());
  }

  #iterate<T extends Handed>(take: () => T | null | Promise<T | null>): PullIterator<T> {
    this.#checkOpen();
    if (this.#active !== null) throw new QError('INVALID_REQUEST', 'The consumer is being iterated already; one loop at a time');
    const iterator: PullIterator<T> = new PullIterator<T>({
      take: () => this.#take(take),
      wait: () => this.#wait(),
      stop: (isLeft) => {
        // What the loop had in hand when it was left: nobody knows whether it will ever be acknowledged.
        if (isLeft && this.#options.keyConcurrencyMax === null) this.#inHand?.giveUp();
        return this.close();
      },
    });
    this.#active = iterator;
    return iterator;
  }

  #take<T extends Handed>(take: () => T | null | Promise<T | null>): T | null | Promise<T | null> {
    const before = this.#inHand;
    if (before !== null) {
      this.#inHand = null;
      if (this.#options.autoAck && before.isPending) before.ack();
    }
    if (this.#isClosing) return null;
    this.#set.throwFailure();
    const taken = take();
    if (taken instanceof Promise) return taken.then((handed) => this.#keep(handed));
    this.#inHand = taken;
    return taken;
  }

  /** What a slow schema gave may come too late: it is left to the next owner. */
  #keep<T extends Handed>(handed: T | null): T | null {
    if (handed !== null && this.#isClosing) {
      handed.giveUp();
      return null;
    }
    this.#inHand = handed;
    return handed;
  }

  /** Nothing can be handed out: starts if need be, and waits until something can, or for the end. */
  async #wait(): Promise<boolean> {
    if (!this.#isClosing) await this.#start();
    if (this.#isEnding()) {
      await this.closed;
      return false;
    }
    if (this.#set.hasFailed || this.#dispenser.hasWork) return true;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
    return true;
  }

  /** It may have been closed while we waited. */
  #isEnding(): boolean {
    return this.#isClosing;
  }

  /** There is more to hand out, or more room for it. */
  #mayGoOn(): void {
    if (this.#wake !== null && this.#dispenser.hasWork) this.#wake();
  }

  #start(): Promise<void> {
    this.#starting ??= this.#join();
    return this.#starting;
  }

  async #join(): Promise<void> {
    try {
      const metadata = await this.#set.persist(() => this.#cluster.metadata.topic(this.#topic.name));
      if (this.#isClosing) return;
      this.#assignment.begin(metadata);
      this.#set.follow(metadata);
      this.#set.fetcher.start();
      this.#stalls.start();
      this.#membership.start();
      this.#scheduleCommit();
    } catch (thrown) {
      if (this.#isClosing) return;
      this.#starting = null;
      throw thrown;
    }
  }

  #scheduleCommit(): void {
    const { commitIntervalMs } = this.#options;
    if (commitIntervalMs === null || this.#isClosing) return;
    this.#commitTimer = this.#cluster.clock.schedule(commitIntervalMs, () => {
      this.#committer.take(this.#ownership.all());
      this.#scheduleCommit();
    });
  }

  async #shutDown(timeoutMs: number): Promise<CloseResult> {
    this.#forgetSignal();
    this.#assignment.close();
    this.#stalls.stop();
    this.#commitTimer?.cancel();
    this.#set.fetcher.stop();
    this.#stream.clear();
    this.#wake?.();
    const ownership = this.#ownership;
    const [handedOut, ackedBefore] = [ownership.unacked, ownership.acked];
    await ownership.until(() => ownership.isQuiet, timeoutMs);
    for (const owned of ownership.all()) owned.close('the consumer was closed');
    const acked = ownership.acked - ackedBefore;
    const leaveByMs = this.#cluster.clock.monotonic() + clientLimits.leaveTimeoutMs;
    const isCommitted = await this.#assignment.commitWithin(ownership.all(), clientLimits.leaveTimeoutMs);
    await this.#leave(leaveByMs);
    this.#settled.resolve(closedError('The consumer'));
    this.#onClosed();
    return isCommitted ? { drained: acked, abandoned: handedOut - acked } : { drained: 0, abandoned: handedOut };
  }

  async #leave(leaveByMs: number): Promise<void> {
    this.#isLeaving = true;
    const leftMs = leaveByMs - this.#cluster.clock.monotonic();
    const trouble = await this.#membership.leave(Math.max(1, leftMs));
    if (trouble !== null) this.#emitter.emit('error', trouble);
    this.#committer.close();
    this.#set.close();
    for (const owned of this.#ownership.all()) {
      this.#dispenser.forget(owned);
      this.#ownership.leave(owned, 'the consumer was closed');
      this.#committer.forget(owned);
    }
  }

  #failed(error: QError): void {
    this.#settled.resolve(error);
    // With nobody in a loop to throw it at, it must not go unheard.
    if (this.#active === null) this.#emitter.emit('error', error);
    this.#wake?.();
  }

  #applyPauses(): void {
    for (const reader of this.#set.all()) reader.isPaused = this.#isPausedWhole || this.#paused.has(reader.partition);
  }

  #checkOpen(): void {
    if (this.#isClosing) throw closedError('The consumer');
  }

  #makeSet(): PartitionSet {
    const { name } = this.#topic;
    return new PartitionSet({
      cluster: this.#cluster,
      topic: name,
      fetch: this.#options,
      onOffsetOutOfRange: this.#options.onOffsetOutOfRange,
      onBatches: (reader) => {
        this.#stream.list(reader);
        this.#mayGoOn();
      },
      onFailure: (error) => this.#failed(error),
      onMadeAnew: (metadata) => {
        const reason = new QError('UNKNOWN_TOPIC_ID', `Topic "${name}" was deleted and created again`, { details: { topic: name } });
        this.#assignment.madeAnew(metadata, reason);
      },
    });
  }

  #makeMembership(): Membership {
    return new Membership({
      cluster: this.#cluster,
      topic: this.#topic.name,
      options: this.#options,
      events: {
        owned: () => this.#assignment.owned(),
        stalledMs: () => this.#stalls.stalledMs,
        onAssignment: (assigned) => this.#assignment.apply(assigned),
        onLost: (reason) => this.#assignment.loseAll(reason),
        onRefused: (error) => this.#set.fail(error),
      },
    });
  }

  #makeAssignment(): Assignment {
    return new Assignment({
      cluster: this.#cluster,
      topic: this.#topic.name,
      options: this.#options,
      set: this.#set,
      ownership: this.#ownership,
      committer: this.#committer,
      membership: () => this.#membership,
      emitter: this.#emitter,
      flow: {
        begin: (owned, reader) => {
          this.#dispenser.begin(owned, reader);
          this.#applyPauses();
        },
        stop: (owned) => this.#dispenser.stop(owned),
        forget: (owned) => this.#dispenser.forget(owned),
      },
      onSettled: () => this.#settled.resolve(null),
    });
  }

  #makeStallWatch(): StallWatch {
    return new StallWatch({
      clock: this.#cluster.clock,
      stallTimeoutMs: this.#options.stallTimeoutMs,
      progress: () => this.#ownership.progress,
      isWorkWaiting: () => this.#ownership.unacked > 0 || this.#dispenser.isWorkWaiting,
      describe: () => ({ unacked: this.#ownership.unacked, oldest: this.#ownership.oldest() }),
      onStalled: (event) => {
        this.#emitter.emit('stalled', event);
        this.#membership.tell();
      },
      onResumed: (event) => {
        this.#emitter.emit('resumed', event);
        this.#membership.tell();
      },
    });
  }
}

function checkOffset(offset: number, metadata: string | null): void {
  if (!Number.isSafeInteger(offset) || offset < 0) throw new QError('INVALID_REQUEST', `${String(offset)} is not an offset: use whole numbers from 0`);
  if (metadata === null || metadata.length <= clientLimits.offsetMetadataLengthMax) return;
  throw new QError('INVALID_REQUEST', `The metadata of a commit is ${metadata.length} characters long; at most ${clientLimits.offsetMetadataLengthMax} are kept`);
}
