/**
 * Transactions of a broker (rows X1-X3): puts their parts together, carries out what the state machine says, reads them
 * back at start, and sees them out.
 *
 * The way of one: `join` with the first batch of each partition, in the turn of its append; `stage` for offsets; `end`,
 * which is answered when all that was touched has been told, so that whoever asks next sees all of it.
 */
import { includesPartition, isPrepared, nextTransactionDeadlineMs, TransactionImage } from '@q/coordinator';
import type {
  Outcome,
  ProducerIdentity,
  StagedOffset,
  Transaction,
  TransactionCommand,
  TransactionContext,
  TransactionRecord,
  TransactionResult,
} from '@q/coordinator';
import { QError } from '@q/protocol';
import type { Resource } from '@q/security';
import type { LogId, LogStore, PartitionLog } from '@q/storage';
import type { Author } from '../../caller.ts';
import type { Clock, Scheduled } from '../../clock.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import { StateLog } from '../../state-log/state-log.ts';
import { noAudit } from '../audit/audit.ts';
import type { AuditNotes } from '../audit/audit.ts';
import { Deadlines } from '../deadlines.ts';
import type { Groups } from '../groups/groups.ts';
import type { ProducerIdBlocks } from '../producers/producer-id-blocks.ts';
import type { HoldingTransaction } from '../health/facts.ts';
import { internalLogConfig } from '../topics/internal-topic.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { Topic } from '../topics/topic.ts';
import { GroupNotes } from './group-notes.ts';
import { HangingTransactions } from './hanging-transactions.ts';
import { heldPartitions, holdingLongest } from './holding-transactions.ts';
import type { HeldPartition } from './holding-transactions.ts';
import type { LiveTransaction } from './live-transaction.ts';
import { checkAbort, noteAbort, noteAbortIn } from './operator-abort.ts';
import type { AbortedTransaction, AbortRight, AbortTransaction } from './operator-abort.ts';
import { OutcomeTeller } from './outcome-teller.ts';
import { PartitionAbort } from './partition-abort.ts';
import type { HangingInPartition } from './partition-abort.ts';
import { TransactionDirectory } from './transaction-directory.ts';
import { TransactionNumbers } from './transaction-numbers.ts';
import { tellUndone } from './undone-transactions.ts';
import { replayTransactions, transactionRecords, transactionsLogId } from './transactions-topic.ts';

/** Who writes, and under which id. */
export interface TransactionClaim {
  readonly transactionalId: string;
  readonly producer: ProducerIdentity;
}

export interface BeginTransactions {
  readonly transactionalId: string;
  /** How long each transaction may take, in ms. */
  readonly timeoutMs: number;
  /** Who the producer was up to now, where it goes on after an error; null: it begins. */
  readonly expected: ProducerIdentity | null;
}

export interface EndTransaction extends TransactionClaim {
  readonly outcome: Outcome;
  /** The epoch rises with it; false for Kafka clients of the first version of the protocol. */
  readonly raises: boolean;
}

/** A batch that wants to be part of a transaction. */
export interface TransactionalBatch extends ProducerIdentity {
  readonly topicId: string;
  readonly partition: number;
  /** The partition joins by this; false: it must have been added before. */
  readonly joins: boolean;
}

export interface TransactionsOptions {
  readonly store: LogStore;
  readonly registry: TopicRegistry;
  readonly groups: Groups;
  readonly producerIds: Pick<ProducerIdBlocks, 'create'>;
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
  readonly audit?: AuditNotes;
  /** Stands in the markers. */
  readonly coordinatorEpoch: number;
}

/** What is complete, and not stored yet because the next change stores it, is stored after so long without one. */
const saveAfterMs = 1_000;
/** Outcomes that are told at once when a broker starts. */
const tellingsMax = 100;

export class Transactions {
  readonly numbers: TransactionNumbers = new TransactionNumbers();
  readonly #options: TransactionsOptions;
  readonly #log: StateLog<TransactionRecord>;
  readonly #directory: TransactionDirectory;
  readonly #teller: OutcomeTeller;
  readonly #notes: GroupNotes;
  readonly #hanging: HangingTransactions;
  readonly #partitionAbort: PartitionAbort;
  readonly #deadlines: Deadlines<LiveTransaction>;
  readonly #unsaved = new Set<LiveTransaction>();
  #saving: Scheduled | null = null;

