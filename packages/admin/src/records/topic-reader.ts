/**
 * Reads the records of a topic one look after the other, for people and programs that read over HTTP.
 *
 * Invariants:
 *  1. `positions` is behind everything that was given out, and behind what the filter left out: whoever goes on from
 *     there misses nothing and sees nothing twice.
 *  2. What a look has read is in the broker's budgets until the last record of it was taken; nothing is read ahead.
 *  3. Others get their turn after some ms of work, however much there is.
 */
import type { OwnedCaller, PartitionRead } from '@q/broker';
import { batchBaseOffset, batchCodec, batchIsControl, batchLastOffset, iterateBatches, readRecords } from '@q/protocol';
import type { QError, RecordReader, RecordView } from '@q/protocol';
import type { AdminContext } from '../admin-context.ts';
import { limits } from '../limits.ts';
import type { RecordFilter } from './record-filter.ts';

/** What is read, and up to where. */
export interface ReaderOptions {
  readonly context: Pick<AdminContext, 'services' | 'tools' | 'closing'>;
  readonly caller: OwnedCaller;
  readonly topic: { readonly name: string; readonly topicId: string };
  /** The next offset of each partition. Moved on as records are given out. */
  readonly positions: Map<number, number>;
  /** The first offset of each partition that is not wanted any more; null: there is no such thing. */
  readonly stops: ReadonlyMap<number, number> | null;
  readonly filter: RecordFilter | null;
}

export class TopicReader {
  /** Records that were looked at. */
  scanned = 0;
  readonly positions: Map<number, number>;
  readonly #options: ReaderOptions;
  #turn = 0;
  #turnBegunAt: number;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.positions = options.positions;
    this.#turnBegunAt = options.context.tools.clock.monotonic();
  }

  /** Everything before the stops was read. */
  get isDone(): boolean {
    const { stops } = this.#options;
    return stops !== null && this.#wanted().length === 0;
  }

  /**
   * One look into all partitions, which waits up to `waitMs` for something. The records are views: what is kept of them
   * must be copied before the next one is asked for. Ends at once when the broker stops.
   * @throws QError OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC_ID, …: whatever is wrong with a partition
   */
  async *look(waitMs: number): AsyncGenerator<RecordView, void, undefined> {
    const wanted = this.#wanted();
    if (wanted.length === 0) return;
    const { context, caller, topic } = this.#options;
    const fetched = await context.services.fetch.fetch(
      {
        maxWaitMs: waitMs,
        minBytes: 1,
        maxBytes: limits.readBytesMax,
        turn: (this.#turn += 1),
        topics: [
          {
            topicId: topic.topicId,
            partitions: wanted.map((partition) => ({
              partition,
              leaderEpoch: -1,
              fetchOffset: this.positions.get(partition)!,
              maxBytes: limits.readBytesMax,
            })),
          },
        ],
      },
      caller,
    );
    try {
      for (const [index, partition] of wanted.entries()) yield* this.#records(partition, fetched.reads[index]!);
    } finally {
      fetched.release?.();
      caller.used();
    }
  }

  async *#records(partition: number, read: PartitionRead): AsyncGenerator<RecordView, void, undefined> {
    if (read.error !== null) return this.#goOnAfter(read.error, partition, read.logStartOffset);
    for (const buffer of read.buffers) {
      for (const batch of iterateBatches(buffer, { verify: false })) {
        if (!batchIsControl(batch)) yield* this.#ofBatch(partition, batch);
        // What a batch ends with may be gone, or lie behind the stop.
        const end = Math.min(batchLastOffset(batch) + 1, this.#stopOf(partition));
        this.positions.set(partition, Math.max(this.positions.get(partition)!, end));
        await this.#giveWay();
      }
    }
  }

  async *#ofBatch(partition: number, batch: Buffer): AsyncGenerator<RecordView, void, undefined> {
    const { filter } = this.#options;
    const stop = this.#stopOf(partition);
    if (batchBaseOffset(batch) >= stop) return;
    const records = this.#open(batch, partition);
    for (let record = records.next(); record !== null; record = records.next()) {
      if (record.offset >= stop) return;
      this.scanned += 1;
      this.positions.set(partition, record.offset + 1);
      if (filter === null || filter(record)) yield record;
      if (this.scanned % recordsBeforeLook === 0) await this.#giveWay();
    }
  }

  #stopOf(partition: number): number {
    return this.#options.stops?.get(partition) ?? Number.MAX_SAFE_INTEGER;
  }

  #open(batch: Buffer, partition: number): RecordReader {
    const { topic } = this.#options;
    const options = { fromOffset: this.positions.get(partition)!, source: { topic: topic.name, partition } };
    if (batchCodec(batch) === 'none') return readRecords(batch, options);
    return readRecords(batch, { ...options, uncompressedBytesMax: limits.uncompressedBytesMax });
  }

  /** What was deleted meanwhile is passed over, as it is by consumers that begin at the start. */
  #goOnAfter(error: QError, partition: number, logStartOffset: number): void {
    const position = this.positions.get(partition)!;
    if (error.code !== 'OFFSET_OUT_OF_RANGE' || position >= logStartOffset) throw error;
    this.positions.set(partition, logStartOffset);
  }

  #wanted(): number[] {
    const { stops } = this.#options;
    const partitions = [...this.positions.keys()];
    if (stops === null) return partitions;
    return partitions.filter((partition) => this.positions.get(partition)! < (stops.get(partition) ?? 0));
  }

  async #giveWay(): Promise<void> {
    const { clock } = this.#options.context.tools;
    if (clock.monotonic() - this.#turnBegunAt < turnMs) return;
    await new Promise<void>((resolve) => clock.defer(resolve));
    this.#turnBegunAt = clock.monotonic();
  }
}

/** Work that is done at one go. */
const turnMs = 4;
/** The clock is looked at no more often. */
const recordsBeforeLook = 64;
