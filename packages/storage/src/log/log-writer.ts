import { assignAppendTime, assignOffsets, batchIsControl, batchIsTransactional } from '@q/protocol';
import type { Admission, RepeatAnswer } from '../dedup/deduplication.ts';
import { StorageError } from '../errors.ts';
import type { FlushedLog, QueuedAppend } from '../flush/flushed-log.ts';
import { PendingAppend, duplicateAppend } from '../flush/pending-append.ts';
import type { HeldPiece, JournaledLog } from '../journal/journal.ts';
import type { Append, AppendOptions } from '../ports/log-store.ts';
import type { ProducerBatch } from '../producers/producer-entry.ts';
import type { Segment } from '../segment/segment.ts';
import { readMarker } from '../transactions/marker.ts';
import { journalPiece } from './journal-piece.ts';
import type { LogCheckpoints } from './log-checkpoints.ts';
import { noneWaiting } from './log-core.ts';
import type { LogCore } from './log-core.ts';
import { closedError, damageError } from './log-errors.ts';
import type { LogFiles } from './log-files.ts';
import { assertLogHolds } from './log-invariants.ts';
import { segmentFor } from './segment-for.ts';

export interface LogWriterParts {
  readonly core: LogCore;
  readonly files: LogFiles;
  readonly checkpoints: LogCheckpoints;
  /** So much was appended that the log's checkpoint should not wait. */
  readonly checkpointSoon: () => void;
}

interface PlacedBatch {
  readonly producer: ProducerBatch;
  readonly segment: Segment;
  readonly baseOffset: number;
  readonly steadyMs: number;
}

/*
 * The way into a log, and what the flush queue asks of it.
 *
 * Invariant: everything from the assignment of an offset to the queue is one synchronous step. So call order is offset
 * order, and deduplication, segments and queue never disagree.
 */
export class LogWriter implements FlushedLog {
  roundPart = 0;
  journalHolders: Set<JournaledLog> | null = null;
  readonly #core: LogCore;
  readonly #files: LogFiles;
  readonly #checkpoints: LogCheckpoints;
  readonly #checkpointSoon: () => void;
  /** Appends below it get room when the disk is full. */
  #vitalEnd = 0;
  /** Null while there are none: each round would look into the sets of all its logs. */
  #listeners: Set<() => void> | null = null;

  constructor(parts: LogWriterParts) {
    this.#core = parts.core;
    this.#files = parts.files;
    this.#checkpoints = parts.checkpoints;
    this.#checkpointSoon = parts.checkpointSoon;
  }

  append(batch: Buffer, o: AppendOptions): Append {
    this.#assertWritable(o.leaderEpoch);
    const core = this.#core;
    const { context } = core;
    const now = o.nowMs ?? context.clock.now();
    const steadyMs = context.clock.monotonic();
    const admission = core.dedup.admit(batch, o, core.logEndOffset, steadyMs, now);
    if (admission.kind === 'duplicate') return this.#answerRepeat(admission, admission.repeated, null);
    if (o.isVital === true) this.#vitalEnd = core.logEndOffset + admission.producer.lastOffsetDelta + 1;
    else
      context.cap.admit(admission.batch.length, {
        internal: core.config.isInternal,
        isRepeat: admission.repeated !== null,
      });
    const append = this.#place(admission, o, now, steadyMs);
    if (o.after instanceof PendingAppend && o.after.isWaiting) append.after = o.after;
    if (core.waiting === noneWaiting) core.waiting = [append];
    else core.waiting.push(append);
    context.queue.enqueue(append);
    return admission.repeated ? this.#answerRepeat(admission, admission.repeated, append) : append;
  }

  #assertWritable(leaderEpoch: number): void {
    const { context, state, damage, epochs } = this.#core;
    if (context.queue.failure) throw context.queue.failure;
    if (state === 'closed') throw closedError(this.#core);
    if (damage) throw damageError(this.#core, damage);
    const { latestEpoch } = epochs;
    if (leaderEpoch < latestEpoch) {
      throw new StorageError(
        'STALE_LEADER_EPOCH',
        `${this.#core.name} has leader epoch ${latestEpoch}, not ${leaderEpoch}`,
        {
          details: { leaderEpoch: latestEpoch, got: leaderEpoch },
        },
      );
    }
  }

  /** Gives the batch its offsets and its place; from here on it is part of the log, though not yet durable. */
  #place(
    admission: Admission & { kind: 'append' },
    { leaderEpoch }: AppendOptions,
    now: number,
    steadyMs: number,
  ): PendingAppend {
    const core = this.#core;
    const { context, config } = core;
    const batch = context.ownMemory.own(admission.batch);
    const baseOffset = core.logEndOffset;
    const lastOffset = baseOffset + admission.producer.lastOffsetDelta;
    const stampsTime = config.timestampType === 'LogAppendTime';
    if (stampsTime) assignAppendTime(batch, now);
    assignOffsets(batch, { baseOffset, leaderEpoch });
    const producer = stampsTime ? { ...admission.producer, maxTimestamp: now } : admission.producer;

    const next = {
      bytes: batch.length,
      lastOffset,
      maxTimestampMs: producer.maxTimestamp,
      now: context.time.at(steadyMs),
    };
    const segment = segmentFor(core, next);
    const append = new PendingAppend(this, segment, batch, baseOffset, lastOffset);
    append.repeats = admission.repeats;
    if (stampsTime) append.logAppendTimeMs = now;
    segment.append(next, config.indexIntervalBytes);
    core.dedup.applied(producer, admission.ids, baseOffset, steadyMs, now);
    if (batchIsTransactional(batch)) this.#noteTransaction(batch, { producer, segment, baseOffset, steadyMs });
    else core.dataEndOffset = lastOffset + 1;
    if (core.epochs.assign(leaderEpoch, baseOffset)) core.areEpochsSaved = false;
    core.appendedBytes += batch.length;
    context.uncovered.bytes += batch.length;
    context.cap.add(batch.length);
    return append;
  }

