import {
  batchBaseOffset,
  batchBaseSequence,
  batchIsControl,
  batchIsTransactional,
  batchLastOffsetDelta,
  batchMaxTimestamp,
  batchProducerEpoch,
  batchProducerId,
  emptiedBatch,
  peekMessageIds,
  rebuildBatch,
} from '@q/protocol';
import { MessageIdWindow } from '../message-ids/message-id-window.ts';
import type { AppendTime, BatchMessageIds, MessageIdLimits } from '../message-ids/message-id-window.ts';
import type { RepeatedRecord } from '../ports/log-store.ts';
import type { ProducerBatch } from '../producers/producer-entry.ts';
import { ProducerState } from '../producers/producer-state.ts';
import type { ProducerCheck, ProducerStateLimits } from '../producers/producer-state.ts';

/*
 * Both kinds of deduplication of one partition, as an append meets them: by producer and sequence, and by message id.
 *
 * An append calls `admit`, and, if told to append, assigns offsets and calls `applied` in the same turn. Whatever was
 * applied is settled by `settle(durableEnd)` or taken back by `rollbackTo(endOffset)`.
 *
 * Message ids in a transaction are not looked at: what is sent again after an abort is no repeat.
 *
 * Invariant: what `admit` accepted is consistent with what `applied` was called for, in offset order; nothing else is
 * appended between the two.
 *
 * `now` is a steady clock's: how long a producer or an id is remembered does not depend on what the machine's wall
 * clock does.
 */

export interface DeduplicationLimits extends ProducerStateLimits, MessageIdLimits {
  readonly uncompressedBytesMax: number;
}

/** Where a batch, or the first one it repeats, is. */
export interface RepeatAnswer {
  readonly baseOffset: number;
  /** No repeated record lies beyond it: once it is durable, all of them are. */
  readonly lastOffset: number;
  /** When it was appended, in ms since the epoch: what a topic that stamps LogAppendTime answers. */
  readonly appendTimeMs: number;
}

export type Admission =
  | {
      readonly kind: 'append';
      /** What is to be stored: the batch itself, or one without the repeats but with the same span. */
      readonly batch: Buffer;
      /** What its header says to producer state, as long as nobody stamps it. */
      readonly producer: ProducerBatch;
      readonly ids: BatchMessageIds | null;
      /** Records whose offset is not `baseOffset + index`. */
      readonly repeats: readonly RepeatedRecord[];
      /**
       * Set when all records are repeats: the caller is answered with this, once the batch (which is empty) is durable.
       */
      readonly repeated: RepeatAnswer | null;
    }
  | { readonly kind: 'duplicate'; readonly repeated: RepeatAnswer; readonly repeats: readonly RepeatedRecord[] };

/** What the caller has read of a batch already. */
export interface KnownOfBatch {
  readonly header?: ProducerBatch | undefined;
  /** Of the batch's records in order; null when there are none. */
  readonly messageIds?: BatchMessageIds | null | undefined;
  /** The batch without repeats, and which ones. */
  readonly rest?: { readonly leftOut: readonly number[]; readonly batch: Buffer } | null | undefined;
}

const noRepeats: readonly RepeatedRecord[] = Object.freeze([]);

export class Deduplication {
  readonly producers: ProducerState;
  readonly #limits: DeduplicationLimits;
  #window: MessageIdWindow | null = null;

  constructor(o: { limits: DeduplicationLimits; dedupWindowMs: number }) {
    this.#limits = o.limits;
    this.producers = new ProducerState(o.limits);
    this.setWindow(o.dedupWindowMs);
  }

