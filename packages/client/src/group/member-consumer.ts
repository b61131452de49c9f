import { QError } from '@q/protocol';

import { onAbort } from '../abort.ts';
import { closedError } from '../cluster/broker-link.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { lends } from '../consumer/consumed-batch.ts';
import type { BatchesOptions } from '../consumer/consumed-batch.ts';
import { PullIterator } from '../consumer/pull-iterator.ts';
import { handled, receiving } from '../consumer/receiving.ts';
import { clientLimits } from '../limits.ts';
import {
  callable,
  checkArgument,
  checkKnown,
  checkList,
  checkOptions,
  checkedSeek,
  integer,
  isObject,
  offsetNumber,
  oneOf,
  partitionNumber,
  readingArgument,
  waitMsMax,
} from '../option-check.ts';
import type { OptionCheck } from '../option-check.ts';
import type { CloseResult, Producer } from '../producer/producer.ts';
import { toQError } from '../retry.ts';
import type { Topic } from '../topic/topic.ts';
import { ClusterTransactions } from '../transactions/cluster-transactions.ts';
import type { Transaction, TransactionalProducer } from '../transactions/transaction.ts';
import { fetchCommitted } from './committed-offsets.ts';
import type { CommittedOffset } from './committed-offsets.ts';
import type { GroupConsumer, OffsetToCommit, RunOptions } from './group-consumer.ts';
import type { GroupEvents } from './group-events.ts';
import type { GroupBatch, GroupMessage, Handed, HandedMessage } from './group-message.ts';
import type { ResolvedGroupOptions } from './group-options.ts';
import { ExactlyOnce, resolveProcessOptions } from './exactly-once.ts';
import type { ProcessOptions } from './exactly-once.ts';
import { GroupSession } from './group-session.ts';
import type { OffsetShare, SharesOffsets } from '../transactions/offset-share.ts';
import { runHandler } from './runner.ts';

/**
 * A group consumer: what the application calls, and the loop.
 *
 * Invariants
 * - One loop at a time. One that waits is woken by whatever could let it go on: batches, acknowledgements, failures,
 *   the end.
 * - It is closed once. From then on nothing is handed out, and a loop ends when the group has been left.
 */
export class MemberConsumer<K, V> implements GroupConsumer<K, V>, SharesOffsets {
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #options: ResolvedGroupOptions;
  readonly #onBusy: (consumer: MemberConsumer<K, V>) => void;
  readonly #onIdle: (consumer: MemberConsumer<K, V>) => void;
  readonly #session: GroupSession<K, V>;
  readonly #closed = Promise.withResolvers<CloseResult>();
  #forgetSignal: () => void = () => {};
  #isBusy = false;
  #isClosing = false;
  #loop: PullIterator<unknown> | null = null;
  #inHand: Handed | null = null;
  #wake: (() => void) | null = null;

