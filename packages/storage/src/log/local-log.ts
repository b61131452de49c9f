import { assignAppendTime, assignOffsets } from '@q/protocol';
import { LogCompaction } from '../compaction/log-compaction.ts';
import type { LogConfig } from '../config.ts';
import type { Admission, Deduplication, RepeatAnswer } from '../dedup/deduplication.ts';
import type { LeaderEpochs } from '../epochs/leader-epochs.ts';
import { StorageError, asStorageError } from '../errors.ts';
import type { FlushedLog, QueuedAppend } from '../flush/flushed-log.ts';
import { PendingAppend, duplicateAppend } from '../flush/pending-append.ts';
import { journalName } from '../journal/journal-name.ts';
import type { JournalName } from '../journal/journal-name.ts';
import type { HeldPiece, JournaledLog } from '../journal/journal.ts';
import type {
  Append,
  AppendOptions,
  LogDamage,
  LogDescription,
  LogId,
  LogRead,
  LogState,
  PartitionLog,
  ReadOptions,
  RecordCount,
  TimestampedOffset,
} from '../ports/log-store.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import type { LogTail } from '../cache/tail-cache.ts';
import { journalPiece } from './journal-piece.ts';
import { LogCheckpoints } from './log-checkpoints.ts';
import type { LogContext } from './log-context.ts';
import { LogFiles } from './log-files.ts';
import type { LoadedLog } from './load-log.ts';
import { LogReader } from './log-reader.ts';
import { keepMessageIds } from './keep-message-ids.ts';
import { moveStarts } from './move-starts.ts';
import { segmentFor } from './segment-for.ts';
import { findTimestamp } from './timestamp-search.ts';

/** Not one of each log: to store what is new into what is old costs more than the array. */
const none = Object.freeze<PendingAppend[]>([]) as PendingAppend[];

/*
 * One partition's log: offsets, the way in, the way out.
 *
 * Invariants
 * - logStartOffset <= highWatermark <= logEndOffset. The high watermark never moves back, and only the failure of appends
 *   above it moves the end back.
 * - `#waiting` holds, in offset order, every append that is not settled; their batches are at the log's end.
 * - A batch is in one of `#waiting`, what is owed to the files, and the tail cache, in this order and without a gap between them: whatever no
 *   file has is in memory. It has one user of its memory for that, which it takes along.
 * - Everything from the assignment of an offset to the queue is one synchronous step: call order is offset order, and
 *   deduplication, segments and queue never disagree.
 * - `version` changes whenever bytes that a reader may be at are moved or cut, `drops` whenever segments go: a read that saw
 *   the former, or failed and saw the latter, starts over.
 */
export class LocalLog implements PartitionLog, FlushedLog {
  readonly id: LogId;
  readonly directory: string;
  readonly context: LogContext;
  readonly segmentList: SegmentList;
  readonly dedup: Deduplication;
  readonly epochs: LeaderEpochs;
  readonly checkpoints: LogCheckpoints;
  readonly files: LogFiles;
  /** What the files have already. */
  readonly tail: LogTail;
  readonly compaction: LogCompaction;
  readonly isInternal: boolean;
  roundPart = 0;
  journalHolders: Set<JournaledLog> | null = null;
  /** How the journal names this log. */
  readonly journalName: JournalName;
  version = 0;
  /** Set while files change places under their names: who wants to open one waits for it. */
  moving: Promise<void> | null = null;
  drops = 0;
  /** How often the end has moved back: a checkpoint that began before that is worthless. */
  rewinds = 0;
  /** Bytes appended since the log was opened. */
  appendedBytes = 0;
  #config: LogConfig;
  #state: LogState;
  readonly #damage: LogDamage | null;
  #logStartOffset: number;
  /** Offsets that are being saved as the start; nobody sees them before. */
  readonly plannedStarts: number[] = [];
  #highWatermark: number;
  /** `none` whenever it is empty. */
  #waiting: PendingAppend[] = none;
  /** Appends below it get room when the disk is full. */
  #vitalEnd = 0;
  #exclusive: Promise<unknown> = Promise.resolve();
  /** The close or the abandoning that is under way, or has succeeded. */
  #ending: Promise<void> | null = null;
  #isLetGo = false;
  readonly #reader: LogReader;
  /** Null while there are none: each round would look into the sets of all its logs. */
  #listeners: Set<() => void> | null = null;

