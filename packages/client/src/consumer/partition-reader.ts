import { batchBaseOffset, batchLastOffset, iterateBatches, QError } from '@q/protocol';
import type { FetchAborted, LentMemory } from '@q/protocol';

import type { LinkedList, ListNode } from '../linked-list.ts';
import { Queue } from '../queue.ts';
import { AbortedBatches } from './aborted-batches.ts';
import { LeaderEpochs } from './leader-epochs.ts';

/*
 * One partition of a consumer: where it is, and what was fetched ahead.
 *
 *     handed out ... | position | buffered batches ... | fetchOffset | not fetched yet ...
 *
 * Invariants
 * - `position` is the offset of the next record that the application gets. It moves when a record is handed out, and
 *   over offsets that hold no record; `seek` sets it.
 * - `fetchOffset` is one past the last offset of the last buffered batch, or `position` when nothing is buffered.
 * - `fetch` is the one fetch whose answer will count. A seek or a stop forgets it: what it brings then is stale.
 */

export class PartitionReader implements ListNode<PartitionReader> {
  list: LinkedList<PartitionReader> | null = null;
  before: PartitionReader | null = null;
  after: PartitionReader | null = null;
  readonly topic: string;
  readonly partition: number;
  leaderId = -1;
  leaderEpoch = -1;
  isPaused = false;
  /** Its position is being looked up. */
  isHeld = false;
  /** The fetch under way whose answer will count. */
  fetch: object | null = null;
  /** Fetches at the end of the partition since the last one that brought something. */
  emptyFetches = 0;
  /** Waits in the round in which partitions are read in turn. */
  isListed = false;
  /** Monotonic; not fetched before. */
  notBeforeMs = 0;
  failures = 0;
  /** First offset that could not be fetched when the broker answered last; -1: not known yet. */
  highWatermark = -1;
  /** The broker has said that it has no record from `fetchOffset` up to here; -1: it has not. */
  emptyUpTo = -1;
  /** Records from this offset on are not wanted; null: all are. */
  endOffset: number | null = null;
  /** Of the batches that were read. */
  readonly epochs: LeaderEpochs = new LeaderEpochs();
  #position: number;
  #fetchOffset: number;
  #bufferedBytes = 0;
  #batches = new Queue<Buffer>();
  /** Of those buffered; null: none. */
  #aborted: WeakSet<Buffer> | null = null;
  readonly #frames: LentMemory;

  constructor(o: { topic: string; partition: number; position: number; frames: LentMemory }) {
    this.#frames = o.frames;
    this.topic = o.topic;
    this.partition = o.partition;
    this.#position = o.position;
    this.#fetchOffset = o.position;
  }

  get position(): number {
    return this.#position;
  }

  get fetchOffset(): number {
    return this.#fetchOffset;
  }

  /** As far as is known there is nothing to fetch. */
  get isAtEnd(): boolean {
    return this.highWatermark !== -1 && this.#fetchOffset >= this.highWatermark;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get hasBatches(): boolean {
    return this.#batches.length > 0;
  }

  /** Everything up to the wanted end was handed out. */
  get isDone(): boolean {
    return this.endOffset !== null && this.#position >= this.endOffset;
  }

  /** No record below the offset is still to come. */
  hasHandedOut(offset: number): boolean {
    return this.#position >= offset || (this.#fetchOffset === this.#position && this.emptyUpTo >= offset);
  }

  /** A record was handed out, or offsets without records were passed. */
  moveTo(position: number): void {
    if (position > this.#position) this.#position = position;
  }

  /**
   * Takes the answer to a fetch. The bytes are kept as they are: nothing is decoded until it is wanted.
   *
   * `aborted` says which of them are of aborted transactions.
   *
   * @throws QError `CORRUPT_BATCH` if they are not batches that go on from `fetchOffset`.
   */
  buffer(records: Buffer, aborted: readonly FetchAborted[]): void {
    let isFirst = true;
    const leftOut = aborted.length === 0 ? null : new AbortedBatches(aborted);
    this.emptyFetches = 0;
    this.emptyUpTo = -1;
    // The checksum is verified when a batch is opened: the work is done once, and only for what is really read.
    for (const batch of iterateBatches(records, { verify: false })) {
      const lastOffset = batchLastOffset(batch);
      if (lastOffset < this.#fetchOffset || (!isFirst && batchBaseOffset(batch) < this.#fetchOffset)) {
        throw new QError(
          'CORRUPT_BATCH',
          `a batch of offsets ${batchBaseOffset(batch)} to ${lastOffset} came when offset ${this.#fetchOffset} was next`,
        );
      }
      if (leftOut?.isAborted(batch) === true) (this.#aborted ??= new WeakSet()).add(batch);
      this.#frames.retain(batch);
      this.#batches.push(batch);
      this.#bufferedBytes += batch.length;
      this.#fetchOffset = lastOffset + 1;
      isFirst = false;
    }
    if (isFirst && records.length > 0)
      throw new QError('CORRUPT_BATCH', `${records.length} bytes came that are not a batch`);
  }

  takeBatch(): Buffer | undefined {
    const batch = this.#batches.shift();
    if (batch !== undefined) this.#bufferedBytes -= batch.length;
    return batch;
  }

  /** Whether its records are of an aborted transaction, and are not wanted. */
  isAborted(batch: Buffer): boolean {
    return this.#aborted !== null && this.#aborted.has(batch);
  }

  /**
   * Nobody needs the batch any more: what follows may come to lie in its place. Without a call it is left to the
   * collector.
   */
  giveBack(batch: Buffer): void {
    this.#frames.release(batch);
  }

  /** Forgets what was fetched ahead; the next fetch begins at the position. */
  drop(): void {
    this.fetch = null;
    this.emptyFetches = 0;
    this.emptyUpTo = -1;
    this.#batches.clear();
    this.#aborted = null;
    this.#bufferedBytes = 0;
    this.#fetchOffset = this.#position;
  }

  seek(offset: number): void {
    this.#position = offset;
    this.epochs.clear();
    this.drop();
  }

  /** Damaged data, with its place. */
  corrupt(reason: string, o: { cause?: QError; offset?: number } = {}): QError {
    const offset = o.offset ?? this.#position;
    const because = o.cause === undefined ? '' : `: ${o.cause.message}`;
    return new QError(
      o.cause?.code ?? 'CORRUPT_BATCH',
      `Topic "${this.topic}", partition ${this.partition}, offset ${offset}: ${reason}${because}`,
      {
        ...(o.cause === undefined ? {} : { cause: o.cause }),
        details: { topic: this.topic, partition: this.partition, offset },
      },
    );
  }
}