  constructor(o: {
    cluster: Cluster;
    topic: Topic<unknown, unknown, K, V>;
    options: ResolvedGroupOptions;
    deadLetters: () => Producer;
    /** From now on it is to be closed with the client. */
    onBusy: (consumer: MemberConsumer<K, V>) => void;
    onIdle: (consumer: MemberConsumer<K, V>) => void;
  }) {
    const { cluster, topic, options, deadLetters } = o;
    this.#cluster = cluster;
    this.#topic = topic.name;
    this.#options = options;
    this.#onBusy = o.onBusy;
    this.#onIdle = o.onIdle;
    this.#session = new GroupSession({
      cluster,
      topic,
      options,
      deadLetters,
      onMayGoOn: () => this.#mayGoOn(),
      onEmpty: () => {
        if (this.#wake !== null) this.#session.catchUp.look();
      },
      onFailure: (error) => this.#failed(error),
    });
  }

  get memberId(): string {
    return this.#session.membership.id;
  }

  get partitions(): readonly number[] {
    const active = this.#session.ownership.all().filter(({ state }) => state === 'active');
    return active.map(({ partition }) => partition).toSorted((a, b) => a - b);
  }

  get skipped(): number {
    return this.#session.decoder.skipped;
  }

  get lastError(): QError | null {
    return this.#session.emitter.lastError;
  }

  get closed(): Promise<CloseResult> {
    this.#becomeBusy();
    return this.#closed.promise;
  }

  on<E extends keyof GroupEvents>(event: E, listener: (event: GroupEvents[E]) => void): () => void {
    checkArgument('event', event, groupEvent);
    checkArgument('listener', listener, callable);
    this.#becomeBusy();
    return this.#session.emitter.on(event, listener);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<GroupMessage<K, V>, undefined> {
    return receiving(this.#messages(), this.#cluster.tracing, this.#options.group);
  }

  batches(options: BatchesOptions = {}): AsyncIterableIterator<GroupBatch<K, V>, undefined> {
    const memory = lends(options);
    if (this.#options.keyConcurrencyMax !== null)
      throw new QError(
        'INVALID_REQUEST',
        'A batch holds many keys: concurrency by key hands out messages, not batches',
      );
    const batches = this.#iterate(1, () => this.#session.dispenser.takeBatch(memory));
    return receiving(batches, this.#cluster.tracing, this.#options.group);
  }

  traced<T extends GroupMessage<K, V> | GroupBatch<K, V>, R>(given: T, handler: (given: T) => R): R {
    return handled(given, { tracing: this.#cluster.tracing, group: this.#options.group, handler });
  }

  async run(handler: (message: GroupMessage<K, V>) => unknown, options: RunOptions<K, V> = {}): Promise<CloseResult> {
    checkArgument('handler', handler, callable);
    checkOptions('run', options, { onError: callable });
    await runHandler({
      messages: this.#messages(),
      handler: this.#cluster.tracing === null ? handler : (message) => this.traced(message, handler),
      onError: options.onError ?? null,
      isConcurrent: this.#options.keyConcurrencyMax !== null,
      stop: () => void this.close(),
      closed: this.#closed.promise,
      onStaleFailure: (thrown) =>
        this.#session.emitter.error(toQError(thrown, 'handling a message of a partition that was taken away')),
    });
    return this.#closed.promise;
  }

  async process(
    producer: TransactionalProducer,
    options: ProcessOptions,
    handler: (records: readonly GroupMessage<K, V>[], tx: Transaction) => unknown,
  ): Promise<CloseResult> {
    checkArgument('handler', handler, callable);
    if (!(producer instanceof ClusterTransactions))
      throw new QError('INVALID_REQUEST', 'process takes a producer that was made with a transactionalId');
    const { maxRecords, maxMs } = resolveProcessOptions(options, this.#options);
    this.#checkTransactional('process');
    const [cluster, session] = [this.#cluster, this.#session];
    const messages = this.#messages();
    const loop = new ExactlyOnce<K, V>({
      clock: cluster.clock,
      messages,
      producer,
      maxRecords,
      maxMs,
      handler,
      share: (handed) => session.shareBehind(handed),
      pause: (attempt) => cluster.pauseUnlessOver(attempt, session.set.closing).then(() => {}),
      onAborted: (error) => session.emitter.error(error),
    });
    try {
      await loop.run();
    } catch (thrown) {
      await messages.return();
      throw thrown;
    }
    return this.#closed.promise;
  }

  shareAcknowledged(): OffsetShare {
    this.#checkTransactional('commitOffsets');
    return this.#session.shareAcknowledged();
  }

  async ready(): Promise<void> {
    this.#becomeBusy();
    this.#checkOpen();
    await this.#session.ready();
    this.#checkOpen();
  }

  async commit(offsets?: readonly OffsetToCommit[]): Promise<void> {
    const { committer, ownership, isOver } = this.#session;
    if (isOver) throw closedError('The consumer');
    if (offsets === undefined) return committer.commitAcknowledged(ownership.all());
    checkCommits(offsets);
    const commits = offsets.map(({ partition, offset, metadata }) => ({
      owned: ownership.held(partition),
      offset,
      metadata: metadata ?? null,
    }));
    await Promise.all(commits.map(({ owned, offset, metadata }) => committer.commit(owned, { offset, metadata })));
  }

  async committed(): Promise<CommittedOffset[]> {
    if (this.#session.isOver) throw closedError('The consumer');
    const { topicId, partitions } = await this.#cluster.metadata.topic(this.#topic);
    return fetchCommitted(this.#cluster, {
      group: this.#options.group,
      member: null,
      topic: this.#topic,
      topicId,
      partitions: partitions.map(({ partition }) => partition),
      mustBeStable: false,
      signal: this.#cluster.closing,
    });
  }

  position(partition: number): number {
    checkArgument('partition', partition, partitionNumber);
    return this.#session.dispenser.position(this.#session.ownership.active(partition));
  }

  async seek(to: { readonly partition: number; readonly offset: number }): Promise<void> {
    const { partition, offset } = checkedSeek(to);
    await this.ready();
    this.#session.dispenser.seek(this.#session.ownership.active(partition), offset);
    this.#session.set.fetcher.pump();
  }

  async caughtUp(): Promise<void> {
    await this.ready();
    const { set, catchUp } = this.#session;
    const owned = this.partitions;
    const ends = owned.length === 0 ? new Map<number, number>() : await set.persist(() => set.lookUp(owned, 'end'));
    return catchUp.until(ends);
  }

  pause(partitions?: readonly number[]): void {
    if (partitions !== undefined) checkList('partitions', partitions, partitionNumber);
    this.#session.setPaused(partitions ?? null, true);
  }

  resume(partitions?: readonly number[]): void {
    if (partitions !== undefined) checkList('partitions', partitions, partitionNumber);
    this.#session.setPaused(partitions ?? null, false);
  }

  async close(options: { readonly timeoutMs?: number } = {}): Promise<CloseResult> {
    checkOptions('close', options, { timeoutMs: integer({ min: 0, max: waitMsMax }) });
    if (!this.#isClosing) {
      this.#isClosing = true;
      void this.#close(options.timeoutMs ?? this.#options.drainTimeoutMs).then(
        this.#closed.resolve,
        this.#closed.reject,
      );
    }
    return this.#closed.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(timeoutMs: number): Promise<CloseResult> {
    this.#forgetSignal();
    const leaving = this.#session.leave(timeoutMs);
    this.#wake?.();
    const result = await leaving;
    this.#inHand = null;
    if (this.#isBusy) this.#onIdle(this);
    // Also a loop whose schema never answers.
    this.#loop?.finish();
    return result;
  }

  /** Until somebody uses it, nothing that lives longer than the consumer knows of it. */
  #becomeBusy(): void {
    if (this.#isBusy || this.#isClosing) return;
    this.#isBusy = true;
    this.#onBusy(this);
    if (!this.#isEnding()) this.#forgetSignal = onAbort(this.#options.signal, () => void this.close());
  }

  #messages(): PullIterator<HandedMessage<K, V>> {
    return this.#iterate(clientLimits.messagesPerLook, () => this.#session.dispenser.takeMessage());
  }

  #iterate<T extends Handed>(itemsPerLook: number, take: () => T | null | Promise<T | null>): PullIterator<T> {
    this.#becomeBusy();
    this.#checkOpen();
    if (this.#loop !== null)
      throw new QError('INVALID_REQUEST', 'The consumer is being iterated already; one loop at a time');
    const iterator: PullIterator<T> = new PullIterator<T>({
      clock: this.#cluster.clock,
      itemsPerLook,
      take: () => this.#take(take),
      wait: () => this.#wait(),
      stop: (isLeft) => {
        // What the loop had in hand when it was left: nobody knows whether it will ever be acknowledged.
        if (isLeft && this.#options.keyConcurrencyMax === null) this.#inHand?.giveUp();
        return this.close();
      },
    });
    this.#loop = iterator;
    return iterator;
  }

  #take<T extends Handed>(take: () => T | null | Promise<T | null>): T | null | Promise<T | null> {
    const before = this.#inHand;
    if (before !== null) {
      this.#inHand = null;
      if (this.#options.autoAck && before.isPending) before.ack();
    }
    if (this.#isClosing) return null;
    this.#session.set.throwFailure();
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
    if (!this.#isClosing) await this.#session.start();
    if (this.#isEnding()) {
      await this.#closed.promise;
      return false;
    }
    if (this.#session.set.hasFailed || this.#session.dispenser.hasWork) return true;
    const woken = new Promise<void>((resolve) => (this.#wake = resolve));
    this.#session.catchUp.look();
    await woken;
    this.#wake = null;
    return true;
  }

  /** It may have been closed while we waited. */
  #isEnding(): boolean {
    return this.#isClosing;
  }

  #mayGoOn(): void {
    if (this.#wake !== null && this.#session.dispenser.hasWork) this.#wake();
  }

  #failed(error: QError): void {
    // With no loop to throw it, it must not go unheard.
    if (this.#loop === null) this.#session.emitter.error(error);
    this.#wake?.();
  }

  /** Commits of another kind could be ahead of those of a transaction. @throws QError */
  #checkTransactional(what: string): void {
    const { commitIntervalMs, autoAck, keyConcurrencyMax } = this.#options;
    const wrong =
      commitIntervalMs !== null
        ? { option: 'autoCommit', wanted: 'autoCommit: false' }
        : autoAck
          ? { option: 'autoAck', wanted: 'no autoAck' }
          : keyConcurrencyMax !== null && what === 'process'
            ? { option: 'concurrency', wanted: 'no concurrency' }
            : null;
    if (wrong === null) return;
    const { option, wanted } = wrong;
    const message = `${what} needs a consumer with ${wanted}: the transaction commits its offsets`;
    throw new QError('INVALID_REQUEST', message, { details: { option } });
  }

  #checkOpen(): void {
    if (this.#isClosing) throw closedError('The consumer');
  }
}

const groupEvent = oneOf([
  'assigned',
  'revoked',
  'lost',
  'stalled',
  'resumed',
  'error',
] satisfies (keyof GroupEvents)[]);
const metadataText: OptionCheck = (value) =>
  value === null
  || value === undefined
  || (typeof value === 'string' && value.length <= clientLimits.offsetMetadataLengthMax)
    ? null
    : `null, or a text of at most ${clientLimits.offsetMetadataLengthMax} characters`;

/** @throws QError `INVALID_REQUEST`. */
function checkCommits(offsets: readonly OffsetToCommit[]): void {
  checkList('offsets', offsets, (value) => (isObject(value) ? null : '{ partition, offset, metadata }'));
  for (const [at, commit] of offsets.entries()) readingArgument(`offsets[${at}]`, () => checkCommit(at, commit));
}

function checkCommit(at: number, commit: OffsetToCommit): void {
  checkKnown(`offsets[${at}]`, commit, ['partition', 'offset', 'metadata']);
  checkArgument(`offsets[${at}].partition`, commit.partition, partitionNumber);
  checkArgument(`offsets[${at}].offset`, commit.offset, offsetNumber);
  checkArgument(`offsets[${at}].metadata`, commit.metadata, metadataText);
}