  #noteTransaction(batch: Buffer, o: PlacedBatch): void {
    const core = this.#core;
    const { producer, baseOffset, steadyMs } = o;
    const { producerId, producerEpoch, lastOffsetDelta } = producer;
    if (!batchIsControl(batch)) {
      core.dataEndOffset = baseOffset + lastOffsetDelta + 1;
      core.transactions.wrote(producerId, producerEpoch, baseOffset);
      return;
    }
    o.segment.addMarker();
    const marker = readMarker(batch);
    if (marker === null) return;
    core.dedup.producers.applyMarker(marker, baseOffset, steadyMs);
    core.transactions.ended(producerId, marker.outcome, baseOffset);
  }

  /** A repeat is as durable as its original, or as `pending` that was stored in its place. */
  #answerRepeat({ repeats }: Admission, repeated: RepeatAnswer, pending: Append | null): Append {
    const { waiting, config } = this.#core;
    const original = pending ?? waiting.find((append) => append.lastOffset >= repeated.lastOffset) ?? null;
    const logAppendTimeMs = config.timestampType === 'LogAppendTime' ? repeated.appendTimeMs : -1;
    return duplicateAppend({
      baseOffset: repeated.baseOffset,
      lastOffset: repeated.lastOffset,
      logAppendTimeMs,
      original,
      repeats,
    });
  }

  // ── what the flush queue and the journal ask for ──

  async flush(appends: readonly QueuedAppend[]): Promise<void> {
    const { baseOffset } = appends[0] as QueuedAppend;
    if (baseOffset < this.#vitalEnd) await this.#core.context.reserve.withRoom(() => this.#files.write(appends));
    else await this.#files.write(appends);
    if (this.#core.config.durability === 'fsync') await this.#files.syncWritten();
  }

  journalPiece(appends: readonly QueuedAppend[]): HeldPiece | null {
    return journalPiece(this.#core, this, appends);
  }

  get wantsIntervalSync(): boolean {
    return this.#core.config.durability === 'interval' && this.#files.hasUnsynced;
  }

  async syncWritten(): Promise<void> {
    await this.#files.syncWritten();
  }

  async syncAppended(): Promise<void> {
    await this.#files.syncAppended();
  }

  advance(endOffset: number, isJournaled: boolean): void {
    const core = this.#core;
    core.highWatermark = endOffset;
    core.dedup.settle(endOffset);
    core.transactions.settle(endOffset);
    const settled = this.#takeSettled(endOffset);
    if (isJournaled) this.#files.owe(settled);
    else for (const append of settled) core.tail.add(append);
    if (this.#checkpoints.takeOverdue()) this.#checkpointSoon();
    if (core.context.limits.assertRounds > 0) assertLogHolds(core);
  }

  /** Those that failed stay users of their memory for good: a write of it may have been cut short anywhere. */
  #takeSettled(endOffset: number): PendingAppend[] {
    const { waiting } = this.#core;
    if (waiting === noneWaiting) return [];
    let count = 0;
    while (count < waiting.length && (waiting[count] as PendingAppend).lastOffset < endOffset) count += 1;
    this.#core.waiting = count === waiting.length ? noneWaiting : waiting.slice(count);
    return count === waiting.length ? waiting : waiting.slice(0, count);
  }

  wakeReaders(): void {
    if (this.#listeners !== null) for (const listener of this.#listeners) listener();
  }

  async takeBack(fromOffset: number): Promise<void> {
    const core = this.#core;
    const index = core.waiting.findIndex((append) => append.baseOffset >= fromOffset);
    const first = core.waiting[index];
    if (!first) return;
    core.waiting = index === 0 ? noneWaiting : core.waiting.slice(0, index);
    core.version += 1;
    core.rewinds += 1;
    const bytesBefore = core.segmentList.bytes;
    const removed = core.segmentList.dropFrom(first.segment.baseOffset);
    first.segment.takeBack({ endOffset: fromOffset, sizeBytes: first.position });
    core.context.cap.add(core.segmentList.bytes - bytesBefore);
    core.dedup.rollbackTo(fromOffset);
    core.transactions.rollbackTo(fromOffset);
    core.dataEndOffset = Math.min(core.dataEndOffset, fromOffset);
    if (core.epochs.truncateEnd(fromOffset)) core.areEpochsSaved = false;
    assertLogHolds(core);
    await this.#files.cutBack({ segment: first.segment, removed });
  }

  // ── who waits for the high watermark ──

  onHighWatermark(listener: () => void): () => void {
    const listeners = (this.#listeners ??= new Set());
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners === listeners) this.#listeners = null;
    };
  }

  /** The log has ended: whoever listens hears it, a last time. */
  forgetReaders(): void {
    this.wakeReaders();
    this.#listeners = null;
  }
}
