import type { RecordView } from '@q/protocol';
import { iterateRecords } from '@q/protocol';

import { clientLimits } from '../limits.ts';
import type { Producer } from '../producer/producer.ts';
import { toQError } from '../retry.ts';
import { SchemaIssues, schemaMismatch } from '../topic/schema-issues.ts';
import type { Topic } from '../topic/topic.ts';
import { bytesRecords, describeBatch } from './consumed-batch.ts';
import type { ConsumedBatch } from './consumed-batch.ts';
import { sendDeadLetter } from './dead-letter.ts';
import { decodeRecord, InvalidMessage } from './message.ts';
import type { Decoded, Message } from './message.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { OpenBatch, RecordStream } from './record-stream.ts';

/** A record, or a batch, that is being decoded: it was read and not handed out yet. */
interface Slow {
  readonly reader: PartitionReader;
  readonly offset: number;
  /** `moved`: the partition is read from elsewhere. `left`: nobody waits for anything any more. */
  fate: 'awaited' | 'moved' | 'left';
}

/**
 * Turns what the stream gives into what the application gets: decoded by the topic's schemas, with the topic's policy
 * for records that do not match them.
 *
 * Invariants
 * - A record that makes the loop fail is the next one again: the position goes back to it. So is one whose schema takes
 *   so long that the loop is left meanwhile.
 * - One thing is decoded slowly at a time. What comes of one that nobody waits for counts for nothing, and moves no
 *   position.
 */
export class Decoder<K, V> {
  readonly #topic: Topic<unknown, unknown, K, V>;
  readonly #stream: RecordStream;
  readonly #deadLetters: () => Producer;
  readonly #isPlain: boolean;
  #skipped = 0;
  #reader: PartitionReader | null = null;
  #record: RecordView | null = null;
  #slow: Slow | null = null;

  constructor(o: { topic: Topic<unknown, unknown, K, V>; stream: RecordStream; deadLetters: () => Producer }) {
    this.#topic = o.topic;
    this.#stream = o.stream;
    this.#deadLetters = o.deadLetters;
    this.#isPlain = o.topic.keySerde === null && o.topic.valueSerde === null;
  }

  get skipped(): number {
    return this.#skipped;
  }

  /** The partition of the message or batch that was taken last. */
  get reader(): PartitionReader | null {
    return this.#reader;
  }

  /** The message that was taken last, as it is stored. */
  get record(): RecordView | null {
    return this.#record;
  }

  /** The loop was left: nothing is kept, and what is being decoded is the next one again. */
  release(): void {
    if (this.#slow !== null) {
      this.#slow.fate = 'left';
      this.#backTo(this.#slow.reader, this.#slow.offset);
    }
    this.#slow = null;
    this.#record = null;
    this.#reader = null;
  }

