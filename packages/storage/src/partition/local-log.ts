import { LogCompaction } from '../compaction/log-compaction.ts';
import type { LogConfig } from '../config.ts';
import { asStorageError } from '../errors.ts';
import { DroppedSegments } from '../log/dropped-segments.ts';
import { keepMessageIds } from '../log/keep-message-ids.ts';
import type { LoadedLog } from '../log/loaded-log.ts';
import { LogCheckpoints } from '../log/log-checkpoints.ts';
import type { LogContext } from '../log/log-context.ts';
import { LogCore } from '../log/log-core.ts';
import { closedError, rangeError } from '../log/log-errors.ts';
import { LogFiles } from '../log/log-files.ts';
import { assertLogHolds } from '../log/log-invariants.ts';
import { LogReader } from '../log/log-reader.ts';
import { LogWriter } from '../log/log-writer.ts';
import { moveStarts } from '../log/move-starts.ts';
import { findLatestTimestamp } from '../log/latest-timestamp.ts';
import { findTimestamp } from '../log/timestamp-search.ts';
import { LogPin } from '../pins/log-pin.ts';
import { producerEntries } from '../log/producer-entries.ts';
import type { OpenTransaction } from '../transactions/log-transactions.ts';
import type { PinnedLog } from '../ports/pinned-log.ts';
import type {
  Append,
  AppendOptions,
  EpochEnd,
  LogDamage,
  LogDescription,
  LogId,
  LogProducer,
  LogRead,
  LogState,
  PartitionLog,
  ReadOptions,
  RecordCount,
  TimestampedOffset,
} from '../ports/log-store.ts';

const noRecords: RecordCount = { records: 0, isExact: true };

/** Whoever keeps the open logs. */
export interface LogOwner {
  /** The log has appended so much that its checkpoint should not wait. */
  checkpointSoon(log: LocalLog): void;
  /** The log is being closed, and its segments have no room for what the journal has. */
  leftOwing(log: LocalLog): void;
  /** The log was closed or deleted: it is to be let go of. */
  released(log: LocalLog): void;
}

/** One partition's log: puts its parts together, over the one state that they share, and ends them in order. */
export class LocalLog implements PartitionLog {
  readonly core: LogCore;
  readonly files: LogFiles;
  readonly dropped: DroppedSegments;
  readonly checkpoints: LogCheckpoints;
  readonly writer: LogWriter;
  readonly compaction: LogCompaction;
  readonly #reader: LogReader;
  readonly #owner: LogOwner;
  /** The close or the abandoning that is under way, or has succeeded. */
  #ending: Promise<void> | null = null;
  #isLetGo = false;

  constructor(context: LogContext, o: { loaded: LoadedLog; config: LogConfig; owner: LogOwner }) {
    const { loaded, config, owner } = o;
    const core = new LogCore(context, loaded, config);
    const declareFloor = (offset: number): Promise<void> =>
      context.queue.declare(this.writer, { kind: 'floor', name: core.journalName, offset });
    this.core = core;
    this.#owner = owner;
    this.#reader = new LogReader(core);
    this.files = new LogFiles(core, loaded.owed);
    this.dropped = new DroppedSegments(core, this.files, declareFloor);
    this.checkpoints = new LogCheckpoints(core, this.files, loaded.checkpoint);
    this.writer = new LogWriter({
      core,
      files: this.files,
      checkpoints: this.checkpoints,
      checkpointSoon: () => owner.checkpointSoon(this),
    });
    this.compaction = new LogCompaction({ core, checkpoints: this.checkpoints, dropped: this.dropped, declareFloor });
    context.cap.count(core.segmentList.bytes);
    assertLogHolds(core);
  }

  get id(): LogId {
    return this.core.id;
  }

  get config(): LogConfig {
    return this.core.config;
  }

  get state(): LogState {
    return this.core.state;
  }

  get damage(): LogDamage | null {
    return this.core.damage;
  }

  get logStartOffset(): number {
    return this.core.logStartOffset;
  }

  get logEndOffset(): number {
    return this.core.logEndOffset;
  }

  get highWatermark(): number {
    return this.core.highWatermark;
  }

  get lastStableOffset(): number {
    return this.core.lastStableOffset;
  }

  get leaderEpoch(): number {
    return this.core.epochs.latestEpoch;
  }

  get bytes(): number {
    return this.core.segmentList.bytes;
  }

  get diskBytes(): number {
    return this.core.segmentList.bytes + this.dropped.setAsideBytes;
  }

  get segments(): number {
    return this.core.segmentList.count;
  }

  recordsFrom(offset: number): RecordCount {
    const { segmentList, logStartOffset, highWatermark, dataEndOffset, transactions } = this.core;
    if (offset >= dataEndOffset) return noRecords;
    const from = Math.max(offset, logStartOffset);
    const { records, isExact } = segmentList.countRecords({ from, to: highWatermark });
    // Nobody who reads committed records gets those of an aborted transaction, and perhaps not those of an open one.
    const isStable = transactions.firstUnstable >= highWatermark && !transactions.aborted.isAnyBehind(from);
    return { records, isExact: isExact && isStable };
  }

  append(batch: Buffer, options: AppendOptions): Append {
    return this.writer.append(batch, options);
  }

  openTransactions(): Iterable<OpenTransaction> {
    return this.core.transactions.open;
  }

  openTransactionOf(producerId: number): OpenTransaction | null {
    return this.core.transactions.of(producerId);
  }