  /** 0 turns message ids off and forgets them. */
  setWindow(windowMs: number): void {
    if (windowMs <= 0) this.#window = null;
    else if (this.#window === null) this.#window = new MessageIdWindow({ windowMs, limits: this.#limits });
    else this.#window.windowMs = windowMs;
  }

  /** The dedup window, or null while it is off. For counts. */
  get messageIds(): MessageIdWindow | null {
    return this.#window;
  }

  /**
   * What becomes of a batch that would be appended at `endOffset`? Changes nothing. Plain parameters: an object would
   * be made for each append.
   * @throws StorageError OUT_OF_ORDER_SEQUENCE, STALE_PRODUCER_EPOCH
   */
  admit(batch: Buffer, known: KnownOfBatch, endOffset: number, now: number, wallMs: number): Admission {
    const producer = known.header ?? producerBatchOf(batch);
    if (batchIsControl(batch)) this.producers.checkMarker(producer);
    const check = this.producers.check(producer, now);
    const window = this.#window;
    const ids =
      window === null || batchIsTransactional(batch)
        ? null
        : known.messageIds === undefined
          ? peekMessageIds(batch, this.#limits)
          : known.messageIds;
    if (window === null || ids === null) return admitWithoutIds(batch, producer, check);

    const baseOffset = check.kind === 'duplicate' ? check.baseOffset : endOffset;
    const { repeats, all } = window.check(ids, baseOffset, { now, wallMs });
    if (check.kind === 'duplicate') {
      // Each new record of the batch is in the window by now, at its own place: only true repeats are reported.
      const moved = repeats.filter((repeat) => repeat.offset !== baseOffset + repeat.index);
      return { kind: 'duplicate', repeated: all ? answerOf(repeats) : check, repeats: moved };
    }
    if (repeats.length === 0) return { kind: 'append', batch, producer, ids, repeats, repeated: null };
    if (all && producer.producerId < 0) return { kind: 'duplicate', repeated: answerOf(repeats), repeats };
    const rest = all ? emptiedBatch(batch) : this.#without(batch, repeats, known.rest);
    return {
      kind: 'append',
      batch: rest,
      producer: producerBatchOf(rest),
      ids,
      repeats,
      repeated: all ? answerOf(repeats) : null,
    };
  }

  /** Indexes of the records that are repeats, as far as can be told without the place of the batch. */
  repeatsOf(ids: BatchMessageIds, now: number): number[] {
    return this.#window?.check(ids, 0, { now, wallMs: 0 }).repeats.map(({ index }) => index) ?? [];
  }

  /** The admitted batch was appended, with these `ids`; `producer` is what its header says now. */
  applied(producer: ProducerBatch, ids: BatchMessageIds | null, baseOffset: number, now: number, wallMs: number): void {
    this.producers.apply(producer, baseOffset, now);
    if (ids !== null) this.#window?.apply(ids, baseOffset, { now, wallMs });
  }

  settle(durableEnd: number): void {
    this.producers.settle(durableEnd);
    this.#window?.settle(durableEnd);
  }

  rollbackTo(endOffset: number): void {
    this.producers.rollbackTo(endOffset);
    this.#window?.rollbackTo(endOffset);
  }

  /** Before a rebuild from snapshot and log. */
  clear(): void {
    this.producers.clear();
    this.#window?.clear();
  }

  /**
   * Recovery: a batch of the log behind the newest snapshot. Needs the whole batch only if `wantsMessageIds` says so.
   */
  replayProducer(batch: Buffer, now: number): void {
    this.producers.replay(producerBatchOf(batch), batchBaseOffset(batch), now);
  }

  /** Recovery: the ids of a batch of the log; in offset order. */
  replayMessageIds(ids: BatchMessageIds, baseOffset: number, time: AppendTime): void {
    this.#window?.replay(ids, baseOffset, time);
  }

  /** Now and then: forgets idle producers and ids that have left the window. */
  expire(now: number): void {
    this.producers.expire(now);
    this.#window?.expire(now);
  }

  #without(batch: Buffer, repeats: readonly RepeatedRecord[], rest: KnownOfBatch['rest']): Buffer {
    if (
      rest
      && rest.leftOut.length === repeats.length
      && rest.leftOut.every((index, at) => index === repeats[at]?.index)
    )
      return rest.batch;
    const indexes = new Set(repeats.map((repeat) => repeat.index));
    const baseOffset = batchBaseOffset(batch);
    const rebuilt = rebuildBatch(batch, (record) => !indexes.has(record.offset - baseOffset), {
      uncompressedBytesMax: this.#limits.uncompressedBytesMax,
      keepEmpty: true,
    });
    if (rebuilt === null) throw new TypeError('a batch rebuilt with keepEmpty is never null');
    return rebuilt;
  }
}

function admitWithoutIds(batch: Buffer, producer: ProducerBatch, check: ProducerCheck): Admission {
  if (check.kind === 'duplicate') return { kind: 'duplicate', repeated: check, repeats: noRepeats };
  return { kind: 'append', batch, producer, ids: null, repeats: noRepeats, repeated: null };
}

/** All records are repeats: the answer is about the first one, as exact as a batch of one record needs it. */
function answerOf(repeats: readonly RepeatedRecord[]): RepeatAnswer {
  const first = repeats[0];
  if (first === undefined) throw new TypeError('a batch without records repeats nothing');
  const lastOffset = repeats.reduce((latest, repeat) => Math.max(latest, repeat.offset), first.offset);
  return { baseOffset: first.offset, lastOffset, appendTimeMs: first.appendedMs };
}

function producerBatchOf(batch: Buffer): ProducerBatch {
  return {
    producerId: batchProducerId(batch),
    producerEpoch: batchProducerEpoch(batch),
    baseSequence: batchBaseSequence(batch),
    lastOffsetDelta: batchLastOffsetDelta(batch),
    maxTimestamp: batchMaxTimestamp(batch),
  };
}
