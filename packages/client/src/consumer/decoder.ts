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

/**
 * Turns what the stream gives into what the application gets: decoded by the topic's schemas, with the topic's policy for
 * records that do not match them.
 *
 * Invariant: a record that makes the loop fail is the next one again: the position goes back to it.
 */
export class Decoder<K, V> {
  readonly #topic: Topic<unknown, unknown, K, V>;
  readonly #stream: RecordStream;
  readonly #deadLetters: () => Producer;
  readonly #isPlain: boolean;
  #skipped = 0;
  #reader: PartitionReader | null = null;
  #record: RecordView | null = null;

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

  /** As `takeMessage`, for whole batches. Of a topic with schemas the records are decoded here, before it is handed out. */
  takeBatch(o: { lend: boolean }): ConsumedBatch<K, V> | null | Promise<ConsumedBatch<K, V>> {
    const taken = this.#stream.takeBatch(o);
    if (taken === null) return null;
    const { batch, fromOffset } = taken;
    this.#reader = batch.reader;
    if (!this.#isPlain) return this.#decodeBatch(batch, fromOffset);
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

  async #takeSlowly(record: RecordView, reader: PartitionReader, pending: Promise<Decoded<K, V> | null>): Promise<Message<K, V> | null> {
    const message = await this.#settled(record, reader, pending);
    return message ?? this.takeMessage();
  }

  /** Waits for a schema, and for what its verdict calls for. */
  async #settled(record: RecordView, reader: PartitionReader, pending: Promise<Decoded<K, V> | null>): Promise<Message<K, V> | null> {
    try {
      const decoded = await pending;
      return decoded instanceof SchemaIssues ? await this.#invalid(record, reader, decoded) : decoded;
    } catch (thrown) {
      this.#backTo(reader, record.offset);
      throw toQError(thrown, `decoding a record of topic "${reader.topic}"`);
    }
  }

  async #decodeBatch(batch: OpenBatch, fromOffset: number): Promise<ConsumedBatch<K, V>> {
    const { reader } = batch;
    const records: Message<K, V>[] = [];
    try {
      for (const record of iterateRecords(batch.bytes, { fromOffset, uncompressedBytesMax: clientLimits.uncompressedBytesMax })) {
        if (reader.endOffset !== null && record.offset >= reader.endOffset) break;
        const decoded = decodeRecord(this.#topic, reader, record);
        const message = await this.#settled(record, reader, decoded instanceof Promise ? decoded : Promise.resolve(decoded));
        if (message !== null) records.push(message);
      }
    } catch (thrown) {
      // Records before the one in question were not handed out either.
      this.#backTo(reader, fromOffset);
      throw toQError(thrown, 'reading a batch');
    }
    return { ...describeBatch(batch), records };
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
