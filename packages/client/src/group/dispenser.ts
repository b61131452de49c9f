import type { Decoder } from '../consumer/decoder.ts';
import type { ConsumedBatch } from '../consumer/consumed-batch.ts';
import type { Message } from '../consumer/message.ts';
import type { PartitionReader } from '../consumer/partition-reader.ts';
import type { RecordStream } from '../consumer/record-stream.ts';
import { clientLimits } from '../limits.ts';
import type { ResolvedGroupOptions } from './group-options.ts';
import { HandedBatch, HandedMessage } from './group-message.ts';
import type { Entry } from './group-message.ts';
import { KeyLanes } from './key-lanes.ts';
import type { LaneTicket } from './key-lanes.ts';
import type { OwnedPartition } from './owned-partition.ts';
import type { Ownership } from './ownership.ts';

/** A message that was read and waits for its turn. */
interface Ahead<K, V> extends Entry {
  readonly message: Message<K, V>;
}

type Taken<T> = T | null | Promise<T | null>;

/**
 * Hands messages out: one after another, or by key. Keeps the book of what was handed out and is not acknowledged.
 *
 * Invariants
 * - Only of active partitions anything is handed out. A record that was read of one that has gone meanwhile is dropped;
 *   its next owner reads it again.
 * - A record is in its partition's tracker before a later one of the partition is read: the prefix never runs past it.
 * - No more than `maxUnacked` messages are handed out; a batch may exceed that.
 */
export class Dispenser<K, V> {
  readonly #decoder: Decoder<K, V>;
  readonly #stream: RecordStream;
  readonly #ownership: Ownership;
  readonly #maxUnacked: number;
  readonly #lanes: KeyLanes<Ahead<K, V>> | null;
  readonly #owners = new Map<PartitionReader, OwnedPartition>();
  /** Whose message came last: the next one is mostly of the same partition. */
  #lastReader: PartitionReader | null = null;
  #lastOwner: OwnedPartition | undefined = undefined;

  constructor(o: {
    decoder: Decoder<K, V>;
    stream: RecordStream;
    ownership: Ownership;
    options: ResolvedGroupOptions;
  }) {
    this.#decoder = o.decoder;
    this.#stream = o.stream;
    this.#ownership = o.ownership;
    this.#maxUnacked = o.options.maxUnacked;
    const max = o.options.keyConcurrencyMax;
    this.#lanes = max === null ? null : new KeyLanes({ max, aheadMax: max * clientLimits.laneAheadFactor });
  }