  /** The partition is about to be read from elsewhere. */
  seek(reader: PartitionReader, offset: number): void {
    if (this.#slow?.reader === reader) this.#slow.fate = 'moved';
    this.#backTo(reader, offset);
  }

  /** The next message, null when nothing is buffered; a promise only if a schema or a dead letter takes time. */
  takeMessage(): Message<K, V> | null | Promise<Message<K, V> | null> {
    if (this.#isPlain) return this.#takePlain();
    for (let record = this.#stream.takeRecord(); record !== null; record = this.#stream.takeRecord()) {
      const reader = this.#stream.reader as PartitionReader;
      this.#reader = reader;
      this.#record = record;
      const decoded = decodeRecord(this.#topic, reader, record);
      if (decoded instanceof Promise) return this.#takeSlowly(record, reader, decoded);
      if (!(decoded instanceof SchemaIssues)) return decoded;
      const message = this.#invalid(record, reader, decoded);
      if (message instanceof Promise) return this.#takeSlowly(record, reader, message);
      if (message !== null) return message;
    }
    return null;
  }

  /**
   * As `takeMessage`, for whole batches. Of a topic with schemas the records are decoded here, before it is handed out.
   */
  takeBatch(o: { lend: boolean }): ConsumedBatch<K, V> | null | Promise<ConsumedBatch<K, V> | null> {
    const taken = this.#stream.takeBatch(o);
    if (taken === null) return null;
    const { batch, fromOffset } = taken;
    this.#reader = batch.reader;
    if (!this.#isPlain) return this.#decodeBatch(batch, fromOffset, o);
    return { ...describeBatch(batch), records: bytesRecords(batch, fromOffset) as unknown as Iterable<Message<K, V>> };
  }

  /** The types of a topic without schemas say that key and value are bytes. */
  #takePlain(): Message<K, V> | null {
    const record = this.#stream.takeRecord();
    if (record === null) return null;
    const reader = this.#stream.reader as PartitionReader;
    this.#reader = reader;
    this.#record = record;
    return record as unknown as Message<K, V>;
  }

  async #takeSlowly(
    record: RecordView,
    reader: PartitionReader,
    pending: Promise<Decoded<K, V> | null>,
  ): Promise<Message<K, V> | null> {
    const slow = this.#begin(reader, record.offset);
    const message = await this.#settled(slow, record, pending).finally(() => this.#end(slow));
    if (slow.fate === 'left') return null;
    return slow.fate === 'awaited' && message !== null ? message : this.takeMessage();
  }

  #begin(reader: PartitionReader, offset: number): Slow {
    const slow: Slow = { reader, offset, fate: 'awaited' };
    this.#slow = slow;
    return slow;
  }

  #end(slow: Slow): void {
    if (this.#slow === slow) this.#slow = null;
  }

  /** Waits for a schema, and for what its verdict calls for. */
  async #settled(
    slow: Slow,
    record: RecordView,
    pending: Promise<Decoded<K, V> | null>,
  ): Promise<Message<K, V> | null> {
    const { reader } = slow;
    try {
      const decoded = await pending;
      if (slow.fate !== 'awaited') return null;
      return decoded instanceof SchemaIssues ? await this.#invalid(record, reader, decoded) : decoded;
    } catch (thrown) {
      if (slow.fate !== 'awaited') return null;
      this.#backTo(reader, record.offset);
      throw toQError(thrown, `decoding a record of topic "${reader.topic}"`);
    }
  }

  async #decodeBatch(batch: OpenBatch, fromOffset: number, o: { lend: boolean }): Promise<ConsumedBatch<K, V> | null> {
    const { reader } = batch;
    const slow = this.#begin(reader, fromOffset);
    const records: Message<K, V>[] = [];
    try {
      for (const record of iterateRecords(batch.bytes, {
        fromOffset,
        uncompressedBytesMax: clientLimits.uncompressedBytesMax,
      })) {
        if (reader.endOffset !== null && record.offset >= reader.endOffset) break;
        const decoded = decodeRecord(this.#topic, reader, record);
        const message = await this.#settled(
          slow,
          record,
          decoded instanceof Promise ? decoded : Promise.resolve(decoded),
        );
        if (slow.fate !== 'awaited') break;
        if (message !== null) records.push(message);
      }
    } catch (thrown) {
      // Records before the one in question were not handed out either.
      this.#backTo(reader, fromOffset);
      throw toQError(thrown, 'reading a batch');
    } finally {
      this.#end(slow);
    }
    if (slow.fate === 'awaited') return { ...describeBatch(batch), records };
    return slow.fate === 'left' ? null : this.takeBatch(o);
  }

  /** What the policy makes of a record that does not match: null leaves it out. Throws if the loop is to fail. */
  #invalid(record: RecordView, reader: PartitionReader, issues: SchemaIssues): Message<K, V> | null | Promise<null> {
    const { onInvalid } = this.#topic;
    // The types of such a topic say that key and value may be bytes.
    if (onInvalid === 'raw') return new InvalidMessage(reader, record, issues) as unknown as Message<K, V>;
    if (onInvalid === 'fail') {
      this.#backTo(reader, record.offset);
      throw schemaMismatch(issues, { topic: reader.topic, partition: reader.partition, offset: record.offset });
    }
    if (typeof onInvalid === 'object') return this.#bury(record, reader, { issues, to: onInvalid.deadLetter });
    this.#skipped += 1;
    return null;
  }

  async #bury(record: RecordView, reader: PartitionReader, o: { issues: SchemaIssues; to: string }): Promise<null> {
    await sendDeadLetter(this.#deadLetters(), { ...o, source: reader, record });
    this.#skipped += 1;
    return null;
  }

  #backTo(reader: PartitionReader, offset: number): void {
    this.#stream.release(reader);
    reader.seek(offset);
  }
}
