import {
  batchBaseOffset,
  batchIsControl,
  batchLastOffset,
  batchLeaderEpoch,
  batchRecordsCount,
  checkBatch,
} from '@q/protocol';
import type { RecordReader, RecordView } from '@q/protocol';

import { Queue } from '../queue.ts';
import { toQError } from '../retry.ts';
import { readMessages } from './message.ts';
import type { PartitionReader } from './partition-reader.ts';

/** A batch that was checked and is not empty, ready to be read from the reader's position on. */
export interface OpenBatch {
  readonly reader: PartitionReader;
  readonly bytes: Buffer;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** In the batch; a few of them may lie before the position. */
  readonly recordsCount: number;
}

interface CurrentBatch {
  readonly batch: OpenBatch;
  readonly records: RecordReader;
}

/**
 * The records of all partitions as one stream: batch by batch, the partitions in turn, so that a full one does not
 * starve the others. Everything here is synchronous: it hands out what is buffered, and says when there is nothing.
 *
 * Invariants
 * - A reader is in the round exactly once while it has batches (`isListed`).
 * - When a record is handed out, its reader's position is one past it.
 * - At most one batch is being read. `release` gives up the rest of it; the position then says where to go on.
 * - At most one batch is lent, until the next one is asked for. That of a loop that was left is never taken back: it
 *   may still be in use.
 */
export class RecordStream {
  readonly #round = new Queue<PartitionReader>();
  readonly #onTaken: () => void;
  #current: CurrentBatch | null = null;
  #lent: OpenBatch | null = null;

  /** `onTaken` is called when a batch leaves a buffer: there is room to fetch more. */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken;
  }

  list(reader: PartitionReader): void {
    if (reader.isListed || !reader.hasBatches) return;
    reader.isListed = true;
    this.#round.push(reader);
  }

  /** The partition of the record that `takeRecord` gave last. */
  get reader(): PartitionReader | null {
    return this.#current?.batch.reader ?? null;
  }

  /** Nothing is buffered. False does not promise a record: what is left may turn out to hold none. */
  get isEmpty(): boolean {
    if (this.#current !== null) return false;
    for (const { hasBatches } of this.#round) if (hasBatches) return false;
    return true;
  }

  /**
   * The next record, or null when nothing is buffered. Throws QError `CORRUPT_BATCH` and the like, naming the place.
   */
  takeRecord(): RecordView | null {
    for (;;) {
      if (this.#current === null && !this.#openNext()) return null;
      const current = this.#current as CurrentBatch;
      const { reader } = current.batch;
      const record = this.#read(reader, current.records);
      if (record !== null && (reader.endOffset === null || record.offset < reader.endOffset)) {
        reader.moveTo(record.offset + 1);
        return record;
      }
      this.#passed(current.batch);
      this.#current = null;
    }
  }

  /**
   * The next batch as a whole, or null when nothing is buffered. Its records count as handed out. Takes back the one
   * that was lent.
   */
  takeBatch(o: { lend: boolean }): { batch: OpenBatch; fromOffset: number } | null {
    this.release();
    this.#takeBack();
    const batch = this.#nextBatch();
    if (batch === null) return null;
    const fromOffset = batch.reader.position;
    this.#passed(batch);
    if (o.lend) this.#lent = batch;
    return { batch, fromOffset };
  }

  #takeBack(): void {
    this.#lent?.reader.giveBack(this.#lent.bytes);
    this.#lent = null;
  }

  /** Gives up the rest of the batch being read, if it is of this partition (or any, without one). */
  release(reader?: PartitionReader): void {
    if (reader === undefined || this.#current?.batch.reader === reader) this.#current = null;
  }

  /** Takes every reader off the round, as when reading stops. */
  clear(): void {
    this.#current = null;
    this.#lent = null;
    for (const reader of this.#round) reader.isListed = false;
    this.#round.clear();
  }

  #openNext(): boolean {
    const batch = this.#nextBatch();
    if (batch === null) return false;
    try {
      const { reader, bytes } = batch;
      this.#current = { batch, records: readMessages(bytes, { source: reader, fromOffset: reader.position }) };
    } catch (error) {
      throw batch.reader.corrupt('a batch cannot be opened', { cause: toQError(error, 'opening a batch') });
    }
    return true;
  }

  #read(reader: PartitionReader, records: RecordReader): RecordView | null {
    try {
      return records.next();
    } catch (error) {
      throw reader.corrupt('a batch holds a damaged record', { cause: toQError(error, 'reading a record') });
    }
  }

  /** The next batch of the round that has records for us. */
  #nextBatch(): OpenBatch | null {
    for (let reader = this.#round.shift(); reader !== undefined; reader = this.#round.shift()) {
      reader.isListed = false;
      const bytes = reader.takeBatch();
      if (bytes === undefined) continue;
      this.#onTaken();
      this.list(reader);
      const batch = this.#checked(reader, bytes);
      // Markers of transactions, what was aborted, and batches that compaction has emptied only take up offsets.
      const isWanted = batch.recordsCount > 0 && !batchIsControl(bytes) && !reader.isAborted(bytes);
      if (isWanted && !reader.isDone) return batch;
      this.#passed(batch);
    }
    return null;
  }

  #checked(reader: PartitionReader, bytes: Buffer): OpenBatch {
    const check = checkBatch(bytes, 0, bytes.length);
    if (check !== 'ok') throw reader.corrupt(`a batch fails its check (${check})`);
    const [baseOffset, lastOffset] = [batchBaseOffset(bytes), batchLastOffset(bytes)];
    reader.epochs.note({ baseOffset, lastOffset, epoch: batchLeaderEpoch(bytes) });
    return { reader, bytes, baseOffset, lastOffset, recordsCount: batchRecordsCount(bytes) };
  }

  /** The batch is over: offsets in it that hold no record are passed too. */
  #passed(batch: OpenBatch): void {
    const { endOffset } = batch.reader;
    const next = batch.lastOffset + 1;
    batch.reader.moveTo(endOffset === null ? next : Math.min(next, Math.max(endOffset, batch.reader.position)));
  }
}