  constructor(context: LogContext, loaded: LoadedLog, config: LogConfig) {
    this.context = context;
    this.id = loaded.id;
    this.directory = loaded.directory;
    this.segmentList = loaded.segments;
    this.dedup = loaded.dedup;
    this.epochs = loaded.epochs;
    this.isInternal = loaded.id.topic.startsWith('__');
    this.journalName = journalName(loaded.id);
    this.#config = config;
    this.#damage = loaded.damage;
    this.#state = loaded.damage ? 'quarantined' : 'open';
    this.#logStartOffset = loaded.logStartOffset;
    this.#highWatermark = this.logEndOffset;
    this.tail = context.tailCache.openTail();
    this.#reader = new LogReader(this);
    this.files = new LogFiles(this, loaded.owed);
    this.checkpoints = new LogCheckpoints(this, loaded.checkpoint);
    this.compaction = new LogCompaction(this);
    context.cap.count(this.segmentList.bytes);
  }

  get config(): LogConfig {
    return this.#config;
  }

  get state(): LogState {
    return this.#state;
  }

  get damage(): LogDamage | null {
    return this.#damage;
  }

  get logStartOffset(): number {
    return this.#logStartOffset;
  }

  /** What the checkpoint of start offsets is to say. */
  get startOffsetToSave(): number {
    return Math.max(this.#logStartOffset, ...this.plannedStarts);
  }

  get logEndOffset(): number {
    return this.segmentList.active.endOffset;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  get lastStableOffset(): number {
    return this.#highWatermark;
  }

  get leaderEpoch(): number {
    return this.epochs.latestEpoch;
  }

  get bytes(): number {
    return this.segmentList.bytes;
  }

  get diskBytes(): number {
    return this.segmentList.bytes + this.files.setAsideBytes;
  }

  get segments(): number {
    return this.segmentList.count;
  }

  recordsFrom(offset: number): RecordCount {
    return this.segmentList.countRecords({ from: Math.max(offset, this.logStartOffset), to: this.highWatermark });
  }

  /** Appends that are not settled, in offset order. */
  get waiting(): readonly PendingAppend[] {
    return this.#waiting;
  }

  /** Where the files end, for readers: what follows is in memory. */
  get unwrittenOffset(): number {
    return (this.files.owed[0] ?? this.#waiting[0])?.baseOffset ?? this.logEndOffset;
  }

  append(batch: Buffer, o: AppendOptions): Append {
    this.#assertWritable(o.leaderEpoch);
    const now = o.nowMs ?? this.context.clock.now();
    const steadyMs = this.context.clock.monotonic();
    const admission = this.dedup.admit(batch, o, this.logEndOffset, steadyMs, now);
    if (admission.kind === 'duplicate') return this.#answerRepeat(admission, admission.repeated, null);
    if (o.isVital === true) this.#vitalEnd = this.logEndOffset + admission.producer.lastOffsetDelta + 1;
    else this.context.cap.admit(admission.batch.length, { internal: this.isInternal });
    const append = this.#place(admission, o, now, steadyMs);
    if (this.#waiting === none) this.#waiting = [append];
    else this.#waiting.push(append);
    this.context.queue.enqueue(append);
    return admission.repeated ? this.#answerRepeat(admission, admission.repeated, append) : append;
  }

  repeatsOf(messageIds: readonly (string | null)[]): number[] {
    return this.dedup.repeatsOf(messageIds, this.context.clock.monotonic());
  }

  #assertWritable(leaderEpoch: number): void {
    if (this.context.queue.failure) throw this.context.queue.failure;
    if (this.#state === 'closed') throw this.#closedError();
    if (this.#damage) throw this.#damageError(this.#damage);
    const { latestEpoch } = this.epochs;
    if (leaderEpoch < latestEpoch) {
      throw new StorageError('STALE_LEADER_EPOCH', `${this.#name} has leader epoch ${latestEpoch}, not ${leaderEpoch}`, {
        details: { leaderEpoch: latestEpoch, got: leaderEpoch },
      });
    }
  }

  /** Gives the batch its offsets and its place; from here on it is part of the log, though not yet durable. */
  #place(admission: Admission & { kind: 'append' }, { leaderEpoch }: AppendOptions, now: number, steadyMs: number): PendingAppend {
    const { context } = this;
    const batch = context.ownMemory.own(admission.batch);
    const baseOffset = this.logEndOffset;
    const lastOffset = baseOffset + admission.producer.lastOffsetDelta;
    const stampsTime = this.#config.timestampType === 'LogAppendTime';
    if (stampsTime) assignAppendTime(batch, now);
    assignOffsets(batch, { baseOffset, leaderEpoch });
    const producer = stampsTime ? { ...admission.producer, maxTimestamp: now } : admission.producer;

    const next = { bytes: batch.length, lastOffset, maxTimestampMs: producer.maxTimestamp, now: context.time.at(steadyMs) };
    const segment = segmentFor(this, next);
    const append = new PendingAppend(this, segment, batch, baseOffset, lastOffset);
    append.repeats = admission.repeats;
    if (stampsTime) append.logAppendTimeMs = now;
    segment.append(next, this.#config.indexIntervalBytes);
    this.dedup.applied(producer, admission.ids, baseOffset, steadyMs, now);
    if (this.epochs.assign(leaderEpoch, baseOffset)) this.checkpoints.epochsChanged();
    this.appendedBytes += batch.length;
    this.checkpoints.appended(batch.length);
    context.cap.add(batch.length);
    return append;
  }

  /** A repeat is as durable as its original, or as `pending` that was stored in its place. */
  #answerRepeat({ repeats }: Admission, repeated: RepeatAnswer, pending: Append | null): Append {
    const original = pending ?? this.#waiting.find((append) => append.lastOffset >= repeated.lastOffset) ?? null;
    const logAppendTimeMs = this.#config.timestampType === 'LogAppendTime' ? repeated.appendTimeMs : -1;
    return duplicateAppend({ baseOffset: repeated.baseOffset, lastOffset: repeated.lastOffset, logAppendTimeMs, original, repeats });
  }

  // ── what the flush queue asks for ──

  async flush(appends: readonly QueuedAppend[]): Promise<void> {
    const { baseOffset } = appends[0] as QueuedAppend;
    if (baseOffset < this.#vitalEnd) await this.context.reserve.withRoom(() => this.files.write(appends));
    else await this.files.write(appends);
    if (this.#config.durability === 'fsync') await this.files.syncWritten();
  }

  journalPiece(appends: readonly QueuedAppend[]): HeldPiece | null {
    return journalPiece(this, appends);
  }

  get wantsIntervalSync(): boolean {
    return this.#config.durability === 'interval' && this.files.hasUnsynced;
  }

  async syncWritten(): Promise<void> {
    await this.files.syncWritten();
  }

  async syncAppended(): Promise<void> {
    await this.files.syncAppended();
  }

  advance(endOffset: number, isJournaled: boolean): void {
    this.#highWatermark = endOffset;
    this.dedup.settle(endOffset);
    const settled = this.#takeSettled(endOffset);
    if (isJournaled) this.files.owe(settled);
    else for (const append of settled) this.tail.add(append);
    if (this.checkpoints.takeOverdue()) this.context.checkpointSoon(this);
  }

  /** Those that failed stay users of their memory for good: a write of it may have been cut short anywhere. */
  #takeSettled(endOffset: number): PendingAppend[] {
    const waiting = this.#waiting;
    if (waiting === none) return [];
    let count = 0;
    while (count < waiting.length && (waiting[count] as PendingAppend).lastOffset < endOffset) count += 1;
    this.#waiting = count === waiting.length ? none : waiting.slice(count);
    return count === waiting.length ? waiting : waiting.slice(0, count);
  }

  wakeReaders(): void {
    if (this.#listeners !== null) for (const listener of this.#listeners) listener();
  }

  async takeBack(fromOffset: number): Promise<void> {
    const index = this.#waiting.findIndex((append) => append.baseOffset >= fromOffset);
    const first = this.#waiting[index];
    if (!first) return;
    this.#waiting = index === 0 ? none : this.#waiting.slice(0, index);
    this.version += 1;
    this.rewinds += 1;
    const bytesBefore = this.segmentList.bytes;
    const removed = this.segmentList.dropFrom(first.segment.baseOffset);
    first.segment.takeBack({ endOffset: fromOffset, sizeBytes: first.position });
    this.context.cap.add(this.segmentList.bytes - bytesBefore);
    this.dedup.rollbackTo(fromOffset);
    if (this.epochs.truncateEnd(fromOffset)) this.checkpoints.epochsChanged();
    await this.files.cutBack({ segment: first.segment, removed });
  }

  // ── reading ──

  read(o: ReadOptions): LogRead | Promise<LogRead> {
    if (this.#state === 'closed') throw this.#closedError();
    if (o.offset < this.#logStartOffset || o.offset > this.logEndOffset) throw this.#rangeError(o.offset);
    if (this.#damage && o.offset >= this.#damage.fromOffset && o.offset < this.logEndOffset) throw this.#damageError(this.#damage);
    return this.#reader.read(o);
  }

  /** The end of what may be read: up to damage, if there is any. */
  readLimit(upTo: ReadOptions['upTo']): number {
    const limit = upTo === 'end' ? this.logEndOffset : this.#highWatermark;
    return this.#damage ? Math.min(limit, this.#damage.fromOffset) : limit;
  }

  async offsetForTimestamp(timestampMs: number): Promise<TimestampedOffset | null> {
    if (this.#state === 'closed') throw this.#closedError();
    return await findTimestamp(this, timestampMs);
  }

  // ── changing what is kept ──

  async deleteBefore(offset: number): Promise<number> {
    if (this.#state === 'closed') throw this.#closedError();
    if (offset > this.#highWatermark) throw this.#rangeError(offset);
    if (offset <= this.#logStartOffset && !this.files.hasLeftovers) return this.#logStartOffset;
    try {
      if (offset > this.#logStartOffset) {
        await keepMessageIds(this, offset);
        await moveStarts(this.context, new Map([[this, offset]]));
      }
      await this.exclusively(async () => {
        await this.files.setAsideLeftovers();
        await this.files.dropBelowStart();
        // Whoever asks for that wants the room, and appends that were refused for want of it are to be taken now.
        await this.files.removeSetAside();
      });
      await this.context.observeDisk();
    } catch (error) {
      throw asStorageError(error, `deleting records of ${this.#name} before offset ${offset}`);
    }
    return this.#logStartOffset;
  }

  /**
   * Runs `work` when nothing else changes which files the log consists of: retention, checkpoints and the last
   * step of compaction exclude one another. Not to be called from within itself.
   */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#exclusive.then(work);
    // The caller gets the failure; whoever is next in line has nothing to do with it.
    this.#exclusive = result.catch(() => undefined);
    return result;
  }

  /** Nothing below `offset` is served any more: for `moveStarts` alone, which has made it durable. */
  moveStart(offset: number): void {
    this.#logStartOffset = Math.max(this.#logStartOffset, offset);
    if (this.epochs.truncateStart(this.#logStartOffset)) this.checkpoints.epochsChanged();
    this.drops += 1;
  }

  /** Batches below `offset` went, or were stored anew without some of their records: readers are not to get the old ones. */
  forgetCachedBelow(offset: number): void {
    this.tail.dropBelow(offset);
  }

  updateConfig(config: LogConfig): void {
    this.#config = config;
    this.dedup.setWindow(config.dedupWindowMs);
  }

  onHighWatermark(listener: () => void): () => void {
    const listeners = (this.#listeners ??= new Set());
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners === listeners) this.#listeners = null;
    };
  }

  describe(): LogDescription {
    const { id, state, logStartOffset, highWatermark, logEndOffset, lastStableOffset, leaderEpoch, segments, bytes, damage } = this;
    const { recoveryPoint } = this.checkpoints;
    return { id, state, logStartOffset, highWatermark, logEndOffset, lastStableOffset, leaderEpoch, segments, bytes, recoveryPoint, damage };
  }

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
    try {
      await this.finish();
      this.letGo();
    } catch (error) {
      // What it owes is in the journal alone, which forgets the logs that are let go of: such a log stays.
      if (this.files.owed.length > 0 && !this.context.queue.failure) this.#state = 'open';
      else this.letGo();
      this.#ending = null;
      throw asStorageError(error, `closing the log of ${this.#name}`);
    }
  }

  /** Takes nothing any more, and saves everything: the first half of a close. */
  async finish(): Promise<void> {
    this.#state = 'closed';
    await this.settled();
    await this.compaction.idle();
    await this.#exclusive;
    await this.#reader.stop();
    if (this.#damage === null && !this.context.queue.failure) await this.checkpoints.closeOff();
    if (this.files.owed.length > 0 && !this.context.queue.failure) this.context.leftOwing(this);
  }

  /** Ends when every append made so far is settled, in whichever way. */
  async settled(): Promise<void> {
    const last = this.#waiting.at(-1);
    if (last) await Promise.allSettled([last.durable]);
  }

  /** Ends without saving anything: the log is being deleted. */
  async abandon(): Promise<void> {
    if (this.#ending !== null) await this.ended;
    if (this.#isLetGo) return;
    this.#ending = this.#abandon();
    await this.#ending;
  }

  async #abandon(): Promise<void> {
    this.#state = 'closed';
    this.context.queue.dropPending(this, this.#closedError());
    await this.context.queue.roundEnd();
    await this.files.abandon();
    await this.compaction.idle();
    await this.checkpoints.idle();
    await this.#exclusive;
    await this.#reader.stop();
    this.letGo();
  }

  /** The second half of a close, after which the journal may forget what it has of this log. */
  letGo(): void {
    if (this.#isLetGo) return;
    this.#isLetGo = true;
    this.context.cap.count(-this.segmentList.bytes);
    this.checkpoints.forget();
    this.context.queue.forget(this);
    this.tail.clear();
    this.files.forget();
    this.version += 1;
    this.context.released(this);
    this.wakeReaders();
    this.#listeners = null;
  }

  get #name(): string {
    return `${this.id.topic}-${this.id.partition}`;
  }

  #closedError(): StorageError {
    return new StorageError('CLOSED', `the log of ${this.#name} is closed`);
  }

  #rangeError(offset: number): StorageError {
    const { logStartOffset, logEndOffset } = this;
    return new StorageError('OFFSET_OUT_OF_RANGE', `${this.#name} holds offsets ${logStartOffset} to ${logEndOffset}, not ${offset}`, {
      details: { offset, logStartOffset, logEndOffset },
    });
  }

  #damageError(damage: LogDamage): StorageError {
    const { file, position, fromOffset, toOffset, reason } = damage;
    const message = `${this.#name} is damaged from offset ${fromOffset} on and set aside: ${reason} (${file}, byte ${position})`;
    return new StorageError('CORRUPT_LOG', message, { details: { file, position, fromOffset, toOffset, reason } });
  }
}