  /** Whether taking is worth a try. */
  get hasWork(): boolean {
    const lanes = this.#lanes;
    if (lanes === null) return this.#hasRoom && !this.#stream.isEmpty;
    return lanes.canTake || (lanes.wantsMore && !this.#stream.isEmpty);
  }

  /** Something is buffered, or read and not handed out. */
  get isWorkWaiting(): boolean {
    return !this.#stream.isEmpty || this.#lanes?.canTake === true;
  }

  begin(owned: OwnedPartition, reader: PartitionReader): void {
    this.#owners.set(reader, owned);
  }

  /** Nothing more of it is handed out. */
  stop(owned: OwnedPartition): void {
    if (owned.reader !== null) this.#stream.release(owned.reader);
    this.#lanes?.closeOwner(owned);
  }

  forget(owned: OwnedPartition): void {
    this.stop(owned);
    this.#lanes?.drop(owned);
    this.#lastReader = null;
    this.#lastOwner = undefined;
    if (owned.reader !== null) this.#owners.delete(owned.reader);
  }

  /** Offset of the next record that is read. By key, some of those before it may wait for their turn yet. */
  position(owned: OwnedPartition): number {
    return (owned.reader as PartitionReader).position;
  }

  /** What was handed out is forgotten: nobody waits for it, and its acknowledgement means nothing any more. */
  seek(owned: OwnedPartition, offset: number): void {
    const reader = owned.reader as PartitionReader;
    this.#lanes?.drop(owned);
    this.#decoder.seek(reader, offset);
    owned.tracker.reset(offset);
    this.#ownership.forgetUnacked(owned);
  }

  /** So much of the partition was committed by hand. */
  committedBelow(owned: OwnedPartition, offset: number): void {
    // In this order: first there is room in the lanes, then it is looked whether the loop may go on.
    const { tracker } = owned;
    owned.ackBelow(offset, () => this.#lanes?.finishWhere(owned, ({ sequence }) => !tracker.isPending(sequence)));
  }

  takeMessage(): Taken<HandedMessage<K, V>> {
    return this.#lanes === null ? this.#takeNext() : this.#takeByKey(this.#lanes);
  }

  takeBatch(o: { lend: boolean }): Taken<HandedBatch<K, V>> {
    for (;;) {
      if (!this.#hasRoom) return null;
      const taken = this.#decoder.takeBatch(o);
      if (taken instanceof Promise)
        return taken.then((batch) => (batch === null ? null : (this.#handOutBatch(batch) ?? this.takeBatch(o))));
      if (taken === null) return this.#ranDry();
      const handed = this.#handOutBatch(taken);
      if (handed !== null) return handed;
    }
  }

  get #hasRoom(): boolean {
    return this.#ownership.unacked < this.#maxUnacked;
  }

  #takeNext(): Taken<HandedMessage<K, V>> {
    for (;;) {
      if (!this.#hasRoom) return null;
      const taken = this.#decoder.takeMessage();
      if (taken instanceof Promise)
        return taken.then((message) =>
          message === null ? this.#ranDry() : (this.#handOut(message) ?? this.#takeNext()),
        );
      if (taken === null) return this.#ranDry();
      const handed = this.#handOut(taken);
      if (handed !== null) return handed;
    }
  }

  #takeByKey(lanes: KeyLanes<Ahead<K, V>>): Taken<HandedMessage<K, V>> {
    for (;;) {
      const ticket = lanes.take();
      if (ticket !== null) return this.#handOutTicket(lanes, ticket);
      if (!lanes.wantsMore) return null;
      const taken = this.#decoder.takeMessage();
      if (taken instanceof Promise) return taken.then((message) => this.#takeByKeyAfter(lanes, message));
      if (taken === null) return this.#ranDry();
      this.#admit(lanes, taken);
    }
  }

  #takeByKeyAfter(lanes: KeyLanes<Ahead<K, V>>, message: Message<K, V> | null): Taken<HandedMessage<K, V>> {
    if (message === null) return this.#ranDry();
    this.#admit(lanes, message);
    return this.#takeByKey(lanes);
  }

  #handOut(message: Message<K, V>): HandedMessage<K, V> | null {
    const owned = this.#owner();
    if (owned === null) return null;
    const sequence = owned.tracker.add(message.offset, message.offset + 1);
    this.#ownership.handedOut(owned, owned.tracker.isPending(sequence) ? 1 : 0);
    return new HandedMessage(message, { owned, sequence }, null);
  }

  #handOutBatch(batch: ConsumedBatch<K, V>): HandedBatch<K, V> | null {
    const owned = this.#owner();
    if (owned === null) return null;
    // A position in the middle of the batch stays there until the batch is acknowledged.
    const sequence = owned.tracker.add(
      Math.max(batch.baseOffset, owned.tracker.end),
      batch.lastOffset + 1,
      batch.recordsCount,
    );
    this.#ownership.handedOut(owned, owned.tracker.isPending(sequence) ? batch.recordsCount : 0);
    return new HandedBatch(batch, { owned, sequence });
  }

  #handOutTicket(lanes: KeyLanes<Ahead<K, V>>, ticket: LaneTicket<Ahead<K, V>>): HandedMessage<K, V> {
    const { message, owned, sequence } = ticket.item;
    if (!owned.tracker.isPending(sequence)) {
      // Committed by hand while it waited: handed out as any record that was committed ahead, and in nobody's way.
      lanes.finish(ticket);
      this.#ownership.handedOut(owned, 0);
      return new HandedMessage(message, { owned, sequence }, null);
    }
    this.#ownership.handedOut(owned, 1);
    return new HandedMessage(message, { owned, sequence }, () => lanes.finish(ticket));
  }

  #admit(lanes: KeyLanes<Ahead<K, V>>, message: Message<K, V>): void {
    const owned = this.#owner();
    if (owned === null) return;
    const sequence = owned.tracker.add(message.offset, message.offset + 1);
    const key = this.#decoder.record?.key ?? null;
    // As bytes and not as decoded: what the partitioner looked at. Latin-1 keeps every byte apart.
    lanes.admit({ message, owned, sequence }, { owner: owned, key: key === null ? null : key.toString('latin1') });
  }

  /** Who owns the partition of the record that was read last; null if its messages are not handed out any more. */
  #owner(): OwnedPartition | null {
    const { reader } = this.#decoder;
    if (reader !== this.#lastReader || reader === null) {
      this.#lastReader = reader;
      this.#lastOwner = reader === null ? undefined : this.#owners.get(reader);
    }
    const owned = this.#lastOwner;
    return owned !== undefined && owned.state === 'active' ? owned : null;
  }

  /**
   * Nothing is buffered and nothing is being decoded, so offsets up to the position hold nothing that is still to come.
   */
  #ranDry(): null {
    for (const [reader, { tracker, state }] of this.#owners) if (state === 'active') tracker.pass(reader.position);
    return null;
  }
}
