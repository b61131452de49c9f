import type { ConsumedBatch } from '../consumer/consumed-batch.ts';
import type { Message, MessageHeader } from '../consumer/message.ts';
import type { SchemaIssues } from '../topic/schema-issues.ts';
import type { BytesOut } from '../topic/topic.ts';
import type { OwnedPartition } from './owned-partition.ts';

interface Acknowledgeable {
  /**
   * It was handled: the group need not see it again. Costs no request: what is acknowledged without a gap is committed
   * as `autoCommit` says. A second call does nothing.
   *
   * @throws QError `PARTITION_NOT_OWNED` when the partition was taken away: the message is delivered to its new owner.
   */
  ack(): void;
  /** Aborts when the partition is taken away: what goes on being done with the message will be done again elsewhere. */
  readonly signal: AbortSignal;
}

/** A message of a group consumer. */
export interface GroupMessage<K = BytesOut, V = BytesOut> extends Message<K, V>, Acknowledgeable {}

/** A batch of a group consumer; acknowledged as a whole. */
export interface GroupBatch<K = BytesOut, V = BytesOut> extends ConsumedBatch<K, V>, Acknowledgeable {}

/** What the consumer keeps in mind of the message or batch that it handed out last. */
export interface Handed extends Acknowledgeable {
  /** Not acknowledged, and the partition is still there. */
  readonly isPending: boolean;
  /** Nobody is to wait for its acknowledgement. It still counts if it comes. */
  giveUp(): void;
}

/** One entry of a partition's tracker. */
export interface Entry {
  readonly owned: OwnedPartition;
  readonly sequence: number;
}

function isPending(owned: OwnedPartition, sequence: number): boolean {
  return !owned.isClosed && owned.tracker.isPending(sequence);
}

export class HandedMessage<K, V> implements GroupMessage<K, V>, Handed {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly #message: Message<K, V>;
  readonly #owned: OwnedPartition;
  readonly #sequence: number;
  readonly #onAcked: (() => void) | null;

  /** `onAcked` is called once. */
  constructor(message: Message<K, V>, entry: Entry, onAcked: (() => void) | null) {
    this.topic = message.topic;
    this.partition = message.partition;
    this.offset = message.offset;
    this.#message = message;
    this.#owned = entry.owned;
    this.#sequence = entry.sequence;
    this.#onAcked = onAcked;
  }

  get timestampMs(): number {
    return this.#message.timestampMs;
  }

  get key(): K {
    return this.#message.key;
  }

  get value(): V {
    return this.#message.value;
  }

  get headers(): readonly MessageHeader[] {
    return this.#message.headers;
  }

  get invalid(): SchemaIssues | undefined {
    return this.#message.invalid;
  }

  get signal(): AbortSignal {
    return this.#owned.signal;
  }

  get owned(): OwnedPartition {
    return this.#owned;
  }

  /** The offset to go on with once it is handled. */
  get nextOffset(): number {
    return this.#owned.tracker.nextAfter(this.#sequence, this.offset);
  }

  get isPending(): boolean {
    return isPending(this.#owned, this.#sequence);
  }

  ack(): void {
    this.#owned.ack(this.#sequence, 1, this.#onAcked);
  }

  giveUp(): void {
    this.#owned.giveUp(this.#sequence, 1);
  }
}

export class HandedBatch<K, V> implements GroupBatch<K, V>, Handed {
  readonly topic: string;
  readonly partition: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly recordsCount: number;
  readonly sizeBytes: number;
  readonly maxTimestampMs: number;
  readonly highWatermark: number;
  readonly records: Iterable<Message<K, V>>;
  readonly #entry: Entry;

  constructor(batch: ConsumedBatch<K, V>, entry: Entry) {
    this.topic = batch.topic;
    this.partition = batch.partition;
    this.baseOffset = batch.baseOffset;
    this.lastOffset = batch.lastOffset;
    this.recordsCount = batch.recordsCount;
    this.sizeBytes = batch.sizeBytes;
    this.maxTimestampMs = batch.maxTimestampMs;
    this.highWatermark = batch.highWatermark;
    this.records = batch.records;
    this.#entry = entry;
  }

  get signal(): AbortSignal {
    return this.#entry.owned.signal;
  }

  get isPending(): boolean {
    return isPending(this.#entry.owned, this.#entry.sequence);
  }

  ack(): void {
    const { owned, sequence } = this.#entry;
    owned.ack(sequence, this.recordsCount, null);
  }

  giveUp(): void {
    this.#entry.owned.giveUp(this.#entry.sequence, this.recordsCount);
  }
}