  *producers(): Iterable<LogProducer> {
    for (const { producerId, epoch, batches, ...transaction } of producerEntries(this.core)) {
      const last = batches.at(-1);
      yield {
        producerId,
        producerEpoch: epoch,
        lastSequence: last?.lastSequence ?? -1,
        lastTimestampMs: last?.timestampMs ?? -1,
        coordinatorEpoch: transaction.coordinatorEpoch,
        transactionFirstOffset: transaction.currentTransactionFirstOffset,
      };
    }
  }

  repeatsOf(messageIds: readonly (string | null)[]): number[] {
    const { dedup, context } = this.core;
    return dedup.repeatsOf(messageIds, context.clock.monotonic());
  }

  read(options: ReadOptions): LogRead | Promise<LogRead> {
    return this.#reader.read(options);
  }

  async offsetForTimestamp(timestampMs: number): Promise<TimestampedOffset | null> {
    if (this.core.state === 'closed') throw closedError(this.core);
    return await findTimestamp(this.core, this.#reader, timestampMs);
  }

  async latestTimestamp(): Promise<TimestampedOffset | null> {
    if (this.core.state === 'closed') throw closedError(this.core);
    return await findLatestTimestamp(this.core, this.#reader);
  }

  leaderEpochAt(offset: number): number {
    return this.core.epochs.epochAt(offset);
  }

  leaderEpochEnd(epoch: number): EpochEnd | null {
    return this.core.epochs.endOffsetFor(epoch, this.core.logEndOffset);
  }

  async deleteBefore(offset: number): Promise<number> {
    const { core } = this;
    if (core.state === 'closed') throw closedError(core);
    if (offset > core.highWatermark) throw rangeError(core, offset);
    if (offset <= core.logStartOffset && !this.dropped.hasLeftovers) return core.logStartOffset;
    try {
      if (offset > core.logStartOffset) {
        await keepMessageIds(this, offset);
        await moveStarts(core.context, new Map([[core, offset]]));
      }
      await core.turns.run(async () => {
        await this.dropped.setAsideLeftovers();
        await this.dropped.dropBelowStart();
        // Whoever asks for that wants the room, and appends that were refused for want of it are to be taken now.
        await this.dropped.removeSetAside();
      });
      await core.context.observeDisk();
    } catch (error) {
      throw asStorageError(error, `deleting records of ${core.name} before offset ${offset}`);
    }
    return core.logStartOffset;
  }

  updateConfig(config: LogConfig): void {
    this.core.config = config;
    this.core.dedup.setWindow(config.dedupWindowMs);
  }

  onHighWatermark(listener: () => void): () => void {
    return this.writer.onHighWatermark(listener);
  }

  describe(): LogDescription {
    const {
      id,
      state,
      logStartOffset,
      highWatermark,
      logEndOffset,
      lastStableOffset,
      leaderEpoch,
      segments,
      bytes,
      damage,
    } = this;
    const { recoveryPoint } = this.checkpoints;
    return {
      id,
      state,
      logStartOffset,
      highWatermark,
      logEndOffset,
      lastStableOffset,
      leaderEpoch,
      segments,
      bytes,
      recoveryPoint,
      damage,
    };
  }

  /** See `PinnableLogs`. */
  async preparePin(): Promise<void> {
    const { core, checkpoints } = this;
    if (core.state === 'open' && checkpoints.messageIds.isWithoutFile) await keepMessageIds(this, core.logEndOffset);
  }

  /** As it is now. The caller releases it. */
  pin(): PinnedLog {
    return new LogPin(this.core, this.files);
  }

  // ── the end ──

  /** What is being done to end it has ended, in whichever way. */
  get ended(): Promise<void> {
    return Promise.allSettled([this.#ending]).then(() => undefined);
  }

  close(): Promise<void> {
    if (this.#isLetGo) return Promise.resolve();
    this.#ending ??= this.#close();
    return this.#ending;
  }

  async #close(): Promise<void> {
    const { core } = this;
    try {
      await this.finish();
      this.letGo();
    } catch (error) {
      // What it owes is in the journal alone, which forgets the logs that are let go of: such a log stays.
      if (core.owed.length > 0 && !core.context.queue.failure) core.state = 'open';
      else this.letGo();
      this.#ending = null;
      throw asStorageError(error, `closing the log of ${core.name}`);
    }
  }

  /** Takes nothing any more, and saves everything: the first half of a close. */
  async finish(): Promise<void> {
    const { core } = this;
    const { queue } = core.context;
    core.state = 'closed';
    await core.settled();
    await this.compaction.idle();
    await core.turns.idle();
    await this.#reader.stop();
    if (core.damage === null && !queue.failure) await this.checkpoints.closeOff();
    if (queue.failure) return;
    assertLogHolds(core);
    if (core.owed.length > 0) this.#owner.leftOwing(this);
  }

  /** Ends without saving anything: the log is being deleted. */
  async abandon(): Promise<void> {
    if (this.#ending !== null) await this.ended;
    if (this.#isLetGo) return;
    this.#ending = this.#abandon();
    await this.#ending;
  }

  async #abandon(): Promise<void> {
    const { core } = this;
    const { queue } = core.context;
    core.state = 'closed';
    queue.dropPending(this.writer, closedError(core));
    await queue.roundEnd();
    await this.files.abandon();
    await this.compaction.idle();
    await this.checkpoints.idle();
    await core.turns.idle();
    await this.#reader.stop();
    this.letGo();
  }

  /** The second half of a close, after which the journal may forget what it has of this log. */
  letGo(): void {
    if (this.#isLetGo) return;
    this.#isLetGo = true;
    const { core } = this;
    core.context.cap.count(-core.segmentList.bytes);
    this.checkpoints.forget();
    core.context.queue.forget(this.writer);
    core.tail.clear();
    this.files.forget();
    core.version += 1;
    this.#owner.released(this);
    this.writer.forgetReaders();
  }
}