  private constructor(options: TransactionsOptions, log: PartitionLog | null) {
    const { registry, groups, clock, logger, limits, coordinatorEpoch } = options;
    this.#options = options;
    this.#log = new StateLog({ records: transactionRecords, log, create: () => openLog(options), clock, logger });
    this.#directory = new TransactionDirectory({
      log: this.#log,
      limits,
      wentBack: (live) => this.#wentBack(live),
    });
    this.#teller = new OutcomeTeller({
      registry,
      groups: groups.directory,
      grown: () => groups.coordinator.keepSweeping(),
      clock,
      logger,
      coordinatorEpoch,
      told: (live) => this.#told(live),
    });
    this.#notes = new GroupNotes({
      groups: groups.directory,
      directory: this.#directory,
      teller: this.#teller,
      untilTold: (live) => this.#untilTold(live),
      clock,
      limits,
    });
    this.#hanging = new HangingTransactions({
      registry,
      directory: this.#directory,
      teller: this.#teller,
      logger,
      found: (transaction, { topicId, partition }) => this.#found(transaction, topicId, partition),
    });
    this.#partitionAbort = new PartitionAbort({
      registry,
      directory: this.#directory,
      endHere: async (partition, open, by) => {
        await this.#hanging.end(partition, open, 'abort');
        noteAbortIn(partition.topic.name, { by, audit: options.audit ?? noAudit });
      },
      abortAll: async (transaction, { topic, index }, by) => {
        this.#found(transaction, topic.id, index);
        await this.abort({ transactionalId: transaction.transactionalId }, by, 'alter');
      },
      untilTold: (live) => this.#untilTold(live),
    });
    this.#deadlines = new Deadlines({ clock, pauseMs: 10, due: (live) => this.#due(live) });
  }

  /**
   * Reads the transactions back, if there have been any. What was decided is told: the groups before this resolves, the
   * partitions meanwhile.
   * @throws QError CORRUPT_LOG, STORAGE_FAILED
   */
  static async open(options: TransactionsOptions, ownLogs: readonly LogId[]): Promise<Transactions> {
    const hasLog = ownLogs.some(({ topicId }) => topicId === transactionsLogId.topicId);
    const log = hasLog ? await openLog(options) : null;
    const transactions = new Transactions(options, log);
    if (log === null) void transactions.#hanging.look();
    else await transactions.#load(log);
    options.groups.heedNotes(transactions.#notes);
    return transactions;
  }

  /** As whom the producer writes from now on. Whoever used the id before is fenced. @throws QError */
  async begin(request: BeginTransactions): Promise<ProducerIdentity> {
    const command = { kind: 'init', ...request } as const;
    return await this.#answer(() => this.#directory.obtain(request.transactionalId), command);
  }

  /** As whom the producer goes on. @throws QError */
  async end({ transactionalId, producer, outcome, raises }: EndTransaction): Promise<ProducerIdentity> {
    const command = { kind: 'end', producer, outcome, raises } as const;
    return await this.#answer(() => this.#directory.require(transactionalId), command);
  }

  /**
   * An operator ends what is open under the id. Resolves when it is told, or after a while.
   * @throws QError UNKNOWN_TRANSACTIONAL_ID, INVALID_TRANSACTION_STATE when nothing is open, or another transaction
   */
  async abort(
    { transactionalId, expected = null }: AbortTransaction,
    by?: Author,
    right: AbortRight = 'write',
  ): Promise<AbortedTransaction> {
    const { audit = noAudit, logger } = this.#options;
    const live = this.#directory.require(transactionalId);
    const before = live.newest!;
    checkAbort(before, expected);
    this.#step(live, { kind: 'abort' });
    await live.settled();
    await this.#untilTold(live);
    const outcome = { before, after: live.newest ?? before };
    if (before.state === 'ongoing') noteAbort(outcome, { by: by ?? null, right, audit, logger });
    return outcome;
  }

  /** An operator ends what hangs in a partition: all of it, where it is an open transaction. @throws QError */
  async abortIn(hanging: HangingInPartition, by: Author): Promise<void> {
    await this.#partitionAbort.abort(hanging, by);
  }

  /**
   * In the turn of an append, before it. Null: the partition is part of the transaction. A promise: it is by now, and
   * the batch counts once that resolves. `refusal` says whether its sender may write under the transactional id.
   * @throws QError
   */
  join(
    { producerId, producerEpoch, topicId, partition, joins }: TransactionalBatch,
    refusal: (resource: Resource) => QError | null,
  ): Promise<void> | null {
    const live = this.#directory.findByProducer(producerId);
    if (live === null) throw unknownProducer(producerId);
    const denied = refusal(live.resource);
    if (denied !== null) throw denied;
    const { newest } = live;
    const isKnown =
      newest?.state === 'ongoing'
      && isProducer(newest, producerId, producerEpoch)
      && includesPartition(newest.partitions, topicId, partition);
    // Whoever is another producer is told that first: it goes on otherwise from there.
    if (!isKnown && !joins && isProducer(newest, producerId, producerEpoch)) throw notAdded();
    if (!isKnown) {
      const partitions = new Map([[topicId, [partition]]]);
      this.#demand(live, { kind: 'join', producer: { producerId, producerEpoch }, partitions });
    }
    return live.isSettled ? null : live.settled();
  }

  /** Partitions are added before they are written to, as older Kafka clients do it. Durable when it resolves. */
  async add(
    { transactionalId, producer }: TransactionClaim,
    partitions: ReadonlyMap<string, readonly number[]>,
  ): Promise<void> {
    const live = this.#directory.require(transactionalId);
    await this.#settle(live, { kind: 'join', producer, partitions });
  }

  /** Offsets that a group is to have if the transaction commits. Durable when it resolves. @throws QError */
  async stage(
    { transactionalId, producer }: TransactionClaim,
    { groupId, offsets }: { readonly groupId: string; readonly offsets: readonly StagedOffset[] },
  ): Promise<void> {
    const live = this.#directory.require(transactionalId);
    await this.#notes.makeWay(live, groupId);
    await this.#settle(live, { kind: 'stage', producer, groupId, offsets });
  }

  /**
   * For which partitions of each of these groups a transaction that has not ended may commit another offset, as
   * `topicId/partition`. Whoever reads offsets asks before it reads: the transaction may end meanwhile.
   */
  unstableOffsets(groupIds: ReadonlySet<string>): ReadonlyMap<string, ReadonlySet<string>> {
    const unstable = new Map<string, Set<string>>();
    if (groupIds.size === 0) return unstable;
    for (const { newest } of this.#directory.all()) {
      if (newest === null || newest.state === 'prepareAbort') continue;
      for (const [groupId, offsets] of newest.offsets) {
        if (!groupIds.has(groupId)) continue;
        const ofGroup = unstable.get(groupId) ?? new Set();
        for (const key of offsets.keys()) ofGroup.add(key);
        unstable.set(groupId, ofGroup);
      }
    }
    return unstable;
  }

  /** All that there are, in no order. */
  *list(): Generator<Transaction> {
    for (const { newest } of this.#directory.all()) if (newest !== null) yield newest;
  }

  /** @throws QError UNKNOWN_TRANSACTIONAL_ID */
  describe(transactionalId: string): Transaction {
    return this.#directory.require(transactionalId).newest!;
  }

  /** Partitions of a topic that readers of committed records do not get to the end of. */
  heldPartitions(topic: Topic): HeldPartition[] {
    return heldPartitions(topic, this.#directory);
  }

  /** Transactions that have not ended for so long, the oldest first. */
  holdingLongest(bounds: { readonly leastMs: number; readonly countMax: number }): HoldingTransaction[] {
    const { registry, clock } = this.#options;
    return holdingLongest(this.#directory, { ...bounds, registry, nowMs: clock.monotonic() });
  }

  /** One of the rounds of maintenance. */
  maintain(): Promise<void> {
    return this.#hanging.look();
  }

  /** Ends when everything that was handed over is durable or has failed. What is not told yet is told after a start. */
  async close(): Promise<void> {
    this.#deadlines.stop();
    this.#teller.stop();
    this.#saving?.cancel();
    this.#saveAll();
    await this.#log.drain();
  }

  // ── what the state machine says ──

  async #answer(liveOf: () => LiveTransaction, command: TransactionCommand): Promise<ProducerIdentity> {
    const { clock, limits, producerIds } = this.#options;
    const deadlineMs = clock.monotonic() + limits.transactionWaitMsMax;
    let freshProducerId: number | null = null;
    for (;;) {
      const live = liveOf();
      const result = this.#step(live, command, freshProducerId);
      if (result.kind === 'needs-producer-id') {
        freshProducerId = (await producerIds.create()).producerId;
        continue;
      }
      await this.#settled(live);
      if (result.kind === 'refused') throw refused(result);
      if (result.kind === 'producer') return result.producer;
      // A broker that stops tells nothing any more: whoever asks the next one is answered there.
      if (clock.monotonic() >= deadlineMs || this.#teller.isStopped) throw stillEnding();
      await this.#untilTold(live);
    }
  }

  async #settled(live: LiveTransaction): Promise<void> {
    const settled = live.settled();
    this.#directory.forgetIfGone(live);
    await settled;
  }

  async #settle(live: LiveTransaction, command: TransactionCommand): Promise<void> {
    this.#demand(live, command);
    await live.settled();
  }

  #demand(live: LiveTransaction, command: TransactionCommand): void {
    const result = this.#step(live, command);
    if (result.kind === 'refused') throw refused(result);
  }

  #step(live: LiveTransaction, command: TransactionCommand, freshProducerId: number | null = null): TransactionResult {
    const before = live.newest;
    const result = live.step(command, this.#context(freshProducerId));
    const { newest } = live;
    if (newest === before) return result;
    this.#directory.noteProducers(live);
    this.#noteDeadline(live);
    if (before?.state === 'ongoing' && newest?.state === 'prepareAbort') tellUndone(newest, this.#options.logger);
    if (newest !== null && isPrepared(newest)) void this.#teller.tell(live);
    return result;
  }

  #context(freshProducerId: number | null): TransactionContext {
    const { clock, limits } = this.#options;
    return {
      nowMs: clock.monotonic(),
      wallMs: clock.now(),
      freshProducerId,
      timeoutMsMax: limits.transactionTimeoutMsMax,
      expiryMs: limits.transactionalIdExpiryMs,
    };
  }

  /** A partition has something of it that no record says. */
  #found({ transactionalId }: Transaction, topicId: string, partition: number): void {
    const live = this.#directory.require(transactionalId);
    this.#step(live, { kind: 'found', partitions: new Map([[topicId, [partition]]]) });
  }

  /** Resolves when it is told, or after a while. */
  async #untilTold(live: LiveTransaction): Promise<void> {
    const { clock, limits } = this.#options;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = clock.schedule(limits.transactionWaitMsMax, resolve);
    await Promise.race([this.#teller.tell(live), late]);
    timer.cancel();
  }

  #told(live: LiveTransaction): void {
    this.numbers.ended(live, this.#options.clock.monotonic());
    this.#step(live, { kind: 'told' });
    this.#saveLater(live);
  }

  #saveLater(live: LiveTransaction): void {
    this.#unsaved.add(live);
    this.#saving ??= this.#options.clock.schedule(saveAfterMs, () => {
      this.#saving = null;
      this.#saveAll();
    });
  }

  #saveAll(): void {
    for (const live of this.#unsaved) live.save();
    this.#unsaved.clear();
  }

  /** What was not stored is as it was before. */
  #wentBack(live: LiveTransaction): void {
    this.#noteDeadline(live);
    if (live.newest !== null && isPrepared(live.newest)) void this.#teller.tellLater(live);
    else if (!this.#teller.isStopped) this.#saveLater(live);
  }

  // ── time ──

  #noteDeadline(live: LiveTransaction): void {
    const { newest } = live;
    const { transactionalIdExpiryMs } = this.#options.limits;
    const deadlineMs = newest === null ? Infinity : nextTransactionDeadlineMs(newest, transactionalIdExpiryMs);
    this.#deadlines.set(live, deadlineMs === Infinity ? null : deadlineMs);
  }

  #due(live: LiveTransaction): void {
    const before = live.newest;
    this.#step(live, { kind: 'tick' });
    if (live.newest === before) this.#noteDeadline(live);
    if (live.newest === null) this.#notes.forgetExpired(live);
  }

  // ── the start ──

  async #load(log: PartitionLog): Promise<void> {
    const { clock, store } = this.#options;
    const image = new TransactionImage();
    await replayTransactions(log, image);
    const now = { nowMs: clock.monotonic(), wallMs: store.confirmedNow() };
    for (const stored of image.transactions(now)) this.#noteDeadline(this.#directory.load(stored));
    const decided = [...this.#directory.all()].filter(({ newest }) => newest !== null && isPrepared(newest));
    await Promise.all(decided.flatMap(({ newest }) => [...this.#teller.tellGroups(newest!)]));
    void this.#tellAll(decided);
  }

  async #tellAll(decided: readonly LiveTransaction[]): Promise<void> {
    const rest = decided.values();
    const work = async (): Promise<void> => {
      for (const live of rest) await this.#teller.tell(live);
    };
    await Promise.all(Array.from({ length: tellingsMax }, work));
    await this.#hanging.look();
  }
}

async function openLog({ store, registry }: TransactionsOptions): Promise<PartitionLog> {
  const log = await store.open(transactionsLogId, internalLogConfig);
  registry.serveInternal(log);
  return log;
}

function refused({ code, message, isEarly }: Extract<TransactionResult, { kind: 'refused' }>): QError {
  return new QError(code, message, isEarly ? { details: { isEarly } } : {});
}

function unknownProducer(producerId: number): QError {
  const message = `producer id ${producerId} belongs to no transactional id: begin to use one first`;
  return new QError('UNKNOWN_TRANSACTIONAL_ID', message, { details: { producerId } });
}

function isProducer(transaction: Transaction | null, producerId: number, producerEpoch: number): boolean {
  return transaction?.producer.producerId === producerId && transaction.producer.producerEpoch === producerEpoch;
}

function notAdded(): QError {
  return new QError('INVALID_TRANSACTION_STATE', 'the partition is not part of the transaction: add it first');
}

function stillEnding(): QError {
  return new QError('CONCURRENT_TRANSACTIONS', 'the transaction before this one is still ending; send again');
}
