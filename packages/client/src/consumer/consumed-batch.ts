import { batchMaxTimestamp } from '@q/protocol';
import type { QError, RecordReader, RecordView } from '@q/protocol';

import { checkOptions, flag } from '../option-check.ts';
import { toQError } from '../retry.ts';
import type { BytesOut } from '../topic/topic.ts';
import { readMessages } from './message.ts';
import type { Message } from './message.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { OpenBatch } from './record-stream.ts';

/** How batches are given. */
export interface BatchesOptions {
  /**
   * True lends each batch: its memory is taken back when the next one is asked for, and used again. Keys, values and
   * headers that were kept until then are empty afterwards, and can no longer be read from their records: copy what is
   * to stay (`Buffer.from(value)`). Worth it for records of a kilobyte and more, and for many consumers in a process,
   * whose garbage collector has that much less to do. Default false: whatever is kept keeps its batch in memory.
   */
  readonly lend?: boolean;
}

/** Whether batches are to be lent. @throws QError `INVALID_CONFIG` */
export function lends(options: BatchesOptions): { lend: boolean } {
  checkOptions('batches', options, { lend: flag });
  return { lend: options.lend ?? false };
}

/** A batch as it was stored: the cheapest way to read. */
export interface ConsumedBatch<K = BytesOut, V = BytesOut> {
  /** The topic that it was read from. */
  readonly topic: string;
  /** The partition that it was read from. */
  readonly partition: number;
  /** Of the first record in the batch, which may lie before the position and is left out then. */
  readonly baseOffset: number;
  /** Offset of its last record. */
  readonly lastOffset: number;
  /** Upper bound of the records in it. */
  readonly recordsCount: number;
  /** As stored, compressed or not. */
  readonly sizeBytes: number;
  /** Latest time of its records, in ms since 1970. */
  readonly maxTimestampMs: number;
  /**
   * First offset of the partition that could not be fetched yet when the batch was; `highWatermark - lastOffset - 1` is
   * the lag, or more than it where compaction has taken records out.
   */
  readonly highWatermark: number;
  /**
   * The records from the position on. Of a topic without schemas they are decoded one by one while you iterate, anew
   * for each iteration; iterating throws `CORRUPT_BATCH` and the like if the bytes are damaged.
   */
  readonly records: Iterable<Message<K, V>>;
}

/** Everything but the records. */
export function describeBatch(batch: OpenBatch): Omit<ConsumedBatch, 'records'> {
  const { reader, bytes, baseOffset, lastOffset, recordsCount } = batch;
  return {
    topic: reader.topic,
    partition: reader.partition,
    baseOffset,
    lastOffset,
    recordsCount,
    sizeBytes: bytes.length,
    maxTimestampMs: batchMaxTimestamp(bytes),
    highWatermark: reader.highWatermark,
  };
}

/** The records of a batch of plain bytes, decoded as they are asked for. */
export function bytesRecords(batch: OpenBatch, fromOffset: number): Iterable<Message> {
  return { [Symbol.iterator]: () => new BytesRecordIterator(batch, fromOffset) };
}

/** Hand-written: a generator takes about twice as long for each record. */
class BytesRecordIterator implements Iterator<Message, undefined> {
  readonly #reader: PartitionReader;
  readonly #records: RecordReader;
  readonly #endOffset: number;
  #nextOffset: number;

  constructor(batch: OpenBatch, fromOffset: number) {
    const { reader } = batch;
    this.#reader = reader;
    this.#endOffset = reader.endOffset ?? Number.POSITIVE_INFINITY;
    this.#nextOffset = fromOffset;
    try {
      this.#records = readMessages(batch.bytes, { source: reader, fromOffset });
    } catch (error) {
      throw this.#damaged(error);
    }
  }

  next(): IteratorResult<Message, undefined> {
    const message = this.#take();
    // One place that makes the result: V8 then finds that a loop needs none.
    return { done: message === null, value: message ?? undefined } as IteratorResult<Message, undefined>;
  }

  #take(): RecordView | null {
    let message: RecordView | null;
    try {
      message = this.#records.next();
    } catch (error) {
      throw this.#damaged(error);
    }
    if (message === null || message.offset >= this.#endOffset) return null;
    this.#nextOffset = message.offset + 1;
    return message;
  }

  #damaged(error: unknown): QError {
    return this.#reader.corrupt('the batch cannot be read', {
      cause: toQError(error, 'reading a batch'),
      offset: this.#nextOffset,
    });
  }
}
